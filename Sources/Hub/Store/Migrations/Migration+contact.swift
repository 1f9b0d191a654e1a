extension Migrations {
    /// The newest contact with a machine stands in its row of `machine_state`, which a metrics snapshot writes in any case:
    /// in `machines` it was a page of its own with each of them. It is what the hub itself has noted; nothing derives it.
    ///
    /// What is long stands at the end of the row: of a machine with many disks and cores the row goes on in another page,
    /// which a list then need not read.
    static let contact = Migration(
        version: 16, name: "contact",
        sql: """
            CREATE TABLE machine_state_in_order (
              machine_id {ONE} REFERENCES machines (id) ON DELETE CASCADE,
              status {TEXT} NOT NULL DEFAULT 'ok',
              \(lines(stateColumns))
            );
            INSERT INTO machine_state_in_order (machine_id, status, \(names(stateColumns)))
            SELECT m.id, coalesce(t.status, 'ok'), \(names(contactColumns, of: "m.")), \(kept)
            FROM machines m LEFT JOIN machine_state t ON t.machine_id = m.id
            WHERE t.machine_id IS NOT NULL OR m.last_seen_at IS NOT NULL
            ORDER BY m.id;
            DROP VIEW machine_filesystems;
            DROP VIEW machine_kinds;
            DROP VIEW machine_metrics_latest;
            DROP TABLE machine_state;
            ALTER TABLE machine_state_in_order RENAME TO machine_state;
            CREATE INDEX machine_state_failing ON machine_state (machine_id) WHERE last_error_kind IS NOT NULL;
            CREATE INDEX machine_state_spooling ON machine_state (machine_id) WHERE spool_files > 0;
            \(stateViews)
            \(names(contactColumns).split(separator: ", ").map { "ALTER TABLE machines DROP COLUMN \($0);" }
                .joined(separator: "\n"))

            """,
        only: [.sqlite: [filesystemsView(.sqlite)], .postgresql: [filesystemsView(.postgresql)]],
        remade: (derived.version, stateRows, bytesPerRow: 8000))

    static let stateRows = Statement("migrations.state_rows", "SELECT count(*) AS entries FROM machine_state")

    private static let contactColumns = """
        last_seen_at BIGINT
        next_due_at BIGINT
        highest_sequence BIGINT NOT NULL DEFAULT 0
        clock_skew_ms BIGINT
        remote_address {TEXT}
        spool_files BIGINT
        spool_bytes BIGINT
        spool_dropped_total BIGINT
        """

    /// What the table had, the short columns first.
    private static let keptColumns = {
        let columns = [
            listedState, metricsRecord, latestMetrics, "filesystems_used_percent_max DOUBLE PRECISION",
            "filesystems_json {TEXT}",
        ].flatMap { $0.split(separator: "\n") }
        let isLong = { (column: Substring) in column.contains("_json ") || column.contains("last_error ") }
        return (columns.filter { !isLong($0) } + columns.filter(isLong)).joined(separator: "\n")
    }()

    private static let stateColumns = "\(contactColumns)\n\(keptColumns)"

    /// The same as values: a machine may have had no row.
    private static let kept = keptColumns.split(separator: "\n").map { column in
        let value = "t.\(column.prefix { $0 != " " })"
        return column.contains("NOT NULL DEFAULT 0") ? "coalesce(\(value), 0)" : value
    }.joined(separator: ", ")
}
