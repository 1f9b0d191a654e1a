import Contracts

/// Sums the metric histories up, by 5 minutes and by the hour, in short transactions beside ingest.
///
/// A bucket is rolled up once, when it has been over for `grace`. From the moment when that begins it counts as closed:
/// a row that ingest enters into a closed bucket is noted in `history_late` by the same transaction, and the bucket is
/// computed again from its raw rows. Where retention has cut the raw rows, a rollup stays as it is.
struct Rollup {
    /// How long after its end a bucket is rolled up: what comes in this time costs no second look.
    static let grace: Int64 = 60_000
    /// Late buckets that one transaction looks at, at most.
    private static let lateBatch: Int64 = 200
    /// Machines that one transaction looks at.
    private static let machineBatch: Int64 = 500

    let store: any Store
    let now: @Sendable () -> Timestamp
    /// How long a transaction goes on before it ends, so that ingest gets its turn.
    var slice = Duration.milliseconds(10)

    /// Does some of what is to be done in one transaction; false where nothing is left.
    func step() throws -> Bool {
        try store.write { connection in
            let end = ContinuousClock.now + slice
            if try Self.settleLate(in: connection, until: end) { return true }
            for span in RollupSpan.allCases where try advance(span, connection, until: end) { return true }
            return false
        }
    }

    /// Rolls up all that is to be done; for tests and commands.
    func run() throws { while try step() {} }

    /// Some machines of the bucket in progress, or the beginning of the next one.
    private func advance(
        _ span: RollupSpan, _ connection: any SQLConnection, until end: ContinuousClock.Instant
    ) throws -> Bool {
        let closed = try HistoryMark.closed(span).read(connection)
        let done = try HistoryMark.done(span).read(connection)
        let bucket: Int64
        var machine: Int64 = 0
        if let closed, closed > done ?? .min {
            bucket = closed - span.length
            machine = try HistoryMark.machine(span).read(connection) ?? 0
        } else {
            let from = max(closed ?? .min, try HistoryMark.cut.read(connection) ?? .min)
            guard let next = try connection.row(Self.nextBucket, from)?["bucket_at"].integer,
                span.bucket(of: next) + span.length + Self.grace <= now().milliseconds
            else { return false }
            bucket = span.bucket(of: next)
            try HistoryMark.closed(span).set(bucket + span.length, connection)
        }
        // A bucket that was empty when its hour was rolled up: nothing that came since was late by its own measure.
        let isLateForHour = try span == .fiveMinutes && bucket < HistoryMark.closed(.hour).read(connection) ?? .min
        let machines = try connection.rows(Self.machines, machine, Self.machineBatch)
        for row in machines {
            machine = row["id"].integer ?? machine
            if try Self.compute(span, bucket, of: machine, in: connection), isLateForHour {
                try connection.run(Self.late, machine, RollupSpan.hour.rawValue, RollupSpan.hour.bucket(of: bucket))
            }
            if ContinuousClock.now > end {
                try HistoryMark.machine(span).set(machine, connection)
                return true
            }
        }
        let isDone = machines.count < Self.machineBatch
        try HistoryMark.machine(span).set(isDone ? 0 : machine, connection)
        if isDone { try HistoryMark.done(span).set(bucket + span.length, connection) }
        return true
    }

    /// Computes some late buckets again; false where there are none.
    private static func settleLate(in connection: any SQLConnection, until end: ContinuousClock.Instant) throws -> Bool
    {
        let rows = try connection.rows(lateBuckets, lateBatch)
        for row in rows {
            try settle(row, in: connection)
            if ContinuousClock.now > end { break }
        }
        return !rows.isEmpty
    }

