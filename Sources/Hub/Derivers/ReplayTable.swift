/// A derived table as a rebuild sees it: rows of a machine, found by their key, whatever they mean.
struct ReplayTable: Sendable {
    let name: String
    let columns: [String]
    /// Positions of the primary key's columns.
    let keys: [Int]
    /// A machine's rows. Parameters: machine, and the beginning where rows have an end.
    let fetch: Statement
    let hasEnd: Bool
    /// Parameters: the columns in their order.
    let upsert: Statement
    /// Parameters: the key. A row in which the hub itself notes something stays, with that.
    let delete: Statement
    let clear: Statement

    /// - Parameter rows: `name`, `pk` and `dflt_value` of the columns, in the order of the table.
    init(_ name: String, columns rows: [SQLRow]) throws {
        let observed = DerivedTables.observed[name]
        let rows = rows.filter { observed?.contains($0["name"].text ?? "") != true }
        let columns = rows.map { $0["name"].text ?? "" }
        let keys = rows.enumerated().filter { ($0.element["pk"].integer ?? 0) > 0 }
            .sorted { ($0.element["pk"].integer ?? 0) < ($1.element["pk"].integer ?? 0) }.map(\.offset)
        self.name = name
        self.columns = columns
        self.keys = keys
        let ended: [String: String] = [
            "machine_events": " AND source = 'snapshot' AND at >= ?2",
            "important_messages": " AND source = 'snapshot' AND (closed_at IS NULL OR closed_at >= ?2)",
        ]
        hasEnd = ended[name] != nil
        fetch = Statement(
            "rederive.\(name).fetch",
            "SELECT \(columns.joined(separator: ", ")) FROM \(name) WHERE machine_id = ?1\(ended[name] ?? "")")
        let rest = columns.indices.filter { !keys.contains($0) }.map { "\(columns[$0]) = excluded.\(columns[$0])" }
        upsert = Statement(
            "rederive.\(name).upsert",
            """
            INSERT INTO \(name) (\(columns.joined(separator: ", ")))
            VALUES (\(columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))
            ON CONFLICT (\(keys.map { columns[$0] }.joined(separator: ", ")))
            DO \(rest.isEmpty ? "NOTHING" : "UPDATE SET " + rest.joined(separator: ", "))
            """)
        let match = keys.indices.map { "\(columns[keys[$0]]) = ?\($0 + 1)" }.joined(separator: " AND ")
        let blank = rows.indices.filter { !keys.contains($0) }
            .map { "\(columns[$0]) = \(rows[$0]["dflt_value"].text ?? "NULL")" }
        delete = Statement(
            "rederive.\(name).delete",
            observed == nil
                ? "DELETE FROM \(name) WHERE \(match)"
                : "UPDATE \(name) SET \(blank.joined(separator: ", ")) WHERE \(match)")
        clear = Statement("rederive.\(name).clear", "DELETE FROM \(name)")
    }
}

/// What derived tables say of a machine: each table's rows by their key.
struct MachineRows: Sendable {
    struct Change: Sendable {
        let table: ReplayTable
        let key: [SQLValue]
        let stored: [SQLValue]?
        /// Nil where the row goes.
        let rebuilt: [SQLValue]?

        func apply(to connection: any SQLConnection) throws {
            if let rebuilt { try connection.run(table.upsert, rebuilt) } else { try connection.run(table.delete, key) }
        }
    }

    private(set) var tables: [String: [[SQLValue]: [SQLValue]]] = [:]

    init(
        _ machine: Int64, _ tables: [ReplayTable], _ bounds: ReplayBounds, from connection: any SQLConnection
    ) throws {
        for table in tables {
            let rows =
                table.hasEnd
                ? try connection.rows(table.fetch, machine, bounds.from) : try connection.rows(table.fetch, machine)
            self.tables[table.name] = Dictionary(
                rows.map { row in (table.keys.map { row.values[$0] }, row.values) }, uniquingKeysWith: { $1 })
        }
    }

    /// What makes these rows the rebuilt ones, rows that go first.
    func changes(to rebuilt: MachineRows, of tables: [ReplayTable]) -> [Change] {
        var gone: [Change] = []
        var put: [Change] = []
        for table in tables {
            let stored = self.tables[table.name] ?? [:]
            let rebuilt = rebuilt.tables[table.name] ?? [:]
            for (key, row) in stored where rebuilt[key] == nil {
                gone.append(Change(table: table, key: key, stored: row, rebuilt: nil))
            }
            for (key, row) in rebuilt where stored[key] != row {
                put.append(Change(table: table, key: key, stored: stored[key], rebuilt: row))
            }
        }
        return gone + put
    }
}
