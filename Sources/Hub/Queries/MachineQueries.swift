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

    static let all = [list, part, order, one, UnreadSections.sections] + MachineTags.statements

    static func list(
        _ connection: any SQLConnection, filter: Filter, limit: Int, now: Timestamp, heardSince: Int64? = nil
    ) throws -> ListAnswer<MachineSummary> {
        var items: [MachineSummary] = []
        let listing = try MachineListing(connection, filter: filter, now: now, heardSince: heardSince)
        try listing.each { machine, status, findings in
            items.append(try summary(machine, status, findings))
            return items.count <= limit
        }
        return ListAnswer(items: items, limit: limit)
    }

    static func one(
        _ connection: any SQLConnection, id: Int64, now: Timestamp, heardSince: Int64? = nil
    ) throws -> MachineSummary? {
        let hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        let tags = try MachineTags(connection, of: id...id)
        let unknown = try UnreadSections(
            connection, of: id...id, failed: UnreadSections.failedKinds(connection, of: id))
        var findings: [MachineHealth.Finding] = []
        return try withExtendedLifetime(tags) {
            try connection.row(one, id)?.read { row in
                guard let machine = MachineRow(row, tags: tags, unknown: unknown, hearing: hearing) else { return nil }
                return try summary(machine, machine.health(into: &findings), findings)
            }
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
}

extension MachineQueries.Filter {
    func admits(_ machine: MachineRow, _ health: HealthStatus) -> Bool {
        guard machine.isWanted else { return false }
        if let freshness, machine.freshness != freshness { return false }
        if isStale, !machine.isStale { return false }
        if let status, health != status { return false }
        return true
    }
}
