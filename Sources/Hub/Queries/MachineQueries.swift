import Contracts
import HubAPI

/// `vigie machines`: every machine in one row, from `machine_state` and the hub's own record.
enum MachineQueries {
    /// What to leave out of the list.
    struct Filter: Equatable {
        var name: String?
        var freshness: Freshness?
        var isStale = false
        var tag: String?
        var status: HealthStatus?
        var includesRetired = false
    }

    // The order of the columns is `Position`'s: reading 10,000 rows by name would cost more than the query.
    static let list = Statement(
        "machines.list",
        """
        SELECT m.id, s.name, m.machine_uuid, m.created_at, t.last_seen_at, t.next_due_at, s.retired_at,
          m.agent_version, coalesce(o.hostname, m.hostname), o.os_name, o.os_version, o.os_codename, o.machine_kind,
          m.clone_suspected_at, t.hardware_at, t.hardware_due_at, t.hardware_status, t.metrics_at, t.metrics_due_at,
          t.metrics_status, t.apt_at, t.apt_due_at, t.apt_status, t.docker_at, t.docker_due_at, t.docker_status,
          t.raid_degraded_count, t.disks_failing_count, t.booted_at, t.load_1m, t.cpu_used_percent,
          t.memory_used_percent, t.root_used_percent, t.fullest_mount_point, t.fullest_used_percent,
          t.failed_units_count, t.updates_count, t.security_updates_count, t.held_count, t.phased_count,
          t.broken_count, t.updates_unknown_since_at, t.lists_updated_at, t.reboot_required, t.containers_total,
          t.containers_running, t.containers_unhealthy, t.stacks_count
        FROM machines m
        JOIN machine_settings s ON s.machine_id = m.id
        LEFT JOIN machine_state t ON t.machine_id = m.id
        LEFT JOIN machine_os o ON o.machine_id = m.id
        WHERE (s.retired_at IS NULL OR CAST(?1 AS BIGINT) = 1)
        ORDER BY s.name
        """)

    /// The same of the machines with the numbers `?2` to `?3`, as they lie in their tables: names say nothing of that, and
    /// in their order each page is looked for, and read, many times over.
    static let part = Statement(
        "machines.part", list.sql.replacing("ORDER BY s.name", with: "AND m.id >= ?2 AND m.id <= ?3 ORDER BY m.id"))

    static let order = Statement("machines.order", "SELECT machine_id FROM machine_settings ORDER BY name")

    static let one = Statement(
        "machines.one",
        list.sql.replacing("WHERE (s.retired_at IS NULL OR CAST(?1 AS BIGINT) = 1)", with: "WHERE m.id = ?1"))

    // An operator's tag and an automatic one may be the same: `Extras` tells it once. (UNION would sort.)
    private static let tags = Statement(
        "machines.tags",
        """
        SELECT machine_id, tag FROM machine_tags WHERE machine_id >= ?1 AND machine_id <= ?2
        UNION ALL SELECT machine_id, tag FROM machine_automatic_tags WHERE machine_id >= ?1 AND machine_id <= ?2
        """)

    static let unknown = Statement(
        "machines.unknown",
        """
        SELECT machine_id, kind, pointer, unknown_since_at FROM machine_sections
        WHERE machine_id >= ?1 AND machine_id <= ?2 ORDER BY machine_id, kind, pointer
        """)

    static let all = [list, part, order, one, tags, unknown]

    /// Numbers of machines, all of them.
    static let anyMachine = Int64.min...Int64.max

    static func list(
        _ connection: any SQLConnection, filter: Filter, limit: Int, now: Timestamp, heardSince: Int64? = nil
    ) throws -> ListAnswer<MachineSummary> {
        var items: [MachineSummary] = []
        try each(connection, filter: filter, now: now, heardSince: heardSince) { _, machine in
            items.append(machine)
            return items.count <= limit
        }
        return ListAnswer(items: items, limit: limit)
    }

    static func one(
        _ connection: any SQLConnection, id: Int64, now: Timestamp, heardSince: Int64? = nil
    ) throws -> MachineSummary? {
        let hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        var extras = Extras()
        try extras.read(connection, of: id...id, failed: UnknownParts.failedKindsOfOne, id)
        return try connection.row(one, id).flatMap {
            MachineRow($0).summary(extras: extras, hearing: hearing, now: now)
        }
    }

    /// Machines in the order of their names; or those of a part, in the order of their numbers.
    ///
    /// - Parameter body: gets a machine's number and what is told of it; answers whether to go on.
    static func each(
        _ connection: any SQLConnection, part: ClosedRange<Int64>? = nil, filter: Filter, now: Timestamp,
        heardSince: Int64?, _ body: (Int64, MachineSummary) -> Bool
    ) throws {
        let hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        var extras = Extras()
        try extras.read(connection, of: part ?? anyMachine, failed: UnknownParts.failedKinds)
        let retired: SQLValue = .integer(filter.includesRetired ? 1 : 0)
        let values = part.map { [retired, .integer($0.lowerBound), .integer($0.upperBound)] } ?? [retired]
        try connection.each(part == nil ? list : self.part, values) { row in
            guard let id = row.integer(0),
                let machine = MachineRow(row).summary(extras: extras, hearing: hearing, now: now),
                filter.admits(machine)
            else {
                return true
            }
            return body(id, machine)
        }
    }

    /// What stands in tables of its own, by machine.
    struct Extras {
        private(set) var tags: [Int64: [String]] = [:]
        private(set) var unknown: [Int64: [UnknownSection]] = [:]

        mutating func read(
            _ connection: any SQLConnection, of machines: ClosedRange<Int64>, failed: Statement,
            _ values: any SQLBindable...
        ) throws {
            let range: [SQLValue] = [.integer(machines.lowerBound), .integer(machines.upperBound)]
            var found: [Int64: [String]] = [:]
            try connection.each(MachineQueries.tags, range) { row in
                if let machine = row.integer(0), let tag = row.text(1) {
                    // A machine has few.
                    if !found[machine, default: []].contains(tag) { found[machine, default: []].append(tag) }
                }
                return true
            }
            self.tags = found.mapValues { $0.count > 1 ? $0.sorted() : $0 }
            var sections: [Int64: [UnknownSection]] = [:]
            try connection.each(MachineQueries.unknown, range) { row in
                if let machine = row.integer(0), let kind = row.text(1), let pointer = row.text(2),
                    let since = row.integer(3)
                {
                    sections[machine, default: []].append(
                        UnknownSection(kind: kind, section: pointer, since: Timestamp(milliseconds: since)))
                }
                return true
            }
            try connection.each(failed, values) { row in
                if let machine = row.integer(0), let kind = row.text(1), let since = row.integer(2) {
                    sections[machine, default: []].append(
                        UnknownSection(kind: kind, section: "", since: Timestamp(milliseconds: since)))
                }
                return true
            }
            self.unknown = sections
        }
    }
}

extension MachineQueries.Filter {
    func admits(_ machine: MachineSummary) -> Bool {
        if let freshness, machine.freshness != freshness { return false }
        if isStale, machine.stale.isEmpty, machine.updates?.unknownSince == nil,
            machine.containers?.unknownSince == nil
        {
            return false
        }
        if let tag, !machine.tags.contains(tag) { return false }
        if let status, machine.status != status { return false }
        return true
    }
}
