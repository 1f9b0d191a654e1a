import Contracts
import HubAPI

/// `vigie disks`: file systems, the fullest first, and the devices below them.
enum DiskQueries {
    private static let columns = """
        SELECT s.name AS machine, f.mount_point, f.device, f.type, f.total_bytes, f.used_bytes, f.available_bytes,
          f.used_percent, f.inodes_used_percent, f.read_only, f.at,
          \(UnknownParts.column(.metrics, "/filesystems", of: "f"))
        FROM machine_settings s CROSS JOIN machine_filesystems f
        WHERE f.machine_id = s.machine_id AND \(MachineSelection.condition) AND coalesce(f.used_percent, 0) >= ?4

        """

    /// Only the lists of so many machines as there are rows are taken apart: whoever's fullest file system comes after
    /// those of so many others has none in the answer.
    static let fleet = Statement(
        "disks.fleet",
        columns + """
            AND s.machine_id IN (
              SELECT t.machine_id FROM machine_settings s CROSS JOIN machine_state t
              WHERE t.machine_id = s.machine_id AND \(MachineSelection.condition) AND t.filesystems_json IS NOT NULL
                AND coalesce(t.filesystems_used_percent_max, 0) >= ?4
              ORDER BY coalesce(t.filesystems_used_percent_max, 0) DESC, s.name LIMIT ?5)
            ORDER BY coalesce(f.used_percent, 0) DESC, s.name, f.mount_point LIMIT ?5
            """)

    static let machine = Statement("disks.machine", columns + "ORDER BY f.mount_point LIMIT ?5")

    static let devices = Statement(
        "disks.devices",
        """
        SELECT s.name AS machine, d.name, d.model, d.serial, d.wwn, d.firmware, d.size_bytes, d.rotational,
          d.removable, d.transport, d.partitions_json, d.mount_points_json, d.smart_passed, d.smart_power_on_hours,
          d.smart_reallocated_sectors, d.smart_percentage_used, d.smart_critical_warning,
          \(UnknownParts.column(.hardware, "/disks", of: "d"))
        FROM machine_settings s CROSS JOIN machine_disks d
        WHERE d.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS BIGINT) = 0 OR d.smart_passed = 0 OR coalesce(d.smart_critical_warning, 0) <> 0
            OR d.smart_percentage_used >= ?5)
        ORDER BY s.name, d.name LIMIT ?6
        """)

    static let all = [fleet, machine, devices]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, usedPercentAtLeast: Double, limit: Int
    ) throws -> ListAnswer<FilesystemAnswer> {
        let rows = try connection.rows(
            selection.machine == nil ? fleet : machine, selection.values + [usedPercentAtLeast, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(filesystem), limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .metrics, "/filesystems", what: "file systems", of: selection)
        return answer
    }

    /// - Parameter onlyUnhealthy: those that fail or are worn, as `HardwareWarnings` has it.
    static func devices(
        _ connection: any SQLConnection, _ selection: MachineSelection, onlyUnhealthy: Bool = false, limit: Int
    ) throws -> ListAnswer<DiskAnswer> {
        let rows = try connection.rows(
            devices, selection.values + [onlyUnhealthy ? 1 : 0, Thresholds.wearWarning, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(device), limit: limit)
        answer.notices = try UnknownParts.notices(connection, .hardware, "/disks", what: "disks", of: selection)
        return answer
    }

    private static func device(_ row: SQLRow) -> DiskAnswer? {
        guard let machine = row.text("machine"), let name = row.text("name") else { return nil }
        var disk = DiskAnswer(machine: machine, name: name)
        disk.model = row.text("model")
        disk.serial = row.text("serial")
        disk.wwn = row.text("wwn")
        disk.firmware = row.text("firmware")
        disk.sizeBytes = row.integer("size_bytes")
        disk.rotational = row.flag("rotational")
        disk.removable = row.flag("removable")
        disk.transport = row.text("transport")
        disk.smartPassed = row.flag("smart_passed")
        disk.smartPowerOnHours = row.integer("smart_power_on_hours")
        disk.smartReallocatedSectors = row.integer("smart_reallocated_sectors")
        disk.smartPercentageUsed = row.integer("smart_percentage_used")
        disk.smartCriticalWarning = row.integer("smart_critical_warning")
        disk.health = health(disk)
        let partitions = row.document("partitions_json", as: [HardwareV1.Partition].self) ?? []
        let points = (row.texts("mount_points_json") ?? []) + partitions.flatMap { $0.mountPoints ?? [] }
        disk.mountPoints = points.isEmpty ? nil : points
        disk.unknownSince = row.time("unknown_since_at")
        return disk
    }

    /// Nil where SMART tells nothing: not "ok".
    private static func health(_ disk: DiskAnswer) -> String? {
        guard disk.smartPassed != nil || disk.smartPercentageUsed != nil || disk.smartCriticalWarning != nil else {
            return nil
        }
        var device = HardwareV1.Disk(name: disk.name, sizeBytes: 0)
        var smart = HardwareV1.SMART()
        smart.passed = disk.smartPassed
        smart.percentageUsed = disk.smartPercentageUsed
        smart.criticalWarning = disk.smartCriticalWarning
        device.smart = smart
        return HardwareWarnings.severity(of: device).rawValue
    }

    private static func filesystem(_ row: SQLRow) -> FilesystemAnswer? {
        guard let machine = row.text("machine"), let point = row.text("mount_point") else { return nil }
        var filesystem = FilesystemAnswer(machine: machine, mountPoint: point)
        filesystem.device = row.text("device")
        filesystem.type = row.text("type")
        filesystem.totalBytes = row.integer("total_bytes")
        filesystem.usedBytes = row.integer("used_bytes")
        filesystem.availableBytes = row.integer("available_bytes")
        filesystem.usedPercent = row.real("used_percent")
        filesystem.inodesUsedPercent = row.real("inodes_used_percent")
        filesystem.readOnly = row.flag("read_only")
        filesystem.collectedAt = row.time("at")
        filesystem.unknownSince = row.time("unknown_since_at")
        return filesystem
    }
}
