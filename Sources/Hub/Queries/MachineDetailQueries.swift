import Contracts
import HubAPI

/// `vigie machine show`: everything that is known of one machine now.
enum MachineDetailQueries {
    static let machine = Statement(
        "machine_detail.machine",
        """
        SELECT m.created_at, m.remote_address, m.clock_skew_ms, s.notes, t.booted_at, o.os_family, o.os_name,
          o.os_version, o.os_codename, o.kernel, o.architecture, o.virtualization, o.time_zone
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id
        LEFT JOIN machine_state t ON t.machine_id = m.id
        LEFT JOIN machine_os o ON o.machine_id = m.id
        WHERE m.id = ?1
        """)

    static let hardware = Statement(
        "machine_detail.hardware",
        """
        SELECT vendor, product, serial, chassis, firmware_vendor, firmware_version, firmware_date, cpu_model,
          cpu_sockets, cpu_cores, cpu_threads, memory_total_bytes,
          (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = h.machine_id AND u.kind = 'hardware' AND u.pointer IN ('', '/system'))
          AS unknown_since_at
        FROM machine_hardware h WHERE h.machine_id = ?1
        """)

    static let kinds = Statement(
        "machine_detail.kinds",
        """
        SELECT kind, collected_at, received_at, next_due_at, collection_status, last_error FROM machine_kinds
        WHERE machine_id = ?1 ORDER BY kind
        """)

    static let interfaces = Statement(
        "machine_detail.interfaces",
        "SELECT name, kind, mac, state, speed_mbps FROM machine_interfaces WHERE machine_id = ?1 ORDER BY name")

    static let addresses = Statement(
        "machine_detail.addresses",
        """
        SELECT interface, address, prefix_length FROM machine_addresses WHERE machine_id = ?1
        ORDER BY interface, family, address
        """)

    static let all = [machine, hardware, kinds, interfaces, addresses]

    static func show(
        _ connection: any SQLConnection, machine found: MachineLookup.Found, now: Timestamp
    ) throws -> MachineDetail? {
        guard let summary = try MachineQueries.one(connection, id: found.id, now: now),
            let row = try connection.row(machine, found.id), let created = row.time("created_at")
        else { return nil }
        var detail = MachineDetail(summary: summary, createdAt: created)
        detail.notes = row.text("notes")
        detail.bootedAt = row.time("booted_at")
        detail.remoteAddress = row.text("remote_address")
        detail.clockSkewMs = row["clock_skew_ms"].integer
        detail.os = operatingSystem(row)
        detail.hardware = try connection.row(hardware, found.id).map(hardware(_:))
        detail.kinds = try connection.rows(kinds, found.id).compactMap { kind($0, now: now) }
        detail.filesystems = try DiskQueries.list(
            connection, machine: found.id, usedPercentAtLeast: 0, limit: 1000
        ).items
        detail.disks = try DiskQueries.devices(connection, machine: found)
        detail.interfaces = try interfaces(connection, machine: found.id)
        detail.events = try EventQueries.list(
            connection, filter: EventQueries.Filter(machine: found.id), limit: 10
        ).items
        return detail
    }

    private static func operatingSystem(_ row: SQLRow) -> OSAnswer? {
        guard !row["kernel"].isNull || !row["os_name"].isNull else { return nil }
        var answer = OSAnswer()
        answer.family = row.text("os_family")
        answer.name = row.text("os_name")
        answer.version = row.text("os_version")
        answer.codename = row.text("os_codename")
        answer.kernel = row.text("kernel")
        answer.architecture = row.text("architecture")
        answer.virtualization = row.text("virtualization")
        answer.timeZone = row.text("time_zone")
        return answer
    }

    private static func hardware(_ row: SQLRow) -> HardwareAnswer {
        var answer = HardwareAnswer()
        answer.vendor = row.text("vendor")
        answer.product = row.text("product")
        answer.serial = row.text("serial")
        answer.chassis = row.text("chassis")
        answer.firmwareVendor = row.text("firmware_vendor")
        answer.firmwareVersion = row.text("firmware_version")
        answer.firmwareDate = row.text("firmware_date")
        answer.cpuModel = row.text("cpu_model")
        answer.cpuSockets = row.integer("cpu_sockets")
        answer.cpuCores = row.integer("cpu_cores")
        answer.cpuThreads = row.integer("cpu_threads")
        answer.memoryBytes = row.integer("memory_total_bytes")
        answer.unknownSince = row.time("unknown_since_at")
        return answer
    }

    private static func kind(_ row: SQLRow, now: Timestamp) -> KindFreshness? {
        guard let name = row.text("kind") else { return nil }
        var kind = KindFreshness(
            kind: name,
            freshness: FreshnessRule.kindFreshness(
                received: row["received_at"].integer, due: row["next_due_at"].integer, now: now.milliseconds))
        kind.collectedAt = row.time("collected_at")
        kind.receivedAt = row.time("received_at")
        kind.nextDueAt = row.time("next_due_at")
        kind.collectionStatus = row.text("collection_status")
        kind.lastError = row.text("last_error")
        return kind
    }

    private static func interfaces(_ connection: any SQLConnection, machine: Int64) throws -> [InterfaceAnswer] {
        var addresses: [String: [String]] = [:]
        for row in try connection.rows(Self.addresses, machine) {
            guard let interface = row.text("interface"), let address = row.text("address"),
                let length = row.integer("prefix_length")
            else { continue }
            addresses[interface, default: []].append("\(address)/\(length)")
        }
        return try connection.rows(interfaces, machine).compactMap { row in
            guard let name = row.text("name") else { return nil }
            var interface = InterfaceAnswer(name: name)
            interface.kind = row.text("kind")
            interface.mac = row.text("mac")
            interface.state = row.text("state")
            interface.speedMbps = row.integer("speed_mbps")
            interface.addresses = addresses[name] ?? []
            return interface
        }
    }
}
