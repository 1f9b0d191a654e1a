/// Compares a machine's rollups with what its raw rows give: computed in a scratch, hour by hour.
struct RollupCheck {
    let machine: Int64
    /// One state of the hub's database.
    let hub: any SQLConnection
    let scratch: any SQLConnection

    /// A rollup's table, and how its rows of one bucket are found and told apart.
    private struct Table {
        let name: String
        let fetch: Statement

        init(_ name: String) {
            self.name = name
            fetch = Statement(
                "rederive.\(name).bucket",
                "SELECT * FROM \(name) WHERE block_at = ?1 AND machine_id = ?2 AND bucket_at = ?3")
        }
    }

    private static let tables = Dictionary(
        uniqueKeysWithValues: RollupSpan.allCases.map { span in (span, span.tables.map { Table($0) }) })

    /// - Parameter buckets: of 5 minutes, in their order.
    func run(
        _ buckets: [Int64], _ note: (_ table: String, _ stored: [SQLValue]?, _ computed: [SQLValue]?) -> Void
    ) throws {
        guard !buckets.isEmpty else { return }
        let cut = try HistoryMark.cut.read(hub) ?? .min
        // What is to be computed again, or for the first time, is no difference.
        let late = Set(
            try hub.rows(Self.late, machine).compactMap { row in
                row["span"].text.flatMap(RollupSpan.init(rawValue:)).flatMap { span in
                    row["bucket_at"].integer.map { Place(span: span, bucket: $0) }
                }
            })
        var places: [Place] = []
        for span in RollupSpan.allCases {
            guard let done = try HistoryMark.done(span).read(hub) else { continue }
            let own = Set(buckets.map { span.bucket(of: $0) }).sorted()
            places += own.filter { $0 >= cut && $0 < done }.map { Place(span: span, bucket: $0) }
        }
        let lateHours = Set(late.map { RollupSpan.hour.bucket(of: $0.bucket) })
        for place in places where !late.contains(place) {
            if place.span == .hour, lateHours.contains(place.bucket) { continue }
            try compare(place, note)
        }
    }

    private struct Place: Hashable {
        var span: RollupSpan
        var bucket: Int64
    }

    private func compare(_ place: Place, _ note: (String, [SQLValue]?, [SQLValue]?) -> Void) throws {
        let rollups = Self.tables[place.span] ?? []
        for name in HistoryTable.metrics.map(\.name) + rollups.map(\.name) {
            try scratch.run(Statement("rederive.\(name).clear", "DELETE FROM \(name)"))
        }
        for bucket in stride(from: place.bucket, to: place.bucket + place.span.length, by: Int(MetricsDeriver.bucket)) {
            for table in HistoryTable.metrics {
                for row in try hub.rows(table.fetch, bucket, machine) { _ = try scratch.rows(table.enter, row.values) }
            }
        }
        try Rollup.compute(place.span, place.bucket, of: machine, in: scratch)
        let block = place.bucket - place.bucket % place.span.block
        for table in rollups {
            let stored = Set(try hub.rows(table.fetch, block, machine, place.bucket).map(\.values))
            let computed = Set(try scratch.rows(table.fetch, block, machine, place.bucket).map(\.values))
            for row in stored.subtracting(computed) { note(table.name, row, nil) }
            for row in computed.subtracting(stored) { note(table.name, nil, row) }
        }
    }

    static let late = Statement(
        "rederive.late", "SELECT span, bucket_at FROM history_late WHERE machine_id = ?1")

    static let statements = [late] + tables.values.joined().map(\.fetch)
}
