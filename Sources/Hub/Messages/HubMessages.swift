import Contracts
import Transport

/// Messages and events of what the hub itself observes of a machine. No snapshot makes them, and rederive leaves them
/// alone: in the tables they have the source `hub`, messages also a category of their own.
struct HubMessages {
    static let category = "machine"
    /// The component of what is about the machine as such.
    static let machine = "machine"

    let machine: Int64
    let connection: any SQLConnection

    /// Begins a message, unless it is open already; true where it began.
    @discardableResult
    func open(
        _ code: String, _ severity: Severity, _ message: String, component: String = HubMessages.machine,
        at now: Timestamp
    ) throws -> Bool {
        guard try connection.row(Self.find, machine, code, component) == nil else { return false }
        let key = "\(machine)\n\(code)\n\(component)\n\(now.milliseconds)"
        let id = Hexadecimal.encode(SHA256.digest(Array(key.utf8)).prefix(8))
        return try connection.run(Self.insert, machine, id, code, component, severity.rawValue, message, now) == 1
    }

    /// Ends a message; true where it was open.
    @discardableResult
    func close(_ code: String, component: String = HubMessages.machine, at now: Timestamp) throws -> Bool {
        try connection.run(Self.end, machine, code, component, now) > 0
    }

    /// Ends all that the hub has open about the machine.
    func closeAll(at now: Timestamp) throws { try connection.run(Self.endAll, machine, now) }

    /// Notes an event; `occasion` makes it one, however often it is noted.
    func event(
        _ type: String, _ weight: MachineEvent.Weight, _ message: String, occasion: String, at now: Timestamp
    ) throws {
        try connection.run(
            MachineStatements.hubEvent, machine, "hub-\(type)-\(occasion)", now, type, message, weight.rawValue)
    }

    static let find = Statement(
        "hub_messages.find",
        """
        SELECT message_id FROM important_messages WHERE machine_id = ?1 AND category = 'machine' AND closed_at IS NULL
          AND code = ?2 AND component = ?3 AND source = 'hub'
        """)
    static let insert = Statement(
        "hub_messages.insert",
        """
        INSERT INTO important_messages (machine_id, message_id, source, category, code, component, severity, message,
          first_seen_at)
        VALUES (?1, ?2, 'hub', 'machine', ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
        """)
    static let end = Statement(
        "hub_messages.end",
        """
        UPDATE important_messages SET closed_at = ?4, last_seen_at = ?4 WHERE machine_id = ?1 AND category = 'machine'
          AND closed_at IS NULL AND code = ?2 AND component = ?3 AND source = 'hub'
        """)
    static let endAll = Statement(
        "hub_messages.end_all",
        """
        UPDATE important_messages SET closed_at = ?2, last_seen_at = ?2 WHERE machine_id = ?1 AND category = 'machine'
          AND closed_at IS NULL AND source = 'hub'
        """)

    static let statements = [find, insert, end, endAll]
}
