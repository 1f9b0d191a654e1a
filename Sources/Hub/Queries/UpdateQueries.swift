import Contracts
import HubAPI

/// `vigie updates`: what APT would change, package by package, and on which machines that is not known.
enum UpdateQueries {
    struct Filter {
        var name = NamePattern.everything
        var status: String?
        var isSecurity = false
    }

    // The order of the columns is `Position`'s: a fleet's rows are read one by one, without copies.
    private static let columns = """
        SELECT s.name AS machine, p.name, p.architecture, p.current_version, p.target_version, p.operation, p.status,
          p.security, p.origin, p.suite, p.size_bytes, p.phased_percent, p.reason, t.lists_updated_at,
          \(UnknownParts.column(.apt, "/changes", of: "p"))

        """

    private enum Position {
        static let machine = 0, name = 1, architecture = 2, current = 3, target = 4, operation = 5, status = 6
        static let security = 7, origin = 8, suite = 9, size = 10, phased = 11, reason = 12, listsUpdated = 13
        static let unknownSince = 14
    }

    private static let conditions = """
         AND \(MachineSelection.condition) AND p.name >= ?4 AND p.name < ?5 AND p.name LIKE ?6 ESCAPE '!'
          AND (CAST(?7 AS TEXT) IS NULL OR p.status = ?7)

        """

    private static let byPackage = """
        FROM apt_planned_packages p CROSS JOIN machine_settings s
        LEFT JOIN machine_state t ON t.machine_id = p.machine_id
        WHERE s.machine_id = p.machine_id
        """

    /// Of the whole fleet, package by package.
    static let fleet = Statement(
        "updates.fleet",
        columns + byPackage + " AND p.security >= CAST(?8 AS BIGINT)" + conditions
            + "ORDER BY p.name, s.name, p.architecture")

    /// The same, of security updates alone: they are few, and have an index.
    static let security = Statement(
        "updates.security",
        columns + byPackage + " AND p.security = 1 AND CAST(?8 AS BIGINT) = 1" + conditions
            + "ORDER BY p.name, s.name, p.architecture")

    static let machine = Statement(
        "updates.machine",
        columns + """
            FROM machine_settings s CROSS JOIN apt_planned_packages p
            LEFT JOIN machine_state t ON t.machine_id = p.machine_id
            WHERE p.machine_id = s.machine_id AND p.security >= CAST(?8 AS BIGINT)
            """ + conditions + "ORDER BY p.name, s.name, p.architecture")

    /// Machines of which the answer is not known, or known from old lists.
    static let doubtful = Statement(
        "updates.doubtful",
        """
        SELECT s.name, t.updates_count, t.lists_updated_at,
          CASE WHEN f.machine_id IS NULL THEN t.updates_unknown_since_at
            ELSE coalesce(f.effective_at, f.attempted_at) END AS unknown_since_at
        FROM machine_settings s LEFT JOIN machine_state t ON t.machine_id = s.machine_id
        LEFT JOIN machine_inventories f
          ON f.machine_id = s.machine_id AND f.kind = 'apt' AND f.collection_status = 'failed'
        WHERE \(MachineSelection.condition)
          AND (t.updates_unknown_since_at IS NOT NULL OR f.machine_id IS NOT NULL OR t.updates_count IS NULL
            OR t.lists_updated_at < ?4)
        ORDER BY s.name
        """)

