/// The statements about machines as such: identity, name, tags, life and end.
enum MachineStatements {
    static let insert = Statement(
        "machines.insert",
        """
        INSERT INTO machines (machine_uuid, created_at, agent_version, hostname, machine_id_hint, product_uuid_hint)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id
        """)
    static let insertSettings = Statement(
        "machines.insert_settings", "INSERT INTO machine_settings (machine_id, name) VALUES (?1, ?2)")
    static let identity = Statement(
        "machines.identity",
        """
        SELECT m.machine_uuid, s.name FROM machines m JOIN machine_settings s ON s.machine_id = m.id WHERE m.id = ?1
        """)
    static let byName = Statement(
        "machines.by_name", "SELECT machine_id, retired_at FROM machine_settings WHERE name = ?1")
    static let lookAlikes = Statement(
        "machines.look_alikes",
        """
        SELECT s.name FROM machines m JOIN machine_settings s ON s.machine_id = m.id
        WHERE m.machine_id_hint = ?1 AND s.retired_at IS NULL ORDER BY s.name LIMIT 5
        """)
    static let renew = Statement(
        "machines.renew", "UPDATE machines SET requested_kinds = ?2, clone_suspected_at = NULL WHERE id = ?1")
    static let tag = Statement(
        "machines.tag", "INSERT INTO machine_tags (machine_id, tag) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
    static let untag = Statement("machines.untag", "DELETE FROM machine_tags WHERE machine_id = ?1 AND tag = ?2")
    static let tags = Statement(
        "machines.operator_tags", "SELECT tag FROM machine_tags WHERE machine_id = ?1 ORDER BY tag")
    static let rename = Statement(
        "machines.rename", "UPDATE machine_settings SET name = ?2 WHERE machine_id = ?1")
    static let retire = Statement(
        "machines.retire", "UPDATE machine_settings SET retired_at = ?2 WHERE machine_id = ?1 AND retired_at IS NULL")
    static let unretire = Statement(
        "machines.unretire", "UPDATE machine_settings SET retired_at = NULL WHERE machine_id = ?1")
    static let delete = Statement("machines.delete", "DELETE FROM machines WHERE id = ?1")
    static let list = Statement(
        "machines.admin_list",
        """
        SELECT s.name, m.machine_uuid, m.created_at, t.last_seen_at, s.retired_at,
          (SELECT count(*) FROM machine_credentials c WHERE c.machine_id = m.id AND c.revoked_at IS NULL) AS tokens,
          (SELECT count(*) FROM snapshots p WHERE p.machine_id = m.id) AS snapshots
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id
        LEFT JOIN machine_state t ON t.machine_id = m.id ORDER BY s.name
        """)
    static let hubEvent = Statement(
        "machine_events.hub",
        """
        INSERT INTO machine_events (machine_id, event_id, at, source, type, severity, subject, message)
        VALUES (?1, ?2, ?3, 'hub', ?4, ?6, 'machine', ?5) ON CONFLICT DO NOTHING
        """)

    static let all: [Statement] = [
        insert, insertSettings, identity, byName, lookAlikes, renew, tag, untag, tags, rename, retire, unretire, delete,
        list,
        hubEvent,
    ]
}
