package import Contracts

/// What a hub says of itself.
package struct HubStatus: Codable, Equatable, Sendable {
    package var version: String
    package var now: Timestamp
    package var startedAt: Timestamp?
    package var machines: MachineCounts
    package var snapshotsTotal: Int
    /// Archived, and of a version that this hub cannot derive yet.
    package var snapshotsHeld: Int
    package var quarantined: Int
    package var databaseBytes: Int?
    package var schemaVersion: Int
    /// The last minute's figures; absent until the first minute is over.
    package var figures: HubFigures?
    /// The last run of retention that deleted something, or failed.
    package var lastCleanup: CleanupSummary?

    package init(version: String, now: Timestamp, machines: MachineCounts, schemaVersion: Int) {
        self.version = version
        self.now = now
        self.machines = machines
        self.schemaVersion = schemaVersion
        snapshotsTotal = 0
        snapshotsHeld = 0
        quarantined = 0
    }

    package enum CodingKeys: String, CodingKey {
        case version, now
        case startedAt = "started_at"
        case machines
        case snapshotsTotal = "snapshots_total"
        case snapshotsHeld = "snapshots_held"
        case quarantined
        case databaseBytes = "database_bytes"
        case schemaVersion = "schema_version"
        case figures
        case lastCleanup = "last_cleanup"
    }
}

/// Machines by freshness, retired ones left out.
package struct MachineCounts: Codable, Equatable, Sendable {
    package var total: Int
    package var ok: Int
    package var late: Int
    package var offline: Int
    package var new: Int

    package init(total: Int, ok: Int, late: Int, offline: Int, new: Int) {
        self.total = total
        self.ok = ok
        self.late = late
        self.offline = offline
        self.new = new
    }
}
