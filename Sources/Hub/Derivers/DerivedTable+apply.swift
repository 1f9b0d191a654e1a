extension DerivedTable {
    /// Makes a machine's rows say what the payload says; writes only what differs.
    ///
    /// A payload that names a thing twice is taken at its last word.
    func apply(_ rows: [DerivedRow], of machine: Int64, taking: Taking, to connection: any SQLConnection) throws {
        var existing: [[SQLValue]: [SQLValue]] = [:]
        for row in try connection.rows(fetch, machine) {
            existing[Array(row.values[..<keys.count])] = Array(row.values[keys.count...])
        }
        var wanted: [[SQLValue]: [SQLValue]] = [:]
        wanted.reserveCapacity(rows.count)
        for row in rows { wanted[row.keys] = row.values }

        for row in rows {
            // Each key once, in the payload's order, so that equal input writes equal pages.
            guard var values = wanted.removeValue(forKey: row.keys) else { continue }
            let old = existing.removeValue(forKey: row.keys)
            if !taking.isAll {
                let pointer = rowPointer(row.keys)
                if old == nil, !taking.takes(pointer) { continue }
                for index in columns.indices where !taking.takes(self.pointer(of: columns[index], row: pointer)) {
                    values[index] = old?[index] ?? .null
                }
            }
            if values != old { try connection.run(upsert, [machine.sqlValue] + row.keys + values) }
        }
        for key in existing.keys where taking.isAll || taking.takes(rowPointer(key)) {
            try connection.run(delete, [machine.sqlValue] + key)
        }
    }

    private func pointer(of column: Column, row: String) -> String {
        switch column.origin {
        case .row: row
        case .item(let member): row + "/" + member
        case .section(let pointer): pointer
        }
    }
}
