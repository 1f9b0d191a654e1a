import Contracts
import HubAPI

/// `vigie events --follow`: events in the order in which they were entered, which is not that of their time: a late
/// snapshot tells of what was long ago.
enum EventFeedQueries {
    static let bounds = Statement(
        "event_feed.bounds",
        "SELECT (SELECT min(entry) FROM event_feed) AS oldest, max(entry) AS newest FROM event_feed")

    static let after = Statement(
        "event_feed.after",
        """
        SELECT f.entry, e.event_id, s.name AS machine, e.at, e.type, e.severity, e.subject, e.message, e.source
        FROM event_feed f CROSS JOIN machine_events e CROSS JOIN machine_settings s
        WHERE f.entry > ?6 AND e.machine_id = f.machine_id AND e.event_id = f.event_id
          AND s.machine_id = f.machine_id AND \(MachineSelection.conditionWithRetired)
          AND (CAST(?4 AS TEXT) IS NULL OR e.type = ?4) AND (CAST(?5 AS TEXT) IS NULL OR e.severity = ?5)
        ORDER BY f.entry LIMIT ?7
        """)

    static let all = [bounds, after]

    /// - Parameters:
    ///   - cursor: that of the last answer; nil asks for the place where the feed is now, and for no events.
    ///   - limit: of events; a full answer's cursor is that of its last one.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: EventQueries.Filter, after cursor: Int?,
        limit: Int
    ) throws -> EventFeedAnswer {
        try EventQueries.check(filter.type, connection)
        let bounds = try connection.row(bounds)
        let newest = bounds?.integer("newest") ?? 0
        guard let cursor else { return EventFeedAnswer(items: [], cursor: newest, missed: false) }
        // Numbers are never used again, so that the feed has another past where it ends before the cursor.
        guard cursor <= newest else { return EventFeedAnswer(items: [], cursor: newest, missed: true) }
        let rows = try connection.rows(
            after, selection.values + [filter.type, filter.severity, cursor, limit])
        let isFull = rows.count == limit
        return EventFeedAnswer(
            items: rows.compactMap(EventQueries.event), cursor: isFull ? rows.last?.integer("entry") ?? newest : newest,
            missed: newest - cursor > Migrations.feedLength && (bounds?.integer("oldest") ?? 0) > cursor + 1)
    }
}
