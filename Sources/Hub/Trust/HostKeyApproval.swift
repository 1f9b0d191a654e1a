import Contracts
import HubAPI

/// An operator's word on the SSH host keys of a machine, inside a transaction.
enum HostKeyApproval {
    static let find = Statement(
        "host_key_approvals.find",
        "SELECT type FROM machine_host_key_sightings WHERE machine_id = ?1 AND fingerprint = ?2")
    static let insert = Statement(
        "host_key_approvals.insert",
        """
        INSERT INTO host_key_approvals (machine_id, type, fingerprint, approved_at, approved_by)
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (machine_id, type, fingerprint) DO NOTHING
        """)
    static let delete = Statement(
        "host_key_approvals.delete", "DELETE FROM host_key_approvals WHERE machine_id = ?1 AND fingerprint = ?2")
    static let event = Statement(
        "host_key_approvals.event",
        """
        INSERT INTO machine_events (machine_id, event_id, at, source, type, severity, subject, message)
        VALUES (?1, ?2, ?3, 'operator', ?4, 'info', ?5, ?6) ON CONFLICT (machine_id, event_id) DO NOTHING
        """)

    static let all = [find, insert, delete, event]

    /// Approves and revokes; a fingerprint that the machine has never shown is a `MissingName`.
    ///
    /// - Parameter actor: who decides, as the audit log calls them.
    static func decide(
        _ decision: HostKeyDecision, about machine: MachineLookup.Found, by actor: String, at now: Timestamp,
        in connection: any SQLConnection
    ) throws {
        for fingerprint in decision.approve ?? [] {
            guard let type = try connection.row(find, machine.id, fingerprint)?.text("type") else {
                throw MissingName(
                    "\(machine.name) has never shown a host key \(fingerprint); vigie host-keys \(machine.name) "
                        + "lists them")
            }
            guard try connection.run(insert, machine.id, type, fingerprint, now, actor) > 0 else { continue }
            try note("host_key_approved", "approved", type, fingerprint, machine, actor, now, connection)
        }
        for fingerprint in decision.revoke ?? [] {
            guard try connection.run(delete, machine.id, fingerprint) > 0 else {
                throw MissingName(
                    "no host key \(fingerprint) of \(machine.name) is approved; vigie host-keys \(machine.name) "
                        + "shows which are")
            }
            try note("host_key_revoked", "not approved any more", nil, fingerprint, machine, actor, now, connection)
        }
    }

    private static func note(
        _ event: String, _ words: String, _ type: String?, _ fingerprint: String, _ machine: MachineLookup.Found,
        _ actor: String, _ now: Timestamp, _ connection: any SQLConnection
    ) throws {
        try connection.run(
            TrustStatements.audit, now, actor, event.replacing("host_key_", with: "host_key."), machine.name,
            fingerprint)
        let kind = type.map { " \($0)" } ?? ""
        try connection.run(
            Self.event, machine.id, "\(event)-\(now.milliseconds)-\(fingerprint)", now, event, fingerprint,
            "the SSH host key\(kind) is \(words)")
    }
}
