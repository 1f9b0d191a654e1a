import Contracts

/// What was known of a machine's SSH host keys at a past moment, besides the keys themselves: since when each had been
/// seen, and which an operator vouched for.
struct PastHostKeys: Equatable, Sendable {
    struct Sighting: Equatable, Sendable {
        var type: String
        var fingerprint: String
        var publicKey: String
        var firstReceivedAt: Int64
    }

    struct Approval: Equatable, Sendable {
        var type: String
        var at: Int64
        var by: String
    }

    var sightings: [Sighting] = []
    /// By fingerprint.
    var approvals: [String: Approval] = [:]

    init() {}

    /// The events tell also of approvals that were taken back since; an approval without its event is older than what is
    /// kept of events.
    init(_ machine: Int64, at moment: Timestamp, from connection: any SQLConnection) throws {
        for row in try connection.rows(Self.sightings, machine, moment) {
            guard let type = row["type"].text, let fingerprint = row["fingerprint"].text,
                let publicKey = row["public_key"].text, let first = row["first_received_at"].integer
            else { continue }
            sightings.append(
                Sighting(type: type, fingerprint: fingerprint, publicKey: publicKey, firstReceivedAt: first))
        }
        for statement in [Self.standing, Self.decisions] {
            for row in try connection.rows(statement, machine, moment) {
                guard let fingerprint = row["fingerprint"].text, let type = row["type"].text,
                    let at = row["at"].integer
                else { continue }
                if row["approved"].integer == 1 {
                    approvals[fingerprint] = Approval(type: type, at: at, by: row["approved_by"].text ?? "unknown")
                } else {
                    approvals[fingerprint] = nil
                }
            }
        }
    }

    func write(of machine: Int64, to connection: any SQLConnection) throws {
        for sighting in sightings {
            try connection.run(
                HardwareDeriver.sighting, machine, sighting.type, sighting.fingerprint, sighting.publicKey,
                sighting.firstReceivedAt)
        }
        for (fingerprint, approval) in approvals {
            try connection.run(
                HostKeyApproval.insert, machine, approval.type, fingerprint, approval.at, approval.by)
        }
    }

    static let sightings = Statement(
        "past.host_key_sightings",
        """
        SELECT type, fingerprint, public_key, first_received_at FROM machine_host_key_sightings
        WHERE machine_id = ?1 AND first_received_at <= ?2
        """)
    static let standing = Statement(
        "past.host_key_approvals",
        """
        SELECT fingerprint, type, approved_at AS at, approved_by, 1 AS approved FROM host_key_approvals
        WHERE machine_id = ?1 AND approved_at <= ?2
        """)
    static let decisions = Statement(
        "past.host_key_decisions",
        """
        SELECT e.subject AS fingerprint, g.type, e.at, (SELECT min(a.actor) FROM audit_log a
            WHERE a.at = e.at AND a.detail = e.subject) AS approved_by,
          CASE WHEN e.type = 'host_key_approved' THEN 1 ELSE 0 END AS approved
        FROM machine_events e
        JOIN machine_host_key_sightings g ON g.machine_id = e.machine_id AND g.fingerprint = e.subject
        WHERE e.machine_id = ?1 AND e.at <= ?2 AND e.source = 'operator'
          AND e.type IN ('host_key_approved', 'host_key_revoked')
        ORDER BY e.at
        """)

    static let statements = [sightings, standing, decisions]
}
