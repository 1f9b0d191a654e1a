import Contracts
import HubAPI

/// `vigie apt sources`: package sources, and which of them nothing signs.
enum APTSourceQueries {
    struct Filter {
        /// Enabled, and signed by no key of their own: any key that the machine trusts may sign them, or none need.
        var isUnsigned = false
        var hasProblem = false
    }

    static let list = Statement(
        "apt_sources.list",
        """
        SELECT s.name AS machine, a.file, a.line, a.format, a.type, a.uri, a.suite, a.components_json,
          a.architectures_json, a.enabled, a.signed_by, a.trusted, a.fetched_at, a.problem,
          \(UnknownParts.column(.apt, "/sources", of: "a"))
        FROM machine_settings s CROSS JOIN apt_sources a
        WHERE a.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS BIGINT) = 0 OR (a.enabled = 1 AND (a.signed_by IS NULL OR a.trusted = 1)))
          AND (CAST(?5 AS BIGINT) = 0 OR a.problem IS NOT NULL)
        ORDER BY s.name, a.file, a.line, a.type, a.uri, a.suite LIMIT ?6
        """)

    static let all = [list]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter, limit: Int
    ) throws -> ListAnswer<APTSourceAnswer> {
        let rows = try connection.rows(
            list, selection.values + [filter.isUnsigned ? 1 : 0, filter.hasProblem ? 1 : 0, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(source), limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .apt, "/sources", what: "sources", of: selection, includesSilent: true)
        return answer
    }

    private static func source(_ row: SQLRow) -> APTSourceAnswer? {
        guard let machine = row.text("machine"), let file = row.text("file"), let type = row.text("type"),
            let uri = row.text("uri"), let suite = row.text("suite"), let enabled = row.flag("enabled")
        else { return nil }
        var source = APTSourceAnswer(
            machine: machine, file: file, type: type, uri: uri, suite: suite, enabled: enabled)
        source.line = row.integer("line").flatMap { $0 > 0 ? $0 : nil }
        source.format = row.text("format")
        source.components = row.texts("components_json")
        source.architectures = row.texts("architectures_json")
        source.signedBy = row.text("signed_by")
        source.trusted = row.flag("trusted")
        source.fetchedAt = row.time("fetched_at")
        source.problem = row.text("problem")
        source.unknownSince = row.time("unknown_since_at")
        return source
    }
}
