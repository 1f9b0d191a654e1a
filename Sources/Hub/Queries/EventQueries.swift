import Contracts
import HubAPI

/// `vigie events`: what changed, the newest first.
enum EventQueries {
    struct Filter {
        var type: String?
        var severity: String?
        var since: Timestamp?
    }

    private static let columns = """
        SELECT e.event_id, s.name AS machine, e.at, e.type, e.severity, e.subject, e.message, e.source

        """

    private static let conditions = """
         AND \(MachineSelection.conditionWithRetired) AND e.at >= ?4 AND (CAST(?5 AS TEXT) IS NULL OR e.type = ?5)
          AND (CAST(?6 AS TEXT) IS NULL OR e.severity = ?6)
        ORDER BY e.at DESC, s.name, e.event_id LIMIT ?7
        """

    static let fleet = Statement(
        "events.fleet",
        columns + "FROM machine_events e CROSS JOIN machine_settings s WHERE s.machine_id = e.machine_id" + conditions)
    static let machine = Statement(
        "events.machine",
        columns + "FROM machine_settings s CROSS JOIN machine_events e WHERE e.machine_id = s.machine_id" + conditions)

    static let ofType = Statement("events.of_type", "SELECT 1 AS found FROM machine_events WHERE type = ?1 LIMIT 1")

    /// Each type once, from one to the next in the index.
    static let types = Statement(
        "events.types",
        """
        WITH RECURSIVE types (type) AS (SELECT min(type) FROM machine_events
          UNION ALL SELECT (SELECT min(e.type) FROM machine_events e WHERE e.type > t.type)
          FROM types t WHERE t.type IS NOT NULL)
        SELECT type FROM types WHERE type IS NOT NULL
        """)

    static let all = [fleet, machine, ofType, types]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection = .all, filter: Filter, limit: Int
    ) throws -> ListAnswer<EventAnswer> {
        try check(filter.type, connection)
        let own: [any SQLBindable] = [filter.since?.milliseconds ?? 0, filter.type, filter.severity, limit + 1]
        let rows = try connection.rows(selection.machine == nil ? fleet : machine, selection.values + own)
        return ListAnswer(items: rows.compactMap(event), limit: limit)
    }

    /// A type that has never occurred may yet; one that looks like a typing error is a `MissingName`.
    static func check(_ type: String?, _ connection: any SQLConnection) throws {
        guard let type, try connection.row(ofType, type) == nil else { return }
        let nearest = NearestNames.find(type, among: try connection.rows(types).compactMap { $0[0].text })
        if !nearest.isEmpty { throw MissingName(what: "event type", name: type, nearest: nearest, otherwise: "") }
    }

    static func event(_ row: SQLRow) -> EventAnswer? {
        guard let machine = row.text("machine"), let at = row.time("at"), let type = row.text("type"),
            let severity = row.text("severity"), let message = row.text("message")
        else { return nil }
        var event = EventAnswer(machine: machine, at: at, type: type, severity: severity, message: message)
        event.id = row.text("event_id")
        event.subject = row.text("subject").flatMap { $0.isEmpty ? nil : $0 }
        event.source = row.text("source")
        return event
    }
}
