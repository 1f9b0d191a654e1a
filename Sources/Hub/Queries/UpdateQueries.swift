import Contracts
import HubAPI

/// `vigie updates`: what APT would change, package by package, and on which machines that is not known.
enum UpdateQueries {
    struct Filter {
        var machine: Int64?
        var name = NamePattern.everything
        var status: String?
        var isSecurity = false
    }

    private static let columns = """
        SELECT s.name AS machine, p.name, p.architecture, p.current_version, p.target_version, p.operation, p.status,
          p.security, p.origin, p.suite, p.size_bytes, p.phased_percent, p.reason, t.lists_updated_at,
          t.updates_unknown_since_at
        FROM apt_planned_packages p
        JOIN machine_settings s ON s.machine_id = p.machine_id
        LEFT JOIN machine_state t ON t.machine_id = p.machine_id

        """

    private static let conditions = """
         AND p.name >= ?1 AND p.name < ?2 AND p.name LIKE ?3 ESCAPE '!'
          AND (CAST(?4 AS TEXT) IS NULL OR p.status = ?4) AND s.retired_at IS NULL

        """

    /// Of the whole fleet, package by package.
    static let fleet = Statement(
        "updates.fleet",
        columns + "WHERE p.security >= CAST(?5 AS BIGINT)" + conditions + "ORDER BY p.name, s.name LIMIT ?6")

    /// The same, of security updates alone: they are few, and have an index.
    static let security = Statement(
        "updates.security",
        columns + "WHERE p.security = 1 AND CAST(?5 AS BIGINT) = 1" + conditions + "ORDER BY p.name, s.name LIMIT ?6")

    static let machine = Statement(
        "updates.machine",
        columns + "WHERE p.machine_id = ?7 AND p.security >= CAST(?5 AS BIGINT)" + conditions
            + "ORDER BY p.name, p.architecture LIMIT ?6")

    /// Machines of which the answer is not known, or known from old lists.
    static let doubtful = Statement(
        "updates.doubtful",
        """
        SELECT s.name, t.updates_unknown_since_at, t.lists_updated_at, t.updates_count, t.apt_status, t.apt_due_at,
          t.apt_at
        FROM machine_settings s LEFT JOIN machine_state t ON t.machine_id = s.machine_id
        WHERE s.retired_at IS NULL AND (CAST(?1 AS BIGINT) IS NULL OR s.machine_id = ?1)
          AND (t.updates_unknown_since_at IS NOT NULL OR t.updates_count IS NULL OR t.lists_updated_at < ?2)
        ORDER BY s.name
        """)

    static let all = [fleet, security, machine, doubtful]

    static func list(
        _ connection: any SQLConnection, filter: Filter, limit: Int, now: Timestamp
    ) throws -> ListAnswer<UpdateAnswer> {
        let name = filter.name
        let least = filter.isSecurity ? 1 : 0
        let rows =
            if let machine = filter.machine {
                try connection.rows(
                    Self.machine, name.from, name.below, name.like, filter.status, least, limit + 1, machine)
            } else {
                try connection.rows(
                    filter.isSecurity ? security : fleet, name.from, name.below, name.like, filter.status, least,
                    limit + 1)
            }
        var answer = ListAnswer(items: rows.compactMap(update), limit: limit)
        answer.notices = try notices(connection, machine: filter.machine, now: now)
        return answer
    }

    private static func update(_ row: SQLRow) -> UpdateAnswer? {
        guard let machine = row.text("machine"), let name = row.text("name"),
            let architecture = row.text("architecture"), let operation = row.text("operation"),
            let status = row.text("status")
        else { return nil }
        var update = UpdateAnswer(
            machine: machine, package: name, architecture: architecture, operation: operation, status: status)
        update.currentVersion = row.text("current_version")
        update.targetVersion = row.text("target_version")
        update.security = row.flag("security") ?? false
        update.origin = row.text("origin")
        update.suite = row.text("suite")
        update.sizeBytes = row.integer("size_bytes")
        update.phasedPercent = row.integer("phased_percent")
        update.reason = row.text("reason")
        update.listsUpdatedAt = row.time("lists_updated_at")
        update.unknownSince = row.time("updates_unknown_since_at")
        return update
    }

    /// An absent update says something only where it is known that there is none.
    private static func notices(
        _ connection: any SQLConnection, machine: Int64?, now: Timestamp
    ) throws -> [MachineNotice] {
        let oldest = now.milliseconds - FreshnessRule.listsStaleAfter
        return try connection.rows(doubtful, machine, oldest).compactMap { row in
            guard let name = row.text("name") else { return nil }
            if let since = row.time("updates_unknown_since_at") {
                return MachineNotice(machine: name, code: "updates_unknown", message: "updates unknown", since: since)
            }
            if row["updates_count"].isNull {
                return MachineNotice(
                    machine: name, code: "updates_unknown", message: "no apt snapshot yet: updates unknown")
            }
            return MachineNotice(
                machine: name, code: "lists_stale", message: "package lists are stale, updates are those of then",
                since: row.time("lists_updated_at"))
        }
    }
}
