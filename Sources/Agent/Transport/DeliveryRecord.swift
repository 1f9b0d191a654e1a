import Contracts

/// What the agent knows of its deliveries, kept in `delivery.json`.
struct DeliveryRecord: Codable, Equatable, Sendable {
    /// A payload that the hub has, by the snapshot that carried it.
    struct Accepted: Codable, Equatable, Sendable {
        var kind: String
        var schemaVersion: Int
        var digest: Digest
        var snapshotID: Identifier

        enum CodingKeys: String, CodingKey {
            case kind, digest
            case schemaVersion = "schema_version"
            case snapshotID = "snapshot_id"
        }
    }

    struct LastAccepted: Codable, Equatable, Sendable {
        var kind: String
        var at: Timestamp
        var collectedAt: Timestamp
        /// `derived`, `duplicate`, `unchanged`, `stale`, `held`.
        var result: String

        enum CodingKeys: String, CodingKey {
            case kind, at, result
            case collectedAt = "collected_at"
        }
    }

    struct LastError: Codable, Equatable, Sendable {
        var at: Timestamp
        var kind: String
        var reason: String
    }

    /// Hash of the token that the deliveries were made with: what one enrolment knows says nothing to the next.
    var credential: Digest?
    var accepted: [Accepted] = []
    var lastAccepted: [LastAccepted] = []
    /// Absent while deliveries go well.
    var lastError: LastError?
    /// The hub's code, while it does not accept the machine's token.
    var refused: String?
    /// The highest sequence number that the hub has told of.
    var highestSequence = 0
    var droppedTotal = 0

    enum CodingKeys: String, CodingKey {
        case credential, accepted, refused
        case lastAccepted = "last_accepted"
        case lastError = "last_error"
        case highestSequence = "highest_sequence"
        case droppedTotal = "dropped_total"
    }

    /// The accepted payload that equals this one; nil where there is none, or the kind is never sent as an equal.
    func accepted(as head: EnvelopeHead) -> Accepted? {
        guard let digest = head.payloadDigest else { return nil }
        return accepted.first {
            $0.kind == head.kind && $0.schemaVersion == head.schemaVersion && $0.digest == digest
        }
    }

    /// The hub has this payload now.
    mutating func carry(_ head: EnvelopeHead) {
        guard let digest = head.payloadDigest, Kind(rawValue: head.kind)?.isInventory == true else { return }
        accepted.removeAll { $0.kind == head.kind && $0.schemaVersion == head.schemaVersion }
        accepted.append(
            Accepted(
                kind: head.kind, schemaVersion: head.schemaVersion, digest: digest, snapshotID: head.snapshotID))
    }

    mutating func forget(kind: String) { accepted.removeAll { $0.kind == kind } }

    mutating func note(head: EnvelopeHead, result: String, at: Timestamp) {
        // An older snapshot of the backlog is not the last word of its kind.
        if let known = lastAccepted.first(where: { $0.kind == head.kind }), known.collectedAt > head.collectedAt {
            return
        }
        lastAccepted.removeAll { $0.kind == head.kind }
        lastAccepted.append(
            LastAccepted(kind: head.kind, at: at, collectedAt: head.collectedAt, result: result))
        lastAccepted.sort { $0.kind < $1.kind }
    }
}
