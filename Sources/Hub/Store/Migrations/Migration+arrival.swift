extension Migrations {
    /// Rows of `host_metrics` stand as they come, with an index in the order of its key: what is written in the middle of
    /// a bucket is an entry of the index, a tenth of the row, and rows share the table's last page. In the order of the
    /// key each row was put between others, and pages were split all the time. `entry` is their order, in which retention
    /// deletes them; the rows that are there come in the order that they stood in, which is that of time.
    static let arrival = Migration(
        version: 14, name: "arrival",
        sql: """
            ALTER TABLE host_metrics ADD COLUMN entry BIGINT;

            """,
        only: [
            .sqlite: [
                """
                CREATE TABLE host_metrics_as_they_come (
                  bucket_at BIGINT NOT NULL,
                  machine_id BIGINT NOT NULL,
                  at BIGINT NOT NULL,
                  sequence BIGINT NOT NULL,
                  \(hostValues),
                  filesystems_json TEXT,
                  entry INTEGER PRIMARY KEY,
                  UNIQUE (bucket_at, machine_id, at)
                )
                """,
                "INSERT INTO host_metrics_as_they_come SELECT * FROM host_metrics ORDER BY bucket_at, machine_id, at",
                "DROP TABLE host_metrics",
                "ALTER TABLE host_metrics_as_they_come RENAME TO host_metrics",
            ],
            .postgresql: [
                "CREATE SEQUENCE host_metrics_entries OWNED BY host_metrics.entry",
                "UPDATE host_metrics SET entry = nextval('host_metrics_entries')",
                "ALTER TABLE host_metrics ALTER COLUMN entry SET DEFAULT nextval('host_metrics_entries')",
                "CREATE INDEX host_metrics_entry ON host_metrics (entry)",
            ],
        ], remade: (derived.version, historyRows, bytesPerRow: 300))

    static let historyRows = Statement("migrations.history_rows", "SELECT count(*) AS entries FROM host_metrics")

    /// What `vigie disks` sorts a fleet by, so that it need not take each machine's list apart.
    static let fullest = Migration(
        version: 15, name: "fullest",
        sql: """
            ALTER TABLE machine_state ADD COLUMN filesystems_used_percent_max DOUBLE PRECISION;
            UPDATE machine_state SET filesystems_used_percent_max = (
              SELECT max(f.used_percent) FROM machine_filesystems f WHERE f.machine_id = machine_state.machine_id)
            WHERE filesystems_json IS NOT NULL;

            """)
}
