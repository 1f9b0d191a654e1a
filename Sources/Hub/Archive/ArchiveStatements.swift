/// The statements of ingest: the sender's row, and the archive.
enum ArchiveStatements {
    static let sender = Statement(
        "ingest.sender",
        """
        SELECT c.machine_id, c.revoked_at, t.highest_sequence, m.requested_kinds, t.next_due_at, m.boot_id,
          t.last_seen_at, t.clock_skew_ms, m.split_at, m.agent_version, m.hostname, m.machine_id_hint,
          m.product_uuid_hint
        FROM machine_credentials c JOIN machines m ON m.id = c.machine_id
        LEFT JOIN machine_state t ON t.machine_id = m.id WHERE c.token_hash = ?1
        """)
    static let find = Statement(
        "archive.find",
        """
        SELECT kind, schema_version, sequence, boot_id, collected_at, collection_status, result, payload_digest, same_as,
          body_digest FROM snapshots WHERE machine_id = ?1 AND snapshot_uuid = ?2
        """)
    /// Nothing is inserted where the machine's snapshot of this id stands there already.
    static let insert = Statement(
        "archive.insert",
        """
        INSERT INTO snapshots (machine_id, snapshot_uuid, kind, schema_version, sequence, boot_id, collected_at,
          received_at, effective_at, collection_status, result, payload_digest, same_as, body_digest, inflated_bytes,
          body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        ON CONFLICT (snapshot_uuid, machine_id) DO NOTHING
        """)
    static let setResult = Statement("archive.set_result", "UPDATE snapshots SET result = ?2 WHERE id = ?1")
    static let request = Statement("machines.request", "UPDATE machines SET requested_kinds = ?2 WHERE id = ?1")
    /// Who the machine is, by its newest snapshot; for where that changed: an index has to follow.
    static let machineIdentity = Statement(
        "machines.identify",
        """
        UPDATE machines SET boot_id = ?2, agent_version = ?3, hostname = ?4, machine_id_hint = ?5,
          product_uuid_hint = ?6
        WHERE id = ?1
        """)
    static let all: [Statement] =
        [
            sender, find, insert, setResult, request, machineIdentity,
        ] + ContactNote.statements
}
