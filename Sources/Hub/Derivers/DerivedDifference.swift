/// Where a table does not say of a machine what the archive says.
struct DerivedDifference: Equatable, Sendable, CustomStringConvertible {
    var machine: String
    var table: String
    /// Rows that only the table has, and rows that only the archive gives.
    var onlyStored = 0
    var onlyRebuilt = 0
    /// The first differing row of either side.
    var example = ""

    var description: String {
        "\(machine): \(table) has \(onlyStored) rows that the archive does not give, and lacks \(onlyRebuilt) (\(example))"
    }

    /// Counts a row that stands, the one that should, or both.
    mutating func note(stored: [SQLValue]?, rebuilt: [SQLValue]?) {
        if stored != nil { onlyStored += 1 }
        if rebuilt != nil { onlyRebuilt += 1 }
        guard example.isEmpty, let row = stored ?? rebuilt else { return }
        example = row.prefix(6).map(\.words).joined(separator: " | ")
    }
}

/// The differences of one machine, table by table.
struct DerivedDifferences {
    let machine: String
    private var tables: [String: DerivedDifference] = [:]

    init(machine: String) { self.machine = machine }

    var all: [DerivedDifference] { tables.values.sorted { $0.table < $1.table } }

    mutating func note(_ table: String, stored: [SQLValue]?, rebuilt: [SQLValue]?) {
        tables[table, default: DerivedDifference(machine: machine, table: table)].note(
            stored: stored, rebuilt: rebuilt)
    }
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
