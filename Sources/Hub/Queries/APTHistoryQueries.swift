import Contracts
import HubAPI

/// `vigie apt history`: what APT did, run by run, the newest first.
enum APTHistoryQueries {
    struct Filter {
        var since: Timestamp?
        var package = NamePattern.everything
        var operation: String?
        var isFailed = false
    }

    private static let columns = """
        SELECT s.name AS machine, a.started_at, a.name, a.architecture, a.operation, a.from_version, a.to_version,
          a.automatic, a.ended_at, a.command_line, a.requested_by, a.error

        """

    private enum Position {
        static let machine = 0, started = 1, name = 2, architecture = 3, operation = 4, from = 5, to = 6
        static let automatic = 7, ended = 8, command = 9, requestedBy = 10, error = 11
    }

    private static let conditions = """
         AND \(MachineSelection.condition) AND a.started_at >= ?4 AND a.name LIKE ?5 ESCAPE '!'
          AND (CAST(?6 AS TEXT) IS NULL OR a.operation = ?6) AND (CAST(?7 AS BIGINT) = 0 OR a.error IS NOT NULL)

        """

    private static let order = "ORDER BY a.started_at DESC, s.name, a.name, a.architecture, a.operation"

    private static let ofFleet = """
        FROM apt_applied_packages a CROSS JOIN machine_settings s WHERE s.machine_id = a.machine_id
        """

    /// By time: with a range of names SQLite would take that index, and sort the whole history.
    static let fleet = Statement("apt_history.fleet", columns + ofFleet + conditions + order)

    /// Of packages whose names begin alike.
    static let named = Statement(
        "apt_history.named", columns + ofFleet + conditions + "AND a.name >= ?8 AND a.name < ?9 " + order)

    static let machine = Statement(
        "apt_history.machine",
        columns + """
            FROM machine_settings s CROSS JOIN apt_applied_packages a WHERE a.machine_id = s.machine_id
            """ + conditions + order)

    static let all = [fleet, named, machine]

    /// - Parameter limit: of runs.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter, limit: Int
    ) throws -> ListAnswer<APTRunAnswer> {
        var runs: [APTRunAnswer] = []
        let pattern = filter.package
        var values =
            selection.values
            + [filter.since?.milliseconds ?? 0, pattern.like, filter.operation, filter.isFailed ? 1 : 0]
        let isNamed = selection.machine == nil && !pattern.from.isEmpty
        if isNamed { values += [pattern.from, pattern.below] }
        let statement = selection.machine != nil ? machine : isNamed ? named : fleet
        try connection.each(statement, values) { row in
            guard let run = run(row), let action = action(row) else { return true }
            if runs.last?.machine != run.machine || runs.last?.startedAt != run.startedAt {
                guard runs.count <= limit else { return false }
                runs.append(run)
            }
            runs[runs.count - 1].actions.append(action)
            return true
        }
        var answer = ListAnswer(items: runs, limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .apt, "/history", what: "apt history", of: selection, includesSilent: true)
        return answer
    }

    private static func run(_ row: SQLRowReader) -> APTRunAnswer? {
        guard let machine = row.text(Position.machine), let started = row.integer(Position.started) else { return nil }
        var run = APTRunAnswer(machine: machine, startedAt: Timestamp(milliseconds: started))
        run.endedAt = row.integer(Position.ended).map { Timestamp(milliseconds: $0) }
        run.commandLine = row.text(Position.command)
        run.requestedBy = row.text(Position.requestedBy)
        run.error = row.text(Position.error)
        return run
    }

    private static func action(_ row: SQLRowReader) -> APTActionAnswer? {
        guard let operation = row.text(Position.operation), let name = row.text(Position.name),
            let architecture = row.text(Position.architecture)
        else { return nil }
        var action = APTActionAnswer(operation: operation, package: name, architecture: architecture)
        action.fromVersion = row.text(Position.from)
        action.toVersion = row.text(Position.to)
        action.automatic = row.integer(Position.automatic).map { $0 == 1 }
        return action
    }
}
