import Contracts
import HubAPI

/// `vigie disks --pools`: RAID arrays, volume groups and ZFS pools.
enum StorageQueries {
    static let list = Statement(
        "storage.list",
        """
        SELECT s.name AS machine, h.raid_arrays_json, h.volume_groups_json, h.zfs_pools_json,
          (SELECT min(u.unknown_since_at) FROM machine_sections u WHERE u.machine_id = h.machine_id
           AND u.kind = 'hardware' AND u.pointer IN ('', '/raid_arrays', '/volume_groups', '/zfs_pools'))
          AS unknown_since_at
        FROM machine_settings s CROSS JOIN machine_hardware h
        WHERE h.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (h.raid_arrays_json IS NOT NULL OR h.volume_groups_json IS NOT NULL OR h.zfs_pools_json IS NOT NULL)
        ORDER BY s.name LIMIT ?4
        """)

    static let all = [list]

    /// - Parameter onlyUnhealthy: those that are not well.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, onlyUnhealthy: Bool = false, limit: Int
    ) throws -> ListAnswer<StoragePoolAnswer> {
        var items: [StoragePoolAnswer] = []
        // Each row has at least one.
        for row in try connection.rows(list, selection.values + [onlyUnhealthy ? Int.max : limit + 1]) {
            items += pools(row).filter { !onlyUnhealthy || $0.health == "warning" || $0.health == "critical" }
            if items.count > limit { break }
        }
        var answer = ListAnswer(items: items, limit: limit)
        let notices = try [
            ("/raid_arrays", "RAID arrays"), ("/volume_groups", "volume groups"), ("/zfs_pools", "ZFS pools"),
        ].flatMap { section, what in
            try UnknownParts.notices(connection, .hardware, section, what: what, of: selection) ?? []
        }
        answer.notices = notices.isEmpty ? nil : notices
        return answer
    }

    private static func pools(_ row: SQLRow) -> [StoragePoolAnswer] {
        guard let machine = row.text("machine") else { return [] }
        let arrays = (row.document("raid_arrays_json", as: [HardwareV1.RAIDArray].self) ?? []).map { array in
            var pool = StoragePoolAnswer(machine: machine, kind: "raid", name: array.name)
            pool.level = array.level
            pool.state = array.state
            pool.health = HardwareWarnings.severity(of: array).rawValue
            pool.sizeBytes = array.sizeBytes
            pool.devicesTotal = array.devicesTotal
            pool.devicesActive = array.devicesActive
            pool.members = array.members
            return pool
        }
        let groups = (row.document("volume_groups_json", as: [HardwareV1.VolumeGroup].self) ?? []).map { group in
            var pool = StoragePoolAnswer(machine: machine, kind: "lvm", name: group.name)
            pool.sizeBytes = group.sizeBytes
            pool.freeBytes = group.freeBytes
            pool.members = group.logicalVolumes
            return pool
        }
        let pools = (row.document("zfs_pools_json", as: [HardwareV1.ZFSPool].self) ?? []).map { zfs in
            var pool = StoragePoolAnswer(machine: machine, kind: "zfs", name: zfs.name)
            pool.state = zfs.state
            pool.health = zfs.state.map { HardwareWarnings.severity(ofPool: $0).rawValue }
            pool.sizeBytes = zfs.sizeBytes
            pool.freeBytes = zfs.freeBytes
            return pool
        }
        let since = row.time("unknown_since_at")
        return (arrays + groups + pools).map { pool in
            var pool = pool
            pool.unknownSince = since
            return pool
        }
    }
}
