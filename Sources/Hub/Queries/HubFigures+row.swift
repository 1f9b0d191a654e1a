import Contracts
import HubAPI

extension HubFigures {
    /// A row of `hub_metrics`.
    init?(row: SQLRow) {
        guard let at = row.time("at") else { return nil }
        self.init(at: at, intervalSeconds: row.real("interval_seconds") ?? 0)
        snapshotsPerSecond = row.real("snapshots_per_second") ?? 0
        answers = Self.items(row["answers_json"]).compactMap { item in
            guard let status = item["status"]?.integerValue, let count = item["count"]?.integerValue else { return nil }
            return AnswerCount(status: Int(status), count: Int(count))
        }
        queueDepth = row.integer("queue_depth") ?? 0
        queueDepthMax = row.integer("queue_depth_max") ?? 0
        commits = row.integer("commits") ?? 0
        commitMsP50 = row.real("commit_ms_p50")
        commitMsP99 = row.real("commit_ms_p99")
        commitMsMax = row.real("commit_ms_max")
        delaySecondsMax = row.real("delay_ms_max").map { $0 / 1000 }
        connectionsOpen = row.integer("connections_open") ?? 0
        databaseFreeBytes = row.integer("database_free_bytes")
        walBytes = row.integer("wal_bytes")
        diskAvailableBytes = row.integer("disk_available_bytes")
        residentBytes = row.integer("resident_bytes")
        spoolingMachines = row.integer("spooling_machines") ?? 0
        spoolFiles = row.integer("spool_files") ?? 0
        spoolBytes = row.integer("spool_bytes") ?? 0
        slowStatements = Self.items(row["slow_statements_json"]).compactMap { item in
            guard let name = item["name"]?.stringValue, let count = item["count"]?.integerValue else { return nil }
            return SlowStatement(name: name, count: Int(count), longestMs: item["longest_ms"]?.numberValue ?? 0)
        }
    }

    private static func items(_ value: SQLValue) -> [JSONValue] {
        value.text.flatMap { try? StrictJSON.read(Array($0.utf8)) }?.root.arrayValue ?? []
    }
}

extension CleanupSummary {
    /// A row of `cleanup_runs`.
    init?(row: SQLRow) {
        guard let started = row.time("started_at"), let cause = row.text("cause") else { return nil }
        self.init(
            startedAt: started, cause: cause, rowsDeleted: row.integer("rows_deleted") ?? 0,
            bytesDeleted: row.integer("bytes_deleted") ?? 0, bytesReturned: row.integer("bytes_returned") ?? 0)
        error = row.text("error")
    }
}
