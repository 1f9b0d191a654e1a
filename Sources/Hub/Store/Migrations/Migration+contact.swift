extension Migrations {
    /// The newest contact with a machine stands in its row of `machine_state`, which a metrics snapshot writes in any case:
    /// in `machines` it was a page of its own with each of them. It is what the hub itself has noted; nothing derives it.
    static let contact = Migration(
        version: 16, name: "contact",
        sql: """
            \(contactColumns.map { "ALTER TABLE machine_state ADD COLUMN \($0.name) \($0.type)" }.joined(separator: ";\n"));
            INSERT INTO machine_state (machine_id)
            SELECT m.id FROM machines m WHERE m.last_seen_at IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM machine_state t WHERE t.machine_id = m.id);
            UPDATE machine_state SET (\(contactNames)) = (
              SELECT \(contactNames) FROM machines m WHERE m.id = machine_state.machine_id);
            CREATE INDEX machine_state_spooling ON machine_state (machine_id) WHERE spool_files > 0;
            \(contactColumns.map { "ALTER TABLE machines DROP COLUMN \($0.name)" }.joined(separator: ";\n"));

            """, remade: (derived.version, stateRows, bytesPerRow: 2000))

    private static let contactColumns: [(name: String, type: String)] = [
        ("last_seen_at", "BIGINT"), ("next_due_at", "BIGINT"), ("highest_sequence", "BIGINT NOT NULL DEFAULT 0"),
        ("clock_skew_ms", "BIGINT"), ("remote_address", "{TEXT}"), ("spool_files", "BIGINT"),
        ("spool_bytes", "BIGINT"), ("spool_dropped_total", "BIGINT"),
    ]
    private static let contactNames = contactColumns.map(\.name).joined(separator: ", ")

    static let stateRows = Statement("migrations.state_rows", "SELECT count(*) AS entries FROM machine_state")
}
