import Contracts
import HubAPI

/// `vigie disks`: file systems, the fullest first, and the devices of one machine.
enum DiskQueries {
    private static let columns = """
        SELECT s.name AS machine, f.mount_point, f.device, f.type, f.total_bytes, f.used_bytes, f.available_bytes,
          f.used_percent, f.inodes_used_percent, f.read_only, f.at,
          (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = f.machine_id AND u.kind = 'metrics' AND u.pointer IN ('', '/filesystems'))
          AS unknown_since_at
        FROM machine_filesystems f JOIN machine_settings s ON s.machine_id = f.machine_id

        """

    static let fleet = Statement(
        "disks.fleet",
        columns + """
            WHERE coalesce(f.used_percent, 0) >= ?1 AND s.retired_at IS NULL
            ORDER BY coalesce(f.used_percent, 0) DESC, s.name, f.mount_point LIMIT ?2
            """)

    static let machine = Statement(
        "disks.machine",
        columns + """
            WHERE f.machine_id = ?3 AND coalesce(f.used_percent, 0) >= ?1
            ORDER BY f.mount_point LIMIT ?2
            """)

    static let devices = Statement(
        "disks.devices",
        """
        SELECT d.name, d.model, d.serial, d.size_bytes, d.rotational, d.transport, d.smart_passed,
          (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = d.machine_id AND u.kind = 'hardware' AND u.pointer IN ('', '/disks'))
          AS unknown_since_at
        FROM machine_disks d WHERE d.machine_id = ?1 ORDER BY d.name
        """)

    static let all = [fleet, machine, devices]

    static func list(
        _ connection: any SQLConnection, machine: Int64?, usedPercentAtLeast: Double, limit: Int
    ) throws -> ListAnswer<FilesystemAnswer> {
        let rows =
            if let machine {
                try connection.rows(Self.machine, usedPercentAtLeast, limit + 1, machine)
            } else {
                try connection.rows(fleet, usedPercentAtLeast, limit + 1)
            }
        return ListAnswer(items: rows.compactMap(filesystem), limit: limit)
    }

    static func devices(_ connection: any SQLConnection, machine: MachineLookup.Found) throws -> [DiskAnswer] {
        try connection.rows(devices, machine.id).compactMap { row in
            guard let name = row.text("name") else { return nil }
            var disk = DiskAnswer(machine: machine.name, name: name)
            disk.model = row.text("model")
            disk.serial = row.text("serial")
            disk.sizeBytes = row.integer("size_bytes")
            disk.rotational = row.flag("rotational")
            disk.transport = row.text("transport")
            disk.smartPassed = row.flag("smart_passed")
            disk.unknownSince = row.time("unknown_since_at")
            return disk
        }
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
