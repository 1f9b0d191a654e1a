extension Migrations {
    /// The archive's key in the order in which snapshots come: their ids begin with time, so that writing touches the end
    /// of the index and not a page of each machine's own. See docs/performance.md for what that saves.
    static let ingest = Migration(
        version: 9, name: "ingest",
        sql: """
            DROP INDEX machine_kinds_due;

            """,
        only: [
            // SQLite cannot change a key: the table is made anew. No other one refers to it.
            .sqlite: [
                """
                CREATE TABLE snapshots_in_order (
                  id INTEGER PRIMARY KEY AUTOINCREMENT,
                  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
                  snapshot_uuid TEXT NOT NULL,
                  kind TEXT NOT NULL,
                  schema_version BIGINT NOT NULL,
                  sequence BIGINT NOT NULL,
                  boot_id TEXT NOT NULL,
                  collected_at BIGINT NOT NULL,
                  received_at BIGINT NOT NULL,
                  effective_at BIGINT NOT NULL,
                  collection_status TEXT NOT NULL,
                  result TEXT NOT NULL CHECK (result IN ('derived', 'unchanged', 'stale', 'held', 'failed')),
                  payload_digest TEXT,
                  same_as TEXT,
                  body_digest TEXT NOT NULL,
                  inflated_bytes BIGINT NOT NULL,
                  body BLOB NOT NULL,
                  UNIQUE (snapshot_uuid, machine_id)
                )
                """,
                """
                INSERT INTO snapshots_in_order
                SELECT id, machine_id, snapshot_uuid, kind, schema_version, sequence, boot_id, collected_at, received_at,
                  effective_at, collection_status, result, payload_digest, same_as, body_digest, inflated_bytes, body
                FROM snapshots ORDER BY id
                """,
                // A row id is never given twice, also after retention has taken the newest.
                """
                UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'snapshots')
                WHERE name = 'snapshots_in_order'
                """,
                "DROP TABLE snapshots",
                "ALTER TABLE snapshots_in_order RENAME TO snapshots",
                "CREATE INDEX snapshots_order ON snapshots (machine_id, kind, effective_at, sequence)",
                "CREATE INDEX snapshots_held ON snapshots (machine_id) WHERE result = 'held'",
                "CREATE INDEX snapshots_same_as ON snapshots (machine_id, same_as) WHERE same_as IS NOT NULL",
                "CREATE INDEX snapshots_kind_received ON snapshots (kind, received_at)",
            ],
            .postgresql: [
                "ALTER TABLE snapshots ADD UNIQUE (snapshot_uuid, machine_id)",
                "ALTER TABLE snapshots DROP CONSTRAINT snapshots_machine_id_snapshot_uuid_key",
            ],
        ])
}