    private static func settle(_ row: SQLRow, in connection: any SQLConnection) throws {
        guard let machine = row["machine_id"].integer, let bucket = row["bucket_at"].integer,
            let span = row["span"].text.flatMap(RollupSpan.init(rawValue:))
        else { return }
        try connection.run(settled, machine, span.rawValue, bucket)
        guard bucket >= (try HistoryMark.cut.read(connection) ?? .min) else { return }
        try compute(span, bucket, of: machine, in: connection)
        if span == .fiveMinutes, let closed = try HistoryMark.closed(.hour).read(connection), bucket < closed {
            try connection.run(late, machine, RollupSpan.hour.rawValue, RollupSpan.hour.bucket(of: bucket))
        }
    }

    /// Brings some of one machine's rollups up to date with its raw rows, of the buckets that are closed; false where
    /// nothing is left.
    static func settle(
        _ machine: Int64, in connection: any SQLConnection, until end: ContinuousClock.Instant
    ) throws -> Bool {
        // Settling 5 minutes may find hours that the next round settles.
        let rows = try connection.rows(lateOfMachine, machine, lateBatch)
        for row in rows {
            try settle(row, in: connection)
            if ContinuousClock.now > end { break }
        }
        if !rows.isEmpty { return true }
        for span in RollupSpan.allCases {
            guard let closed = try HistoryMark.closed(span).read(connection),
                closed > (try HistoryMark.done(span).read(connection) ?? .min)
            else { continue }
            try compute(span, closed - span.length, of: machine, in: connection)
        }
        return false
    }

    /// One machine's row of a bucket, and its file systems and containers where it is an hour; false where it has none.
    @discardableResult
    static func compute(
        _ span: RollupSpan, _ bucket: Int64, of machine: Int64, in connection: any SQLConnection
    ) throws -> Bool {
        let block = bucket - bucket % span.block
        let written = try connection.run(span == .hour ? hour : fiveMinutes, machine, bucket, block)
        guard span == .hour, written > 0 else { return written > 0 }
        try connection.run(RollupStatements.containers, machine, bucket, block)
        var shares = FilesystemShares()
        for row in try connection.rows(RollupStatements.filesystemShares, machine, bucket) {
            if let text = row[0].text { shares.add(text) }
        }
        for (mountPoint, filesystem) in shares.filesystems.sorted(by: { $0.key < $1.key }) {
            try connection.run(
                RollupStatements.filesystem, block, machine, bucket, mountPoint, filesystem.samples,
                filesystem.used.least, filesystem.used.mean, filesystem.used.most, filesystem.inodes.least,
                filesystem.inodes.mean, filesystem.inodes.most)
        }
        return true
    }

    private static let fiveMinutes = RollupStatements.host(.fiveMinutes)
    private static let hour = RollupStatements.host(.hour)

    static let nextBucket = Statement(
        "rollup.next_bucket", "SELECT min(bucket_at) AS bucket_at FROM host_metrics WHERE bucket_at >= ?1")
    static let machines = Statement("rollup.machines", "SELECT id FROM machines WHERE id > ?1 ORDER BY id LIMIT ?2")
    static let late = Statement(
        "rollup.late",
        "INSERT INTO history_late (machine_id, span, bucket_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
    /// Those of 5 minutes first, for an hour is settled once they are.
    static let lateBuckets = Statement(
        "rollup.late_buckets",
        "SELECT machine_id, span, bucket_at FROM history_late ORDER BY machine_id, span DESC, bucket_at LIMIT ?1")
    static let lateOfMachine = Statement(
        "rollup.late_of_machine",
        """
        SELECT machine_id, span, bucket_at FROM history_late WHERE machine_id = ?1
        ORDER BY span DESC, bucket_at LIMIT ?2
        """)
    static let settled = Statement(
        "rollup.settled", "DELETE FROM history_late WHERE machine_id = ?1 AND span = ?2 AND bucket_at = ?3")
    static let forgetLate = Statement("rollup.forget_late", "DELETE FROM history_late WHERE machine_id = ?1")

    static let statements =
        RollupStatements.all + HistoryMark.statements + [
            nextBucket, machines, late, lateBuckets, lateOfMachine, settled, forgetLate,
        ]
}
