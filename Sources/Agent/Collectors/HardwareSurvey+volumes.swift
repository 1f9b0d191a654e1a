import Contracts

extension HardwareSurvey {
    /// What is built from disks: md RAID, LVM, ZFS.
    mutating func volumes() {
        raidArrays()
        volumeGroups()
        zfsPools()
    }

    private mutating func raidArrays() {
        let path = "/proc/mdstat"
        guard let text = findings.text(host, path, unknown: "/raid_arrays", limit: 1 << 20) else { return }
        let parsed = MDArray.parse(text)
        findings.add(parsed.faults, in: path, unknown: "/raid_arrays")
        payload.raidArrays =
            parsed.value.sorted { $0.name < $1.name }.map { array in
                var result = HardwareV1.RAIDArray(name: array.name, state: array.state)
                result.level = array.level
                result.devicesTotal = array.devicesTotal
                result.devicesActive = array.devicesActive
                result.sizeBytes = array.sizeBytes
                result.members = array.members.nonEmpty
                return result
            }.nonEmpty
    }

    /// Volume groups as root saw them; else the active logical volumes as device-mapper shows them, because sizes of
    /// groups stand in metadata that is root's.
    private mutating func volumeGroups() {
        let active = activeVolumes()
        if let inspection, inspection.knows(.volumeGroups), let seen = inspection.volumeGroups {
            payload.volumeGroups = seen.nonEmpty
            return
        }
        payload.volumeGroups =
            active.sorted { $0.key < $1.key }.map { name, volumes in
                var group = HardwareV1.VolumeGroup(name: name)
                group.volumes = volumes.sorted { $0.name < $1.name }
                group.logicalVolumes = group.volumes?.map(\.name)
                return group
            }.nonEmpty
        for index in (payload.volumeGroups ?? []).indices {
            findings.unknown("/volume_groups/\(index)/size_bytes")
            findings.unknown("/volume_groups/\(index)/free_bytes")
        }
    }

    private func activeVolumes() -> [String: [HardwareV1.LogicalVolume]] {
        var groups: [String: [HardwareV1.LogicalVolume]] = [:]
        for name in host.names("/sys/block") where name.hasPrefix("dm-") {
            let path = "/sys/block/\(name)"
            guard let uuid = host.line(path + "/dm/uuid"), let label = host.line(path + "/dm/name"),
                let volume = DeviceMapperName(uuid: uuid, name: label)
            else { continue }
            let sectors = host.integer(path + "/size").flatMap { (1..<1 << 44).contains($0) ? $0 : nil }
            groups[volume.volumeGroup, default: []].append(
                HardwareV1.LogicalVolume(name: volume.logicalVolume, sizeBytes: sectors.map { $0 * 512 }))
        }
        return groups
    }

    /// Imported pools, each a directory of the kernel module's statistics; their sizes as root saw them. How full one is
    /// changes without end, and is no inventory.
    private mutating func zfsPools() {
        let path = "/proc/spl/kstat/zfs"
        guard let names = names(path, unknown: "/zfs_pools") else { return }
        var pools: [HardwareV1.ZFSPool] = []
        for name in names {
            guard let state = host.line("\(path)/\(name)/state") else { continue }
            var pool = HardwareV1.ZFSPool(name: name)
            pool.state = state
            pool.sizeBytes = inspection?.zfsPools?.first { $0.name == name }?.sizeBytes
            if pool.sizeBytes == nil { findings.unknown("/zfs_pools/\(pools.count)/size_bytes") }
            pools.append(pool)
        }
        payload.zfsPools = pools.nonEmpty
    }
}
