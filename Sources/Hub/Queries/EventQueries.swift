import Contracts
import HubAPI

/// `vigie events`: what changed, the newest first.
enum EventQueries {
    struct Filter {
        var machine: Int64?
        var type: String?
        var severity: String?
        var since: Timestamp?
    }

    private static let columns = """
        SELECT s.name AS machine, e.at, e.type, e.severity, e.subject, e.message, e.source
        FROM machine_events e JOIN machine_settings s ON s.machine_id = e.machine_id

        """

    private static let conditions = """
        e.at >= ?1 AND (CAST(?2 AS TEXT) IS NULL OR e.type = ?2) AND (CAST(?3 AS TEXT) IS NULL OR e.severity = ?3)
        ORDER BY e.at DESC, e.event_id LIMIT ?4
        """

    static let fleet = Statement("events.fleet", columns + "WHERE " + conditions)
    static let machine = Statement("events.machine", columns + "WHERE e.machine_id = ?5 AND " + conditions)

    static let all = [fleet, machine]

    static func list(_ connection: any SQLConnection, filter: Filter, limit: Int) throws -> ListAnswer<EventAnswer> {
        let since = filter.since?.milliseconds ?? 0
        let rows =
            if let machine = filter.machine {
                try connection.rows(Self.machine, since, filter.type, filter.severity, limit + 1, machine)
            } else {
                try connection.rows(fleet, since, filter.type, filter.severity, limit + 1)
            }
        return ListAnswer(items: rows.compactMap(event), limit: limit)
    }

    static func event(_ row: SQLRow) -> EventAnswer? {
        guard let machine = row.text("machine"), let at = row.time("at"), let type = row.text("type"),
            let severity = row.text("severity"), let message = row.text("message")
        else { return nil }
        var event = EventAnswer(machine: machine, at: at, type: type, severity: severity, message: message)
        event.subject = row.text("subject").flatMap { $0.isEmpty ? nil : $0 }
        event.source = row.text("source")
        return event
    }
}
