/// The members of an envelope before `payload`: who sends, what, of when, and how the collecting went.
package struct EnvelopeHead: Codable, Equatable, Sendable {
    /// Version of the envelope itself: 1.
    package var envelope: Int
    /// A `Kind`, or one that this version does not know yet.
    package var kind: String
    package var schemaVersion: Int
    /// UUIDv7 of the collecting.
    package var snapshotID: Identifier
    /// Given by the hub at enrolment.
    package var machineID: Identifier
    /// Only grows; gaps are allowed.
    package var sequence: Int
    /// `/proc/sys/kernel/random/boot_id`.
    package var bootID: String
    package var collectedAt: Timestamp
    package var host: HostIdentity
    package var agent: AgentReport
    package var collection: Collection
    /// SHA-256 of the exact bytes of the payload's value; absent where the collection failed.
    package var payloadDigest: Digest?
    /// In place of a payload: the snapshot that carried an equal one.
    package var sameAs: Identifier?
    /// What changes without a change of state; outside the digest.
    package var volatile: JSONValue?

    package init(
        envelope: Int, kind: String, schemaVersion: Int, snapshotID: Identifier, machineID: Identifier, sequence: Int,
        bootID: String, collectedAt: Timestamp, host: HostIdentity, agent: AgentReport, collection: Collection
    ) {
        self.envelope = envelope
        self.kind = kind
        self.schemaVersion = schemaVersion
        self.snapshotID = snapshotID
        self.machineID = machineID
        self.sequence = sequence
        self.bootID = bootID
        self.collectedAt = collectedAt
        self.host = host
        self.agent = agent
        self.collection = collection
    }

    package enum CodingKeys: String, CodingKey {
        case envelope, kind
        case schemaVersion = "schema_version"
        case snapshotID = "snapshot_id"
        case machineID = "machine_id"
        case sequence
        case bootID = "boot_id"
        case collectedAt = "collected_at"
        case host, agent, collection
        case payloadDigest = "payload_digest"
        case sameAs = "same_as"
        case volatile
    }
}

package struct HostIdentity: Codable, Equatable, Sendable {
    package var hostname: String
    /// HMAC-SHA-256 of this project's fixed key under `/etc/machine-id`, as machine-id(5) asks; hexadecimal.
    package var machineIDHint: String?
    /// The same of the DMI product UUID, where it may be read.
    package var productUUIDHint: String?

    package init(hostname: String) {
        self.hostname = hostname
    }

    package enum CodingKeys: String, CodingKey {
        case hostname
        case machineIDHint = "machine_id_hint"
        case productUUIDHint = "product_uuid_hint"
    }
}

/// What the agent says of itself: version and cost.
package struct AgentReport: Codable, Equatable, Sendable {
    package var version: String
    package var rssBytes: Int?
    package var cpuSecondsTotal: Double?
    package var spool: SpoolReport?

    package init(version: String) {
        self.version = version
    }

    package enum CodingKeys: String, CodingKey {
        case version
        case rssBytes = "rss_bytes"
        case cpuSecondsTotal = "cpu_seconds_total"
        case spool
    }
}

package struct SpoolReport: Codable, Equatable, Sendable {
    package var files: Int
    package var bytes: Int
    package var droppedTotal: Int

    package init(files: Int, bytes: Int, droppedTotal: Int) {
        self.files = files
        self.bytes = bytes
        self.droppedTotal = droppedTotal
    }

    package enum CodingKeys: String, CodingKey {
        case files, bytes
        case droppedTotal = "dropped_total"
    }
}

/// How the collecting of one snapshot went.
package struct Collection: Codable, Equatable, Sendable {
    /// `ok`, `partial` (something is in `unknown`), `failed` (there is no payload).
    package var status: String
    package var durationMs: Int?
    /// When the hub may expect the next snapshot of this kind.
    package var nextDueSeconds: Int?
    /// JSON pointers into the payload: exists on the machine, could not be read.
    package var unknown: [String]?
    package var problems: [Problem]?

    package init(status: String) {
        self.status = status
    }

    package enum CodingKeys: String, CodingKey {
        case status
        case durationMs = "duration_ms"
        case nextDueSeconds = "next_due_seconds"
        case unknown, problems
    }
}

/// One thing that went wrong while collecting.
package struct Problem: Codable, Equatable, Hashable, Sendable {
    /// Stable and in snake case: `permission_denied`, `timed_out`, `malformed`, …
    package var code: String
    /// `info`, `warning`, `error`.
    package var severity: String
    /// A path, a command or an endpoint.
    package var source: String
    package var message: String

    package init(code: String, severity: String, source: String, message: String) {
        self.code = code
        self.severity = severity
        self.source = source
        self.message = message
    }

    package enum CodingKeys: String, CodingKey {
        case code, severity, source, message
    }
}
