import Contracts
import HubAPI

/// `vigie messages`: what is worth an eye, what is open first, then the worst.
enum MessageQueries {
    struct Filter {
        var machines = MachineSelection.all
        var severity: String?
        var isOpen = false
        /// Only what began or ended from then on; nil is everything that is open, and what ended not long ago.
        var since: Timestamp?
    }

    /// How long a message that is over is listed without being asked for.
    static let shownAfterEnd: Int64 = 7 * 86_400_000

    private static let columns = """
        SELECT m.machine_id, s.name AS machine, m.message_id, m.source, m.category, m.code, m.component, m.severity,
          m.message, m.first_seen_at, COALESCE(m.last_seen_at, k.effective_at, t.metrics_at) AS last_seen_at, m.closed_at,
          a.acknowledged_at, a.acknowledged_by, a.note

        """

    /// An acknowledgement is of a key and a moment: it goes with the message that was open then, whatever later
    /// snapshots make of its beginning.
    private static let joins = """
        JOIN machine_settings s ON s.machine_id = m.machine_id
        LEFT JOIN machine_inventories k ON k.machine_id = m.machine_id AND k.kind = m.category
        LEFT JOIN machine_state t ON t.machine_id = m.machine_id AND m.category = 'metrics'
        LEFT JOIN message_acknowledgements a ON a.machine_id = m.machine_id AND a.category = m.category
          AND a.code = m.code AND a.component = m.component AND a.severity = m.severity AND a.first_seen_at = (
            SELECT max(x.first_seen_at) FROM message_acknowledgements x
            WHERE x.machine_id = m.machine_id AND x.category = m.category AND x.code = m.code
              AND x.component = m.component AND x.severity = m.severity AND x.first_seen_at >= m.first_seen_at
              AND (m.closed_at IS NULL OR x.first_seen_at < m.closed_at OR x.first_seen_at = m.first_seen_at))

        """

    /// What is open and of one severity, in the order of an index that ends at the limit.
    static let open = Statement(
        "messages.open",
        columns + "FROM important_messages m\n" + joins
            + """
            WHERE m.closed_at IS NULL AND m.severity = ?5 AND m.first_seen_at >= ?4 AND \(MachineSelection.condition)
            ORDER BY m.first_seen_at DESC, m.message_id
            LIMIT ?6
            """)

    /// The worst first.
    private static let severities = ["critical", "warning", "info"]

    private static let worst = """
        CASE m.severity \(severities.enumerated().map { "WHEN '\($1)' THEN \($0)" }.joined(separator: " ")) END,
          m.first_seen_at DESC, m.message_id
        """

    static let closed = Statement(
        "messages.closed",
        columns + "FROM important_messages m\n" + joins
            + """
            WHERE m.closed_at >= ?4 AND \(MachineSelection.condition) AND (CAST(?5 AS TEXT) IS NULL OR m.severity = ?5)
            ORDER BY \(worst)
            LIMIT ?6
            """)

    static let machine = Statement(
        "messages.machine",
        columns + "FROM important_messages m\n" + joins
            + """
            WHERE m.machine_id = ?8 AND ((m.closed_at IS NULL AND m.first_seen_at >= ?4) OR m.closed_at >= ?5)
              AND \(MachineSelection.condition) AND (CAST(?6 AS TEXT) IS NULL OR m.severity = ?6)
            ORDER BY CASE WHEN m.closed_at IS NULL THEN 0 ELSE 1 END, \(worst)
            LIMIT ?7
            """)

    static let one = Statement(
        "messages.one",
        columns + "FROM important_messages m\n" + joins + "WHERE m.machine_id = ?1 AND m.message_id = ?2")

    /// Messages whose id begins so.
    static let byID = Statement(
        "messages.by_id",
        "SELECT machine_id, message_id FROM important_messages WHERE message_id >= ?1 AND message_id < ?2 LIMIT 2")

