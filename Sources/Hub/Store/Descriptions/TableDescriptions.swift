/// What a table is for, and each of its columns, in one line; printed by `vigie sql --tables` and `--describe`.
struct DocumentedTable: Sendable {
    /// Whose record a table is, which decides what may be rebuilt and what may be lost.
    enum Class: String, Sendable {
        /// Made from snapshots; `vigie-hub rederive` makes it again, but for columns that the hub has noted there
        /// (`DerivedTables.observed`).
        case derived
        /// The hub's own record.
        case observed
        /// What operators set.
        case `operator`
    }

    let name: String
    let tableClass: Class
    let text: String
    /// In the table's order.
    let columns: [(name: String, text: String)]
    /// It shows what other tables hold.
    let isView: Bool

    init(_ name: String, _ tableClass: Class, _ text: String, _ columns: KeyValuePairs<String, String>) {
        self.init(name, tableClass, text, columns: TableDescriptions.columns(columns))
    }

    init(
        _ name: String, _ tableClass: Class, _ text: String, columns: [(name: String, text: String)],
        isView: Bool = false
    ) {
        self.name = name
        self.tableClass = tableClass
        self.text = text
        self.columns = columns
        self.isView = isView
    }
}

/// All tables of the hub.
enum TableDescriptions {
    static let all: [DocumentedTable] =
        core + archive + machines + messages + hardware + metrics + apt + docker + questions + history

    static func named(_ name: String) -> DocumentedTable? { all.first { $0.name == name } }

    static let machineID = "the machine: machines.id"

    static func columns(_ columns: KeyValuePairs<String, String>) -> [(name: String, text: String)] {
        columns.map { ($0.key, $0.value) }
    }
}
