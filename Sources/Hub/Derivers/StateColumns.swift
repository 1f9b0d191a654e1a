import Contracts

/// One kind's columns of `machine_state`, the row that a list or a tile needs.
struct StateColumns: Sendable {
    struct Column: Sendable {
        let name: String
        /// JSON pointer of the section that the value comes from.
        let section: String

        init(_ name: String, _ section: String) {
            self.name = name
            self.section = section
        }
    }

    let kind: Kind
    let columns: [Column]
    /// The worst status of all kinds, in an upsert that sets this kind's.
    let worst: String
    /// The columns and the kind's warnings, as they stand.
    let fetch: Statement
    /// Sets them, the kind's freshness and status, and the worst status of all kinds; answers whose error is shown.
    let upsert: Statement
    /// Sets the freshness only.
    let touch: Statement
    /// Sets when the next snapshot is due, after one that failed.
    let setDue: Statement

    var statements: [Statement] { [fetch, upsert, touch, setDue] }

    init(_ kind: Kind, _ columns: [Column]) {
        self.kind = kind
        self.columns = columns
        let name = kind.rawValue
        let set = ["\(name)_at", "\(name)_due_at", "\(name)_status", "\(name)_warnings_json"] + columns.map(\.name)
        fetch = Statement(
            "derive.machine_state.\(name).fetch",
            "SELECT \(set.dropFirst(3).joined(separator: ", ")) FROM machine_state WHERE machine_id = ?1")
        let others = Kind.allCases.filter { $0 != kind }.map { "machine_state.\($0.rawValue)_status" }
        let statuses = (["excluded.\(name)_status"] + others).joined(separator: ", ")
        worst = """
            CASE WHEN 'critical' IN (\(statuses)) THEN 'critical' WHEN 'warning' IN (\(statuses)) THEN 'warning'
                ELSE 'ok' END
            """
        upsert = Statement(
            "derive.machine_state.\(name).upsert",
            """
            INSERT INTO machine_state (machine_id, status, \(set.joined(separator: ", ")))
            VALUES (?1, ?4, \(set.indices.map { "?\($0 + 2)" }.joined(separator: ", ")))
            ON CONFLICT (machine_id) DO UPDATE SET
              \(set.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")),
              status = \(worst)
            RETURNING last_error_kind
            """)
        touch = Statement(
            "derive.machine_state.\(name).touch",
            "UPDATE machine_state SET \(name)_at = ?2, \(name)_due_at = ?3 WHERE machine_id = ?1")
        setDue = Statement(
            "derive.machine_state.\(name).due",
            "UPDATE machine_state SET \(name)_due_at = ?2 WHERE machine_id = ?1")
    }

    /// What stands in the row now: the kind's values and warnings.
    func stored(
        _ machine: Int64, in connection: any SQLConnection
    ) throws -> (values: [SQLValue], warnings: [StateWarning])? {
        guard let row = try connection.row(fetch, machine) else { return nil }
        return (Array(row.values[1...]), StateWarning.read(row[0].text))
    }
}