    static let warnings = Statement(
        "messages.warnings",
        """
        SELECT hardware_warnings_json, metrics_warnings_json, apt_warnings_json, docker_warnings_json
        FROM machine_state WHERE machine_id = ?1
        """)

    static let acknowledge = Statement(
        "messages.acknowledge",
        """
        INSERT INTO message_acknowledgements (machine_id, category, code, component, severity, first_seen_at,
          acknowledged_at, acknowledged_by, note)
        SELECT machine_id, category, code, component, severity, first_seen_at, CAST(?3 AS BIGINT), CAST(?4 AS TEXT),
          CAST(?5 AS TEXT) FROM important_messages WHERE machine_id = ?1 AND message_id = ?2
        ON CONFLICT (machine_id, category, code, component, severity, first_seen_at) DO UPDATE SET
          acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by, note = excluded.note
        """)

    static let all = [open, closed, machine, one, byID, warnings, acknowledge]

    static func list(
        _ connection: any SQLConnection, filter: Filter, limit: Int, now: Timestamp
    ) throws -> ListAnswer<MessageAnswer> {
        let opened = filter.since?.milliseconds ?? 0
        let closed = filter.isOpen ? Int64.max : filter.since?.milliseconds ?? now.milliseconds - shownAfterEnd
        let machines = filter.machines.values
        var rows: [SQLRow] = []
        if let machine = filter.machines.machine {
            rows = try connection.rows(
                Self.machine, machines + [opened, closed, filter.severity, limit + 1, machine] as [any SQLBindable])
        } else {
            for severity in filter.severity.map({ [$0] }) ?? severities where rows.count <= limit {
                rows += try connection.rows(
                    open, machines + [opened, severity, limit + 1 - rows.count] as [any SQLBindable])
            }
            if rows.count <= limit, !filter.isOpen {
                rows += try connection.rows(
                    Self.closed, machines + [closed, filter.severity, limit + 1 - rows.count] as [any SQLBindable])
            }
        }
        var words = CurrentWords(connection: connection)
        return ListAnswer(items: try rows.compactMap { try message($0, &words) }, limit: limit)
    }

    static func one(_ connection: any SQLConnection, machine: Int64, id: String) throws -> MessageAnswer? {
        var words = CurrentWords(connection: connection)
        return try connection.row(one, machine, id).flatMap { try message($0, &words) }
    }

    private static func message(_ row: SQLRow, _ words: inout CurrentWords) throws -> MessageAnswer? {
        guard let id = row.text("message_id"), let machine = row.text("machine"), let code = row.text("code"),
            let severity = row.text("severity"), let text = row.text("message"),
            let firstSeen = row.time("first_seen_at"), let source = row.text("source"),
            let category = row.text("category"), let component = row.text("component")
        else { return nil }
        var message = MessageAnswer(
            id: id, machine: machine, source: source, category: category, code: code, severity: severity,
            component: component, message: text, firstSeenAt: firstSeen)
        message.lastSeenAt = row.time("last_seen_at")
        message.closedAt = row.time("closed_at")
        if message.closedAt == nil, let now = try words.of(row["machine_id"].integer ?? 0, code, component, severity) {
            message.message = now
        }
        if let at = row.time("acknowledged_at"), let by = row.text("acknowledged_by") {
            message.acknowledgement = Acknowledgement(at: at, by: by, note: row.text("note"))
        }
        return message
    }
}

/// What an open message says today: the row keeps what it said when it began, so that a value that moves writes nothing.
private struct CurrentWords {
    let connection: any SQLConnection
    private var known: [Int64: [StateWarning]] = [:]

    init(connection: any SQLConnection) { self.connection = connection }

    mutating func of(_ machine: Int64, _ code: String, _ component: String, _ severity: String) throws -> String? {
        if known[machine] == nil {
            known[machine] =
                try connection.row(MessageQueries.warnings, machine)
                .map { $0.values.flatMap { StateWarning.read($0.text) } } ?? []
        }
        return known[machine]?.first {
            $0.code == code && $0.subject == component && $0.severity.rawValue == severity
        }?.message
    }
}
