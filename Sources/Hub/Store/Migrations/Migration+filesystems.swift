extension Migrations {
    /// A machine's file systems stand in its row of `machine_state`, as its disks, sensors and cores do: each metrics
    /// snapshot wrote a row for each of them, in a page that nothing else was written to.
    ///
    /// `machine_filesystems` is a view of it, for the hub's questions and for those who ask in SQL.
    static let filesystems = Migration(
        version: 12, name: "filesystems",
        sql: """
            ALTER TABLE machine_state ADD COLUMN filesystems_json {TEXT};

            """,
        only: [
            .sqlite: [
                // A patch leaves out what is null, as the deriver does.
                """
                UPDATE machine_state SET filesystems_json = nullif((
                  SELECT json_group_array(json_patch('{}', json_object(\(pairs))))
                  FROM (SELECT * FROM machine_filesystems f WHERE f.machine_id = machine_state.machine_id
                    ORDER BY mount_point)), '[]')
                """,
                "DROP TABLE machine_filesystems",
                filesystemsView(.sqlite),
            ],
            .postgresql: [
                """
                UPDATE machine_state SET filesystems_json = (
                  SELECT json_agg(json_strip_nulls(json_build_object(\(pairs)))
                    ORDER BY mount_point)
                  FROM machine_filesystems f WHERE f.machine_id = machine_state.machine_id)
                """,
                "DROP TABLE machine_filesystems",
                filesystemsView(.postgresql),
            ],
        ])

    static func filesystemsView(_ engine: Engine) -> String {
        let (member, elements) =
            switch engine {
            case .sqlite: (member, "json_each(t.filesystems_json)")
            case .postgresql: (postgreSQLMember, "json_array_elements(t.filesystems_json::json)")
            }
        return """
            CREATE VIEW machine_filesystems AS
            SELECT t.machine_id, \(columns.map(member).joined(separator: ",\n  "))
            FROM machine_state t, \(elements) f
            """
    }

    private static let columns: [(name: String, type: String)] = [
        ("mount_point", "TEXT"), ("at", "BIGINT"), ("device", "TEXT"), ("type", "TEXT"), ("total_bytes", "BIGINT"),
        ("used_bytes", "BIGINT"), ("available_bytes", "BIGINT"), ("used_percent", "DOUBLE PRECISION"),
        ("inodes_total", "BIGINT"), ("inodes_used", "BIGINT"), ("inodes_available", "BIGINT"),
        ("inodes_used_percent", "DOUBLE PRECISION"), ("read_only", "BIGINT"),
    ]
    /// Each column's name and the column, as both engines make an object of them.
    private static let pairs = columns.map { "'\($0.name)', \($0.name)" }.joined(separator: ", ")

    /// With the type that the table's column had: what it is compared with is read as that.
    private static func member(_ column: (name: String, type: String)) -> String {
        let type = ["BIGINT": "INTEGER", "DOUBLE PRECISION": "REAL"][column.type] ?? column.type
        return "CAST(json_extract(f.value, '$.\(column.name)') AS \(type)) AS \(column.name)"
    }

    private static func postgreSQLMember(_ column: (name: String, type: String)) -> String {
        let value = "(f.value ->> '\(column.name)')"
        return "\(value)\(column.type == "TEXT" ? " COLLATE \"C\"" : "::\(column.type)") AS \(column.name)"
    }
}
