/// The statements of ingest: the sender's row, and the archive.
enum ArchiveStatements {
    static let sender = Statement(
        "ingest.sender",
        """
        SELECT c.machine_id, c.revoked_at, m.highest_sequence, m.requested_kinds, m.next_due_at, m.boot_id,
          m.last_seen_at, m.clock_skew_ms, m.split_at, m.agent_version, m.hostname, m.machine_id_hint,
          m.product_uuid_hint
        FROM machine_credentials c JOIN machines m ON m.id = c.machine_id WHERE c.token_hash = ?1
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
    private static let seen = """
        last_seen_at = ?2, remote_address = COALESCE(?3, remote_address), clock_skew_ms = COALESCE(?4, clock_skew_ms),
          next_due_at = COALESCE(?5, next_due_at), requested_kinds = ?6
        """
    static let machineSeen = Statement("machines.seen", "UPDATE machines SET \(seen) WHERE id = ?1")
    /// The same for a snapshot that tells how the machine is today.
    static let machineNewest = Statement(
        "machines.newest",
        """
        UPDATE machines SET \(seen), highest_sequence = ?7, spool_files = ?8, spool_bytes = ?9, spool_dropped_total = ?10
        WHERE id = ?1
        """)
    /// Who the machine is, by its newest snapshot; for where that changed: an index has to follow.
    static let machineIdentity = Statement(
        "machines.identify",
        """
        UPDATE machines SET boot_id = ?2, agent_version = ?3, hostname = ?4, machine_id_hint = ?5,
          product_uuid_hint = ?6
        WHERE id = ?1
        """)
    static let all: [Statement] = [
        sender, find, insert, setResult, machineSeen, machineNewest, machineIdentity,
    ]
}
