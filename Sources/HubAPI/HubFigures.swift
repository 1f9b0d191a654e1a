package import Contracts

/// What a hub measured of itself over its last minute; absent where it does not serve or has just begun.
package struct HubFigures: Codable, Equatable, Sendable {
    /// End of the minute.
    package var at: Timestamp
    /// Time that rates and counts cover.
    package var intervalSeconds: Double
    package var snapshotsPerSecond: Double
    /// Answers to snapshots by HTTP status.
    package var answers: [AnswerCount]
    /// Snapshots that waited for their transaction: at the end, and at most.
    package var queueDepth: Int
    package var queueDepthMax: Int
    /// Transactions of ingest, and their time.
    package var commits: Int
    package var commitMsP50: Double?
    package var commitMsP99: Double?
    package var commitMsMax: Double?
    /// Age of the oldest snapshot that came: what spools gave back.
    package var delaySecondsMax: Double?
    package var connectionsOpen: Int
    /// Pages of the database that are in no use.
    package var databaseFreeBytes: Int?
    package var walBytes: Int?
    /// Free for the hub on its file system.
    package var diskAvailableBytes: Int?
    /// Memory of the hub's process.
    package var residentBytes: Int?
    /// Machines whose last snapshot told of waiting ones, and what waits there.
    package var spoolingMachines: Int
    package var spoolFiles: Int
    package var spoolBytes: Int
    /// Statements that took 10 ms or more, the slowest first.
    package var slowStatements: [SlowStatement]

    package init(at: Timestamp, intervalSeconds: Double) {
        self.at = at
        self.intervalSeconds = intervalSeconds
        snapshotsPerSecond = 0
        answers = []
        queueDepth = 0
        queueDepthMax = 0
        commits = 0
        connectionsOpen = 0
        spoolingMachines = 0
        spoolFiles = 0
        spoolBytes = 0
        slowStatements = []
    }

    package enum CodingKeys: String, CodingKey {
        case at
        case intervalSeconds = "interval_seconds"
        case snapshotsPerSecond = "snapshots_per_second"
        case answers
        case queueDepth = "queue_depth"
        case queueDepthMax = "queue_depth_max"
        case commits
        case commitMsP50 = "commit_ms_p50"
        case commitMsP99 = "commit_ms_p99"
        case commitMsMax = "commit_ms_max"
        case delaySecondsMax = "delay_seconds_max"
        case connectionsOpen = "connections_open"
        case databaseFreeBytes = "database_free_bytes"
        case walBytes = "wal_bytes"
        case diskAvailableBytes = "disk_available_bytes"
        case residentBytes = "resident_bytes"
        case spoolingMachines = "spooling_machines"
        case spoolFiles = "spool_files"
        case spoolBytes = "spool_bytes"
        case slowStatements = "slow_statements"
    }
}

package struct AnswerCount: Codable, Equatable, Sendable {
    package var status: Int
    package var count: Int

    package init(status: Int, count: Int) {
        self.status = status
        self.count = count
    }
}

package struct SlowStatement: Codable, Equatable, Sendable {
    /// As in the hub's source: `machines.list`.
    package var name: String
    package var count: Int
    package var longestMs: Double

    package init(name: String, count: Int, longestMs: Double) {
        self.name = name
        self.count = count
        self.longestMs = longestMs
    }

    package enum CodingKeys: String, CodingKey {
        case name, count
        case longestMs = "longest_ms"
    }
}

/// The last run of retention that deleted something, or failed.
package struct CleanupSummary: Codable, Equatable, Sendable {
    package var startedAt: Timestamp
    /// `schedule`, `command`, or `disk` where the space was short.
    package var cause: String
    package var rowsDeleted: Int
    /// Bytes of snapshots and refused bodies among them.
    package var bytesDeleted: Int
    /// By which the database file shrank.
    package var bytesReturned: Int
    package var error: String?

    package init(startedAt: Timestamp, cause: String, rowsDeleted: Int, bytesDeleted: Int, bytesReturned: Int) {
        self.startedAt = startedAt
        self.cause = cause
        self.rowsDeleted = rowsDeleted
        self.bytesDeleted = bytesDeleted
        self.bytesReturned = bytesReturned
    }

    package enum CodingKeys: String, CodingKey {
        case startedAt = "started_at"
        case cause
        case rowsDeleted = "rows_deleted"
        case bytesDeleted = "bytes_deleted"
        case bytesReturned = "bytes_returned"
        case error
    }
}
