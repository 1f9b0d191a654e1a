import Contracts
import Transport

/// Something that changed between two snapshots, on the machine's timeline.
struct MachineEvent: Equatable, Sendable {
    /// `info`, `warning`, `critical`.
    enum Weight: String, Sendable { case info, warning, critical }

    /// Stable and in snake case: `packages_upgraded`, `container_stopped`, …
    var type: String
    var weight: Weight
    /// What it happened to; with the type unique within a snapshot.
    var subject: String
    /// One sentence for people.
    var message: String
    /// What changed, for programs: a JSON document.
    var detail: SQLValue = .null

    init(_ type: String, _ weight: Weight = .info, _ subject: String, _ message: String, detail: SQLValue = .null) {
        self.type = type
        self.weight = weight
        self.subject = subject
        self.message = message
        self.detail = detail
    }

    /// One event keeps one id, however often and in whatever order it is derived.
    func id(machine: Identifier, snapshot: String) -> String {
        let key = [machine.text, snapshot, type, subject].joined(separator: "\n")
        return Hexadecimal.encode(SHA256.digest(Array(key.utf8)).prefix(16))
    }
}

/// The rows of `machine_events` that snapshots give.
enum EventStore {
    /// Makes a snapshot's events these; ids that stay are not written again.
    static func replace(
        _ events: [MachineEvent], of snapshot: ObservedSnapshot, machine: Int64, kind: Kind,
        in connection: any SQLConnection
    ) throws {
        var old = Set(
            try connection.rows(fetch, machine, snapshot.order.uuid).compactMap { $0["event_id"].text })
        for event in events {
            let id = event.id(machine: snapshot.head.machineID, snapshot: snapshot.order.uuid)
            old.remove(id)
            try connection.run(
                upsert, machine, id, snapshot.order.effectiveAt, kind, snapshot.order.uuid, event.type,
                event.weight.rawValue, event.subject, event.message, event.detail)
        }
        for id in old.sorted() { try connection.run(delete, machine, id) }
    }

    static func hasEvents(_ machine: Int64, snapshot: String, in connection: any SQLConnection) throws -> Bool {
        try connection.row(fetch, machine, snapshot) != nil
    }

    /// Before when retention has cut events and the histories of packages and containers: windows that a payload
    /// carries reach further back, and what was forgotten must not come again.
    static let cut = "COALESCE((SELECT at FROM history_marks WHERE name = 'events.cut'), 0)"

    static let fetch = Statement(
        "derive.machine_events.fetch",
        "SELECT event_id FROM machine_events WHERE machine_id = ?1 AND snapshot_uuid = ?2 AND source = 'snapshot'")
    static let upsert = Statement(
        "derive.machine_events.upsert",
        """
        INSERT INTO machine_events (machine_id, event_id, at, source, kind, snapshot_uuid, type, severity, subject,
          message, detail_json)
        VALUES (?1, ?2, ?3, 'snapshot', ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT (machine_id, event_id) DO UPDATE SET severity = excluded.severity, message = excluded.message,
          detail_json = excluded.detail_json
        """)
    static let delete = Statement(
        "derive.machine_events.delete", "DELETE FROM machine_events WHERE machine_id = ?1 AND event_id = ?2")

    static let statements = [fetch, upsert, delete]
}
