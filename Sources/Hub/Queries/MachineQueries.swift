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

    // The order of the columns is `MachineRow.Position`'s: reading 10,000 rows by name would cost more than the query.
    static let list = Statement(
        "machines.list",
        """
        SELECT m.id, s.name, m.machine_uuid, m.created_at, t.last_seen_at, t.next_due_at, s.retired_at,
          m.agent_version, coalesce(o.hostname, m.hostname), o.os_name, o.os_version, o.os_codename, o.machine_kind,
          m.clone_suspected_at, t.hardware_at, t.hardware_due_at, t.metrics_at, t.metrics_due_at,
          t.apt_at, t.apt_due_at, t.docker_at, t.docker_due_at,
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

    // Each table has its tags in this order: SQLite walks through both beside each other, and sorts nothing.
    private static let tags = Statement(
        "machines.tags",
        """
        SELECT machine_id, tag FROM machine_tags WHERE machine_id >= ?1 AND machine_id <= ?2
        UNION SELECT machine_id, tag FROM machine_automatic_tags WHERE machine_id >= ?1 AND machine_id <= ?2
        ORDER BY machine_id, tag
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
        try each(connection, filter: filter, now: now, heardSince: heardSince) { machine, status, findings in
            items.append(try summary(machine, status, findings))
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
        var findings: [MachineHealth.Finding] = []
        return try connection.row(one, id)?.read { row in
            guard let machine = MachineRow(row, extras: extras, hearing: hearing) else { return nil }
            return try summary(machine, machine.health(into: &findings), findings)
        }
    }

    /// What the row's JSON says: there is one way from a row to an answer.
    private static func summary(
        _ machine: MachineRow, _ status: HealthStatus, _ findings: [MachineHealth.Finding]
    ) throws -> MachineSummary {
        var writer = JSONWriter(capacity: 2048)
        machine.write(status, findings, to: &writer)
        let document = try StrictJSON.read(writer.finish().bytes)
        return try JSONTreeDecoder.decode(MachineSummary.self, from: document.root)
    }

    /// Machines in the order of their names; or those of a part, in the order of their numbers.
    ///
    /// - Parameter body: gets a machine, and how it is; answers whether to go on.
    static func each(
        _ connection: any SQLConnection, part: ClosedRange<Int64>? = nil, filter: Filter, now: Timestamp,
        heardSince: Int64?, _ body: (MachineRow, HealthStatus, [MachineHealth.Finding]) throws -> Bool
    ) throws {
        let hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        var extras = Extras()
        try extras.read(connection, of: part ?? anyMachine, failed: UnknownParts.failedKinds)
        let retired: SQLValue = .integer(filter.includesRetired ? 1 : 0)
        let values = part.map { [retired, .integer($0.lowerBound), .integer($0.upperBound)] } ?? [retired]
        var findings: [MachineHealth.Finding] = []
        try connection.each(part == nil ? list : self.part, values) { row in
            guard let machine = MachineRow(row, extras: extras, hearing: hearing) else { return true }
            let status = machine.health(into: &findings)
            return filter.admits(machine, status) ? try body(machine, status, findings) : true
        }
    }

    /// What stands in tables of its own, by machine.
    struct Extras {
        struct Tag {
            let machine: Int64
            let text: String
        }

        /// In the order of machines, and a machine's in their own. An operator's tag and an automatic one may be the same:
        /// it is here once.
        private var tags: [Tag] = []
        private var unknown: [Int64: [UnknownSection]] = [:]

        func tags(of machine: Int64) -> ArraySlice<Tag> {
            let first = tags.firstPlace { $0.machine >= machine }
            return tags[first...].prefix { $0.machine == machine }
        }

        func unknown(of machine: Int64) -> [UnknownSection] { unknown.isEmpty ? [] : unknown[machine] ?? [] }

        mutating func read(
            _ connection: any SQLConnection, of machines: ClosedRange<Int64>, failed: Statement,
            _ values: any SQLBindable...
        ) throws {
            let range: [SQLValue] = [.integer(machines.lowerBound), .integer(machines.upperBound)]
            try connection.each(MachineQueries.tags, range) { row in
                if let machine = row.integer(0), let tag = row.text(1) { tags.append(Tag(machine: machine, text: tag)) }
                return true
            }
            func read(_ row: SQLRowReader, section: String?, since: Int64?) {
                guard let machine = row.integer(0), let kind = row.text(1), let section, let since else { return }
                unknown[machine, default: []].append(
                    UnknownSection(kind: kind, section: section, since: Timestamp(milliseconds: since)))
            }
            try connection.each(MachineQueries.unknown, range) { row in
                read(row, section: row.text(2), since: row.integer(3))
                return true
            }
            try connection.each(failed, values) { row in
                read(row, section: "", since: row.integer(2))
                return true
            }
        }
    }
}

extension MachineQueries.Filter {
    func admits(_ machine: MachineRow, _ health: HealthStatus) -> Bool {
        if let freshness, machine.freshness != freshness { return false }
        if isStale, !machine.isStale { return false }
        if let tag, !machine.tags.contains(where: { $0.text == tag }) { return false }
        if let status, health != status { return false }
        return true
    }
}

extension Array {
    /// The first place of which the condition holds, `endIndex` if there is none. It holds from there on.
    func firstPlace(where holds: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
