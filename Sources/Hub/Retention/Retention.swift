import Contracts

/// Forgets by rule, in small transactions beside ingest, and keeps the disk from filling up.
///
/// What it never deletes: the newest derived snapshot of each machine and kind, what carries a payload that a snapshot
/// in the archive names, held snapshots, and raw metrics that are not rolled up yet.
struct Retention {
    enum Cause: String, Sendable {
        /// It was time.
        case schedule
        /// An administrator said so.
        case command
        /// The space was short.
        case disk
    }

    struct Report: Equatable, Sendable {
        var rows: [RetentionRule: Int64] = [:]
        /// Bytes of the snapshots and quarantined bodies among them.
        var bytes: Int64 = 0
        /// By which the database file shrank.
        var bytesReturned: Int64 = 0
        /// False where the space is still short and nothing more may be deleted.
        var isEnough = true

        var rowsInAll: Int64 { rows.values.reduce(0, +) }
    }

    /// What a rule would delete.
    struct Measure: Sendable {
        var rule: RetentionRule
        var entries: Int64
        /// Unix milliseconds.
        var oldest: Int64?
        var bytes: Int64
    }

    let store: SQLiteStore
    let policy: RetentionPolicy
    let now: Timestamp
    /// The file system of the database; nil where it is not known.
    var disk: @Sendable () -> DiskSpace? = { nil }
    /// Called between two transactions with the time that the last one took; throws to end early.
    var between: (Duration) throws -> Void = { _ in }

    /// What would be deleted now.
    func measure() throws -> [Measure] {
        try RetentionRule.allCases.map { rule in
            let cutoff = rule.cutoff(policy, now: now)
            var sum = Measure(rule: rule, entries: 0, oldest: nil, bytes: 0)
            func add(_ row: SQLRow?) {
                sum.entries += row?["entries"].integer ?? 0
                sum.bytes += row?["bytes"].integer ?? 0
                if let oldest = row?["oldest"].integer { sum.oldest = min(sum.oldest ?? oldest, oldest) }
            }
            for kind in rule.kinds {
                add(try store.read { try $0.row(SnapshotExpiry.measure, kind, Int64.min, cutoff) })
            }
            for table in rule.buckets {
                add(
                    try store.read { connection in
                        var end = table.whole(cutoff)
                        if rule == .rawMetrics { end = try cut(wanting: cutoff, connection) }
                        return try connection.row(table.measure, end)
                    })
            }
            for table in rule.rows { add(try store.read { try $0.row(table.measure, cutoff) }) }
            return sum
        }
    }

    /// Applies every rule, then looks whether there is space enough, and gives back what is free.
    ///
    /// - Parameter needsRoom: something could not be written: make room in the database in any case.
    func apply(cause: Cause, needsRoom: Bool = false) throws -> Report {
        var sweep = RetentionSweep(store: store, between: between)
        var failure: (any Error)?
        do {
            // Where room is short, what frees most comes first.
            if cause == .disk { try relieve(&sweep, needsRoom: needsRoom) }
            for rule in RetentionRule.allCases { try apply(rule, &sweep) }
            if cause != .disk { try relieve(&sweep, needsRoom: needsRoom) }
            try giveBack(&sweep)
        } catch { failure = error }
        try record(sweep.report, cause: cause, failure: failure)
        if let failure { throw failure }
        return sweep.report
    }

    private func apply(_ rule: RetentionRule, _ sweep: inout RetentionSweep) throws {
        let cutoff = rule.cutoff(policy, now: now)
        for kind in rule.kinds { try sweep.deleteSnapshots(kind, before: cutoff, rule) }
        if rule == .rawMetrics {
            try deleteRaw(before: cutoff, &sweep)
        } else {
            for table in rule.buckets { try sweep.deleteBuckets(table, before: table.whole(cutoff), rule) }
        }
        if rule == .events { _ = try store.write { try HistoryMark.eventsCut.raise(cutoff, $0) } }
        for table in rule.rows { try sweep.deleteRows(table, before: cutoff, rule) }
    }

    func deleteRaw(before cutoff: Int64, _ sweep: inout RetentionSweep) throws {
        // The mark first: from now on nothing is entered there, and no bucket with a part of its rows is summed up.
        let end = try store.write { connection in
            let end = try cut(wanting: cutoff, connection)
            try HistoryMark.cut.raise(end, connection)
            return end
        }
        for table in BucketTable.raw { try sweep.deleteBuckets(table, before: end, .rawMetrics) }
    }

    /// Whole hours up to the wanted moment that are rolled up and not to be rolled up again.
    private func cut(wanting cutoff: Int64, _ connection: any SQLConnection) throws -> Int64 {
        var end = cutoff
        for span in RollupSpan.allCases { end = min(end, try HistoryMark.done(span).read(connection) ?? .min) }
        if let late = try connection.row(Self.firstLate)?["bucket_at"].integer { end = min(end, late) }
        guard end > 0 else { return 0 }
        return end - end % RollupSpan.hour.length
    }

    private func record(_ report: Report, cause: Cause, failure: (any Error)?) throws {
        let isStop = failure is CancellationError
        guard report.rowsInAll > 0 || report.bytesReturned > 0 || (failure != nil && !isStop) else { return }
        let rules = JSONValue.object(
            JSONObject(
                RetentionRule.allCases.compactMap { rule in report.rows[rule].map { .init(rule.rawValue, .integer($0)) }
                }))
        let text = String(decoding: try CanonicalJSON.encode(rules), as: UTF8.self)
        let error: String? = isStop ? "stopped with the hub" : failure.map { "\($0)" }
        do {
            _ = try store.write { connection in
                try connection.run(
                    Self.record, now, max(now, Clock.now()), cause.rawValue, report.rowsInAll, report.bytes,
                    report.bytesReturned, text, error)
            }
        } catch  where failure != nil {
            // The first failure says why.
        }
    }

    static let firstLate = Statement("retention.first_late", "SELECT min(bucket_at) AS bucket_at FROM history_late")
    static let record = Statement(
        "cleanup_runs.insert",
        """
        INSERT INTO cleanup_runs (started_at, ended_at, cause, rows_deleted, bytes_deleted, bytes_returned, rules_json,
          error)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """)

    static let statements =
        SnapshotExpiry.statements + AgedTable.statements + BucketTable.statements + [firstLate, record]
}
