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
        SELECT m.id, s.name, m.machine_uuid, m.created_at, m.last_seen_at, m.next_due_at, s.retired_at,
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

    static let one = Statement(
        "machines.one", list.sql.replacing("WHERE (s.retired_at IS NULL OR CAST(?1 AS BIGINT) = 1)", with: "WHERE m.id = ?1"))

    static let tags = Statement(
        "machines.tags",
        """
        SELECT machine_id, tag FROM machine_tags
        UNION SELECT machine_id, tag FROM machine_automatic_tags ORDER BY 1, 2
        """)

    static let tagsOfOne = Statement(
        "machines.tags_of_one",
        """
        SELECT machine_id, tag FROM machine_tags WHERE machine_id = ?1
        UNION SELECT machine_id, tag FROM machine_automatic_tags WHERE machine_id = ?1 ORDER BY 1, 2
        """)

    static let unknown = Statement(
        "machines.unknown",
        "SELECT machine_id, kind, pointer, unknown_since_at FROM machine_sections ORDER BY machine_id, kind, pointer")

    static let unknownOfOne = Statement(
        "machines.unknown_of_one",
        """
        SELECT machine_id, kind, pointer, unknown_since_at FROM machine_sections WHERE machine_id = ?1
        ORDER BY machine_id, kind, pointer
        """)

    static let all = [list, one, tags, tagsOfOne, unknown, unknownOfOne]

    static func list(
        _ connection: any SQLConnection, filter: Filter, limit: Int, now: Timestamp
    ) throws -> ListAnswer<MachineSummary> {
        let rows = try connection.rows(list, filter.includesRetired ? 1 : 0)
        let extras = try Extras(
            tags: connection.rows(tags), unknown: connection.rows(unknown))
        var items: [MachineSummary] = []
        items.reserveCapacity(min(rows.count, limit + 1))
        for row in rows {
            guard let machine = MachineRow(row).summary(extras: extras, now: now), filter.admits(machine) else {
                continue
            }
            items.append(machine)
            if items.count > limit { break }
        }
        return ListAnswer(items: items, limit: limit)
    }

    static func one(_ connection: any SQLConnection, id: Int64, now: Timestamp) throws -> MachineSummary? {
        let extras = try Extras(
            tags: connection.rows(tagsOfOne, id), unknown: connection.rows(unknownOfOne, id))
        return try connection.row(one, id).flatMap { MachineRow($0).summary(extras: extras, now: now) }
    }

    /// What stands in tables of its own, by machine.
    struct Extras {
        var tags: [Int64: [String]] = [:]
        var unknown: [Int64: [UnknownSection]] = [:]

        init(tags rows: [SQLRow], unknown sections: [SQLRow]) {
            for row in rows {
                guard let machine = row[0].integer, let tag = row[1].text else { continue }
                tags[machine, default: []].append(tag)
            }
            for row in sections {
                guard let machine = row[0].integer, let kind = row[1].text, let pointer = row[2].text,
                    let since = row[3].integer
                else { continue }
                unknown[machine, default: []].append(
                    UnknownSection(kind: kind, section: pointer, since: Timestamp(milliseconds: since)))
            }
        }
    }
}

extension MachineQueries.Filter {
    func admits(_ machine: MachineSummary) -> Bool {
        if let freshness, machine.freshness != freshness { return false }
        if isStale, machine.stale.isEmpty, machine.unknown.isEmpty { return false }
        if let tag, !machine.tags.contains(tag) { return false }
        if let status, machine.status != status { return false }
        return true
    }
}
