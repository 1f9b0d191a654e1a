import Contracts

/// One run's deleting: transactions of about ten milliseconds, with a pause after each.
struct RetentionSweep {
    let store: SQLiteStore
    let between: (Duration) throws -> Void
    var report = Retention.Report()
    /// Rows of the next transaction; follows the time that the last one took.
    private var batch = 100

    init(store: SQLiteStore, between: @escaping (Duration) throws -> Void) {
        self.store = store
        self.between = between
    }

    /// Runs one transaction; the body gets how many rows it may delete.
    private mutating func transaction<Value>(_ body: (any SQLConnection, Int) throws -> Value) throws -> Value {
        let (value, time) = try attempt(body)
        if time > .milliseconds(15) {
            batch = max(min(batch, 20), batch / 2)
        } else if time < .milliseconds(5) {
            batch = min(5000, batch * 2)
        }
        try between(time)
        return value
    }

    /// On a full disk fewer rows may still be deleted, once the log begins anew.
    private mutating func attempt<Value>(
        _ body: (any SQLConnection, Int) throws -> Value
    ) throws -> (Value, Duration) {
        while true {
            let size = batch
            do {
                return try store.write { connection in
                    let start = ContinuousClock.now
                    let value = try body(connection, size)
                    return (value, start.duration(to: .now))
                }
            } catch let failure as StoreFailure where failure.code == .storageFull && size > 1 {
                batch = max(1, size / 4)
                _ = try? store.checkpoint()
            }
        }
    }

    private mutating func count(_ rule: RetentionRule, _ rows: Int, bytes: Int64 = 0) {
        if rows > 0 { report.rows[rule, default: 0] += Int64(rows) }
        report.bytes += bytes
    }

    /// Deletes the snapshots of a kind that were received before a moment; in passes, since some carry what others name.
    mutating func deleteSnapshots(_ kind: Kind, before cutoff: Int64, _ rule: RetentionRule) throws {
        repeat {
            var from = Int64.min
            var isAny = false
            while let last = try deleteSomeSnapshots(kind, from: from, before: cutoff, rule) {
                from = last
                isAny = true
            }
            // Nothing names metrics.
            guard isAny, kind.isInventory else { return }
        } while true
    }

    /// Deletes a batch of them, the oldest first; answers when the last one was received, nil where there was none.
    mutating func deleteSomeSnapshots(
        _ kind: Kind, from: Int64 = .min, before cutoff: Int64, _ rule: RetentionRule
    ) throws -> Int64? {
        let rows = try transaction { connection, size in
            let rows = try connection.rows(SnapshotExpiry.delete, kind, from, cutoff, size)
            guard kind.isInventory else { return rows }
            var last: [Int64: Int64] = [:]
            for row in rows {
                guard let machine = row["machine_id"].integer, let at = row["effective_at"].integer else { continue }
                last[machine] = max(last[machine] ?? at, at)
            }
            for (machine, at) in last.sorted(by: { $0.key < $1.key }) {
                try connection.run(SnapshotExpiry.baseline, machine, kind, at)
            }
            return rows
        }
        count(rule, rows.count, bytes: rows.reduce(0) { $0 + ($1["bytes"].integer ?? 0) })
        return rows.compactMap { $0["received_at"].integer }.max()
    }

    mutating func deleteRows(_ table: AgedTable, before cutoff: Int64, _ rule: RetentionRule) throws {
        while true {
            let rows = try transaction { connection, size in try connection.rows(table.delete, cutoff, size) }
            count(rule, rows.count, bytes: rows.reduce(0) { $0 + ($1["bytes"].integer ?? 0) })
            if rows.isEmpty { return }
        }
    }

    mutating func deleteBuckets(_ table: BucketTable, before end: Int64, _ rule: RetentionRule) throws {
        while try deleteSomeOfBucket(table, before: end, rule) {}
    }

    /// Deletes rows that came first, or, where none of those is old enough, some machines' of the first bucket; false where
    /// there is none.
    private mutating func deleteSomeOfBucket(
        _ table: BucketTable, before end: Int64, _ rule: RetentionRule
    ) throws -> Bool {
        let rows: Int? = try transaction { connection, size in
            // A batch of these rows stands together and costs little.
            if let first = table.deleteFirst {
                let deleted = try connection.run(first, end, 10 * size)
                if deleted > 0 { return deleted }
            }
            guard let bucket = try connection.row(table.first, end)?["bucket"].integer else { return nil }
            let reach = try connection.row(table.reach, bucket, 10 * size)?["machine_id"].integer
            return try connection.run(table.delete, bucket, reach ?? .max)
        }
        count(rule, rows ?? 0)
        return rows != nil
    }
}
