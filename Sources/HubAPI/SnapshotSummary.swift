package import Contracts

/// One snapshot of the archive, without its payload.
package struct SnapshotSummary: Codable, Equatable, Sendable {
    package var snapshotID: Identifier
    package var machine: String
    package var kind: String
    package var schemaVersion: Int
    package var sequence: Int
    package var collectedAt: Timestamp
    package var receivedAt: Timestamp
    /// `ok`, `partial`, `failed`.
    package var collectionStatus: String
    /// `derived`, `unchanged`, `stale`, `held`, `failed`.
    package var result: String
    package var payloadDigest: String?
    /// The snapshot that carries the payload of this one.
    package var sameAs: Identifier?
    /// As it came over the wire, compressed.
    package var bodyBytes: Int
    package var inflatedBytes: Int

    package init(
        snapshotID: Identifier, machine: String, kind: String, schemaVersion: Int, sequence: Int,
        collectedAt: Timestamp, receivedAt: Timestamp, collectionStatus: String, result: String, bodyBytes: Int,
        inflatedBytes: Int
    ) {
        self.snapshotID = snapshotID
        self.machine = machine
        self.kind = kind
        self.schemaVersion = schemaVersion
        self.sequence = sequence
        self.collectedAt = collectedAt
        self.receivedAt = receivedAt
        self.collectionStatus = collectionStatus
        self.result = result
        self.bodyBytes = bodyBytes
        self.inflatedBytes = inflatedBytes
    }

    package enum CodingKeys: String, CodingKey {
        case snapshotID = "snapshot_id"
        case machine, kind
        case schemaVersion = "schema_version"
        case sequence
        case collectedAt = "collected_at"
        case receivedAt = "received_at"
        case collectionStatus = "collection_status"
        case result
        case payloadDigest = "payload_digest"
        case sameAs = "same_as"
        case bodyBytes = "body_bytes"
        case inflatedBytes = "inflated_bytes"
    }
}
