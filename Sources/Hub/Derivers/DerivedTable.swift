import Contracts

/// A table whose rows a deriver makes of one payload: its SQL, and which part of the payload each column comes from.
struct DerivedTable: Sendable {
    /// Where a column's value comes from; an unknown part leaves the value as it was.
    enum Origin: Sendable {
        /// The item that the row stands for.
        case row
        /// A member of the item, which may be unknown on its own.
        case item(String)
        /// Another section of the payload.
        case section(String)
    }

    struct Column: Sendable {
        let name: String
        let origin: Origin

        static func row(_ name: String) -> Column { Column(name: name, origin: .row) }
        static func item(_ name: String, _ member: String) -> Column { Column(name: name, origin: .item(member)) }
        static func section(_ name: String, _ pointer: String) -> Column {
            Column(name: name, origin: .section(pointer))
        }
    }

    let name: String
    /// JSON pointer of the section that decides whether rows exist; empty for a row that every machine has.
    let section: String
    /// The primary key besides `machine_id`; empty for one row a machine.
    let keys: [String]
    let columns: [Column]
    /// The JSON pointer of the item that a row stands for, with the item's name in place of its index.
    let rowPointer: @Sendable ([SQLValue]) -> String
    let fetch: Statement
    let upsert: Statement
    let delete: Statement

    var statements: [Statement] { [fetch, upsert, delete] }

    /// - Parameter kind: for a table that several kinds fill: the kind whose rows these are (its column `kind`).
    init(
        _ name: String, section: String, keys: [String], columns: [Column], kind: Kind? = nil,
        rowPointer: (@Sendable ([SQLValue]) -> String)? = nil
    ) {
        self.name = name
        self.section = section
        self.keys = keys
        self.columns = columns
        self.rowPointer =
            rowPointer ?? { key in key.first?.text.map { section + "/" + Violation.step($0) } ?? section }
        let label = kind.map { "\(name).\($0.rawValue)" } ?? name
        let fixed = kind.map { " AND kind = '\($0.rawValue)'" } ?? ""
        let all = keys + columns.map(\.name)
        fetch = Statement(
            "derive.\(label).fetch",
            "SELECT \(all.joined(separator: ", ")) FROM \(name) WHERE machine_id = ?1\(fixed)")
        let named = ["machine_id"] + (kind == nil ? [] : ["kind"]) + all
        let values = ["?1"] + (kind.map { ["'\($0.rawValue)'"] } ?? []) + all.indices.map { "?\($0 + 2)" }
        let target = (["machine_id"] + keys + (kind == nil ? [] : ["kind"])).joined(separator: ", ")
        let update =
            columns.isEmpty
            ? "NOTHING" : "UPDATE SET " + columns.map { "\($0.name) = excluded.\($0.name)" }.joined(separator: ", ")
        upsert = Statement(
            "derive.\(label).upsert",
            "INSERT INTO \(name) (\(named.joined(separator: ", "))) VALUES (\(values.joined(separator: ", "))) "
                + "ON CONFLICT (\(target)) DO \(update)")
        let match = keys.indices.map { " AND \(keys[$0]) = ?\($0 + 2)" }.joined()
        delete = Statement("derive.\(label).delete", "DELETE FROM \(name) WHERE machine_id = ?1\(match)\(fixed)")
    }
}

/// One row as a deriver made it; keys and values in the order of the table's keys and columns.
struct DerivedRow: Equatable, Sendable {
    var keys: [SQLValue]
    var values: [SQLValue]

    init(keys: [SQLValue], values: [SQLValue]) {
        self.keys = keys
        self.values = values
    }

    init(keys: [any SQLBindable] = [], _ values: [any SQLBindable]) {
        self.keys = keys.map { $0.sqlValue }
        self.values = values.map { $0.sqlValue }
    }
}

/// What a deriver makes of one payload.
struct Derived: Sendable {
    struct Rows: Sendable {
        let table: DerivedTable
        var rows: [DerivedRow]

        init(_ table: DerivedTable, _ rows: [DerivedRow]) {
            self.table = table
            self.rows = rows
        }
    }

    var tables: [Rows] = []
    /// The kind's columns of `machine_state`, in the order of its `StateColumns`.
    var state: [SQLValue] = []
    var warnings: [StateWarning] = []
    /// Names of the items of sections whose items may be unknown one by one, in the payload's order.
    var itemNames: [String: [String]] = [:]
}

/// Which parts of a payload go into the tables.
enum Taking: Sendable {
    case all
    /// All but these pointers and what is below them.
    case allBut(Set<String>)
    /// These pointers and what is below them.
    case only(Set<String>)

    func takes(_ pointer: String) -> Bool {
        switch self {
        case .all: true
        case .allBut(let pointers): !Self.covers(pointers, pointer)
        case .only(let pointers): Self.covers(pointers, pointer)
        }
    }

    var isAll: Bool {
        if case .all = self { true } else { false }
    }

    /// Whether a pointer, or one above it, is among these.
    static func covers(_ pointers: Set<String>, _ pointer: String) -> Bool {
        guard !pointers.isEmpty else { return false }
        var part = pointer[...]
        while true {
            if pointers.contains(String(part)) { return true }
            guard let slash = part.lastIndex(of: "/") else { return false }
            part = part[..<slash]
        }
    }
}
