/// The statements about what was refused and kept.
enum QuarantineStatements {
    static let insert = Statement(
        "quarantine.insert",
        """
        INSERT INTO quarantine (machine_id, received_at, status, code, reason, body_bytes, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """)
    static let size = Statement(
        "quarantine.size",
        "SELECT count(*) AS entries, CAST(COALESCE(sum(length(body)), 0) AS BIGINT) AS bytes FROM quarantine")
    static let oldest = Statement(
        "quarantine.oldest", "SELECT id, length(body) AS bytes FROM quarantine ORDER BY id LIMIT 100")
    static let delete = Statement("quarantine.delete", "DELETE FROM quarantine WHERE id = ?1")

    private static let selected = """
        FROM quarantine q LEFT JOIN machine_settings s ON s.machine_id = q.machine_id
        WHERE (CAST(?1 AS TEXT) IS NULL OR q.code = ?1) AND (CAST(?2 AS TEXT) IS NULL OR s.name = ?2)
        """
    static let list = Statement(
        "quarantine.list",
        """
        SELECT q.id, s.name AS machine, q.received_at, q.status, q.code, q.reason, q.body_bytes,
          length(q.body) AS kept_bytes
        \(selected)
        ORDER BY q.id DESC LIMIT ?3
        """)
    /// The oldest first: what a machine sent earlier is taken before what it sent later.
    static let ids = Statement("quarantine.ids", "SELECT q.id\n\(selected)\nORDER BY q.id")
    static let one = Statement(
        "quarantine.one",
        """
        SELECT q.id, q.machine_id, m.machine_uuid, s.name AS machine, q.received_at, q.status, q.code, q.reason,
          q.body_bytes, q.body
        FROM quarantine q LEFT JOIN machines m ON m.id = q.machine_id
        LEFT JOIN machine_settings s ON s.machine_id = q.machine_id WHERE q.id = ?1
        """)
    static let credential = Statement(
        "quarantine.credential",
        """
        SELECT token_hash FROM machine_credentials WHERE machine_id = ?1 AND revoked_at IS NULL
        ORDER BY created_at DESC LIMIT 1
        """)
    static let contact = Statement(
        "quarantine.contact", "SELECT last_seen_at, next_due_at FROM machine_state WHERE machine_id = ?1")
    static let restoreContact = Statement(
        "quarantine.restore_contact",
        "UPDATE machine_state SET last_seen_at = ?2, next_due_at = ?3 WHERE machine_id = ?1")

    static let all: [Statement] = [
        insert, size, oldest, delete, list, ids, one, credential, contact, restoreContact,
    ]
}
