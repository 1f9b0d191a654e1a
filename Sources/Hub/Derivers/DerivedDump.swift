import Contracts

/// Where two states of a machine's derived tables differ.
struct DerivedDifference: Equatable, Sendable, CustomStringConvertible {
    var machine: String
    var table: String
    /// Rows that only the tables have, and rows that only the archive gives.
    var onlyStored: Int
    var onlyRebuilt: Int
    /// The first differing row of either side.
    var example: String

    var description: String {
        "\(machine): \(table) has \(onlyStored) rows that the archive does not give, and lacks \(onlyRebuilt) (\(example))"
    }
}

/// All rows that derivers have made of a machine, for a comparison row by row.
struct DerivedDump: Equatable, Sendable {
    var tables: [String: Set<[SQLValue]>]

    static func read(_ machine: Int64, from connection: any SQLConnection) throws -> DerivedDump {
        var tables: [String: Set<[SQLValue]>] = [:]
        for table in DerivedTables.current + DerivedTables.histories {
            tables[table] = Set(try connection.rows(DerivedTables.dump(table), machine).map(\.values))
        }
        if let range = try connection.row(archivedMetrics, machine), let first = range["first_at"].integer,
            let last = range["last_at"].integer
        {
            for table in DerivedTables.metricHistories {
                tables[table] = Set(
                    try connection.rows(
                        DerivedTables.dumpHistory(table), machine, first - first % MetricsDeriver.bucket, last
                    ).map(\.values))
            }
            for table in DerivedTables.rollups {
                tables[table] = Set(
                    try connection.rows(
                        DerivedTables.dumpRollup(table), machine, first - first % RollupSpan.hour.block, last
                    ).map(\.values))
            }
        }
        return DerivedDump(tables: tables)
    }

    func differences(from rebuilt: DerivedDump, machine: String) throws -> [DerivedDifference] {
        tables.keys.sorted().compactMap { table in
            let stored = tables[table] ?? []
            let new = rebuilt.tables[table] ?? []
            guard stored != new else { return nil }
            let onlyStored = stored.subtracting(new)
            let onlyRebuilt = new.subtracting(stored)
            let example = (onlyStored.first ?? onlyRebuilt.first ?? []).prefix(6).map(\.words).joined(separator: " | ")
            return DerivedDifference(
                machine: machine, table: table, onlyStored: onlyStored.count, onlyRebuilt: onlyRebuilt.count,
                example: example)
        }
    }

    static let archivedMetrics = Statement(
        "rederive.archived_metrics",
        """
        SELECT min(effective_at) AS first_at, max(effective_at) AS last_at FROM snapshots
        WHERE machine_id = ?1 AND kind = 'metrics'
        """)

    static let statements = [archivedMetrics]
}

extension SQLValue {
    /// For people who compare rows.
    var words: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .text(let value): value
        case .blob(let value): "\(value.count) bytes"
        }
    }
}