    static let all = [fleet, security, machine, doubtful]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection = .all, filter: Filter, limit: Int,
        now: Timestamp
    ) throws -> ListAnswer<UpdateAnswer> {
        var items: [UpdateAnswer] = []
        try each(connection, selection, filter, now: now) { update in
            items.append(update)
            return items.count <= limit
        }
        var answer = ListAnswer(items: items, limit: limit)
        answer.notices = try notices(connection, selection, now: now)
        return answer
    }

    /// Package by package, with the machines that each is about.
    static func groups(
        _ connection: any SQLConnection, _ selection: MachineSelection = .all, filter: Filter, limit: Int,
        now: Timestamp
    ) throws -> ListAnswer<UpdateGroupAnswer> {
        var groups: [UpdateGroup] = []
        try each(connection, selection, filter, now: now) { update in
            if groups.last?.answer.package != update.package {
                guard groups.count <= limit else { return false }
                groups.append(UpdateGroup(update.package))
            }
            groups[groups.count - 1].add(update)
            return true
        }
        var answer = ListAnswer(items: groups.map(\.answer), limit: limit)
        answer.notices = try notices(connection, selection, now: now)
        return answer
    }

    private static func each(
        _ connection: any SQLConnection, _ selection: MachineSelection, _ filter: Filter, now: Timestamp,
        _ body: (UpdateAnswer) -> Bool
    ) throws {
        let statement = selection.machine != nil ? machine : filter.isSecurity ? security : fleet
        let name = filter.name
        let own: [any SQLBindable] = [name.from, name.below, name.like, filter.status, filter.isSecurity ? 1 : 0]
        try connection.each(statement, selection.values + own) { row in
            guard let update = update(row, now: now) else { return true }
            return body(update)
        }
    }

    private static func update(_ row: SQLRowReader, now: Timestamp) -> UpdateAnswer? {
        guard let machine = row.text(Position.machine), let name = row.text(Position.name),
            let architecture = row.text(Position.architecture), let operation = row.text(Position.operation),
            let status = row.text(Position.status)
        else { return nil }
        var update = UpdateAnswer(
            machine: machine, package: name, architecture: architecture, operation: operation, status: status)
        update.currentVersion = row.text(Position.current)
        update.targetVersion = row.text(Position.target)
        update.security = row.integer(Position.security) == 1
        update.origin = row.text(Position.origin)
        update.suite = row.text(Position.suite)
        update.sizeBytes = row.integer(Position.size).map { Int($0) }
        update.phasedPercent = row.integer(Position.phased).map { Int($0) }
        update.reason = row.text(Position.reason)
        let listsAt = row.integer(Position.listsUpdated)
        update.listsUpdatedAt = listsAt.map { Timestamp(milliseconds: $0) }
        update.unknownSince = row.integer(Position.unknownSince).map { Timestamp(milliseconds: $0) }
        if update.unknownSince == nil, FreshnessRule.areListsStale(listsAt, now: now.milliseconds) {
            update.unknownSince = update.listsUpdatedAt
        }
        return update
    }

    /// An absent update says something only where it is known that there is none.
    private static func notices(
        _ connection: any SQLConnection, _ selection: MachineSelection, now: Timestamp
    ) throws -> [MachineNotice] {
        let oldest = now.milliseconds - FreshnessRule.listsStaleAfter
        return try connection.rows(doubtful, selection.values + [oldest]).compactMap { row in
            guard let name = row.text("name") else { return nil }
            if let since = row.time("unknown_since_at") {
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

/// A package's rows as they come, in the order of machines.
private struct UpdateGroup {
    private(set) var answer: UpdateGroupAnswer
    private var machine: String?

    init(_ package: String) { answer = UpdateGroupAnswer(package: package) }

    mutating func add(_ update: UpdateAnswer) {
        if update.security { answer.security = true }
        if !answer.statuses.contains(update.status) { answer.statuses.append(update.status) }
        if let version = update.targetVersion, !answer.targetVersions.contains(version) {
            answer.targetVersions.append(version)
        }
        // A second architecture of a package is on the same machine.
        guard machine != update.machine else { return }
        machine = update.machine
        answer.machinesCount += 1
        if update.unknownSince != nil { answer.unknownCount += 1 }
        guard answer.machines.count < UpdateGroupAnswer.namedMachines else { return }
        var entry = UpdateMachineAnswer(machine: update.machine, status: update.status)
        entry.currentVersion = update.currentVersion
        entry.targetVersion = update.targetVersion
        entry.unknownSince = update.unknownSince
        answer.machines.append(entry)
    }
}
