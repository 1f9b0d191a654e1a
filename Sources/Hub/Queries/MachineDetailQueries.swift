import Contracts
import HubAPI

/// `vigie machine show`: everything that is known of one machine now.
enum MachineDetailQueries {
    static let machine = Statement(
        "machine_detail.machine",
        """
        SELECT m.created_at, t.remote_address, t.clock_skew_ms, s.notes, t.booted_at, o.os_family, o.os_name,
          o.os_version, o.os_codename, o.kernel, o.architecture, o.virtualization, o.time_zone
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id
        LEFT JOIN machine_state t ON t.machine_id = m.id
        LEFT JOIN machine_os o ON o.machine_id = m.id
        WHERE m.id = ?1
        """)

    static let hardware = Statement(
        "machine_detail.hardware",
        """
        SELECT vendor, product, product_version, serial, chassis, board_vendor, board_name, firmware_vendor,
          firmware_version, firmware_date, uefi, secure_boot, tpm_version, cpu_model, cpu_vendor, cpu_sockets,
          cpu_cores, cpu_threads, cpu_threads_per_core, cpu_mhz_min, cpu_mhz_max, cpu_microcode,
          cpu_vulnerabilities_json, memory_total_bytes, dimms_json, gpus_json, power_supplies_json, bmc_present,
          bmc_address, bmc_firmware, \(UnknownParts.column(.hardware, "/system", of: "h"))
        FROM machine_hardware h WHERE h.machine_id = ?1
        """)

    static let kinds = Statement(
        "machine_detail.kinds",
        """
        SELECT kind, collected_at, received_at, next_due_at, collection_status, last_error FROM machine_kinds
        WHERE machine_id = ?1 ORDER BY kind
        """)

    static let all = [machine, hardware, kinds]

    static func show(
        _ connection: any SQLConnection, machine found: MachineLookup.Found, now: Timestamp, heardSince: Int64? = nil
    ) throws -> MachineDetail? {
        let hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        guard let summary = try MachineQueries.one(connection, id: found.id, now: now, heardSince: heardSince),
            let row = try connection.row(machine, found.id), let created = row.time("created_at")
        else { return nil }
        var detail = MachineDetail(summary: summary, createdAt: created)
        detail.notes = row.text("notes")
        detail.bootedAt = row.time("booted_at")
        detail.remoteAddress = row.text("remote_address")
        detail.clockSkewMs = row["clock_skew_ms"].integer
        detail.os = operatingSystem(row)
        detail.hardware = try connection.row(hardware, found.id).map(hardware(_:))
        detail.kinds = try connection.rows(kinds, found.id).compactMap { kind($0, hearing) }
        let selection = MachineSelection(found)
        detail.filesystems = try DiskQueries.list(connection, selection, usedPercentAtLeast: 0, limit: 1000).items
        detail.disks = try DiskQueries.devices(connection, selection, limit: 1000).items
        detail.storagePools = try StorageQueries.list(connection, selection, limit: 1000).items
        detail.interfaces = try InterfaceQueries.list(connection, selection, limit: 1000).items
        detail.hostKeys = try HostKeyQueries.list(connection, selection, limit: 100).items
        detail.events = try EventQueries.list(connection, selection, filter: .init(), limit: 10).items
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
        answer.productVersion = row.text("product_version")
        answer.serial = row.text("serial")
        answer.chassis = row.text("chassis")
        answer.boardVendor = row.text("board_vendor")
        answer.boardName = row.text("board_name")
        answer.firmwareVendor = row.text("firmware_vendor")
        answer.firmwareVersion = row.text("firmware_version")
        answer.firmwareDate = row.text("firmware_date")
        answer.uefi = row.flag("uefi")
        answer.secureBoot = row.flag("secure_boot")
        answer.tpmVersion = row.text("tpm_version")
        answer.cpuModel = row.text("cpu_model")
        answer.cpuVendor = row.text("cpu_vendor")
        answer.cpuSockets = row.integer("cpu_sockets")
        answer.cpuCores = row.integer("cpu_cores")
        answer.cpuThreads = row.integer("cpu_threads")
        answer.cpuThreadsPerCore = row.integer("cpu_threads_per_core")
        answer.cpuMHzMin = row.real("cpu_mhz_min")
        answer.cpuMHzMax = row.real("cpu_mhz_max")
        answer.cpuMicrocode = row.text("cpu_microcode")
        answer.cpuVulnerabilities = row.document("cpu_vulnerabilities_json")
        answer.memoryBytes = row.integer("memory_total_bytes")
        answer.dimms = row.document("dimms_json")
        answer.gpus = row.document("gpus_json")
        answer.powerSupplies = row.document("power_supplies_json")
        if row.flag("bmc_present") == true {
            var controller = HardwareV1.BMC()
            controller.address = row.text("bmc_address")
            controller.firmware = row.text("bmc_firmware")
            answer.bmc = controller
        }
        answer.unknownSince = row.time("unknown_since_at")
        return answer
    }

    private static func kind(_ row: SQLRow, _ hearing: Hearing) -> KindFreshness? {
        guard let name = row.text("kind") else { return nil }
        var kind = KindFreshness(
            kind: name,
            freshness: hearing.kindFreshness(
                received: row["received_at"].integer, due: row["next_due_at"].integer))
        kind.collectedAt = row.time("collected_at")
        kind.receivedAt = row.time("received_at")
        kind.nextDueAt = row.time("next_due_at")
        kind.collectionStatus = row.text("collection_status")
        kind.lastError = row.text("last_error")
        return kind
    }
}
