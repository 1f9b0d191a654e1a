/// The statements about tokens: enrolment, machines' credentials, operators' clients, and the record of who did what.
enum TrustStatements {
    static let clientByToken = Statement(
        "clients.by_token",
        "SELECT id, name, scope, expires_at, revoked_at, last_seen_at FROM api_clients WHERE token_hash = ?1")
    static let clientSeen = Statement(
        "clients.seen", "UPDATE api_clients SET last_seen_at = ?2 WHERE id = ?1")
    static let clientInsert = Statement(
        "clients.insert",
        """
        INSERT INTO api_clients (name, token_hash, scope, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (name) DO NOTHING
        """)
    static let clientList = Statement(
        "clients.list",
        "SELECT name, scope, created_at, expires_at, revoked_at, last_seen_at FROM api_clients ORDER BY name")
    static let clientRevoke = Statement(
        "clients.revoke", "UPDATE api_clients SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL")

    static let machineByToken = Statement(
        "credentials.by_token",
        """
        SELECT c.machine_id, c.revoked_at, m.machine_uuid FROM machine_credentials c
        JOIN machines m ON m.id = c.machine_id WHERE c.token_hash = ?1
        """)
    static let credentialInsert = Statement(
        "credentials.insert",
        "INSERT INTO machine_credentials (token_hash, machine_id, created_at) VALUES (?1, ?2, ?3)")
    static let credentialsRevoke = Statement(
        "credentials.revoke",
        """
        UPDATE machine_credentials SET revoked_at = ?2, revoked_reason = ?3
        WHERE machine_id = ?1 AND revoked_at IS NULL
        """)

    static let enrollmentInsert = Statement(
        "enrollment.insert",
        """
        INSERT INTO enrollment_tokens (token_hash, created_at, expires_at, uses_left, uses_total, tags, for_machine_id)
        VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) RETURNING id
        """)
    static let enrollmentByToken = Statement(
        "enrollment.by_token",
        """
        SELECT id, expires_at, uses_left, tags, for_machine_id, revoked_at FROM enrollment_tokens WHERE token_hash = ?1
        """)
    static let enrollmentUse = Statement(
        "enrollment.use",
        "UPDATE enrollment_tokens SET uses_left = uses_left - 1, last_used_at = ?2 WHERE id = ?1 AND uses_left > 0")
    static let enrollmentList = Statement(
        "enrollment.list",
        """
        SELECT t.id, t.created_at, t.expires_at, t.uses_left, t.uses_total, t.tags, t.revoked_at, t.last_used_at,
          s.name AS machine FROM enrollment_tokens t LEFT JOIN machine_settings s ON s.machine_id = t.for_machine_id
        ORDER BY t.id
        """)
    static let enrollmentRevoke = Statement(
        "enrollment.revoke", "UPDATE enrollment_tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")

    static let audit = Statement(
        "audit.insert", "INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")

    static let settingGet = Statement("settings.get", "SELECT value FROM app_settings WHERE name = ?1")
    static let settingSet = Statement(
        "settings.set",
        """
        INSERT INTO app_settings (name, value, updated_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
        WHERE app_settings.value <> excluded.value
        """)

    static let all: [Statement] = [
        clientByToken, clientSeen, clientInsert, clientList, clientRevoke, machineByToken, credentialInsert,
        credentialsRevoke, enrollmentInsert, enrollmentByToken, enrollmentUse, enrollmentList, enrollmentRevoke, audit,
        settingGet, settingSet,
    ]
}
