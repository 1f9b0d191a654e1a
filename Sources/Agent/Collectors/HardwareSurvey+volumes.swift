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

    /// Active logical volumes as device-mapper shows them; sizes of groups stand in metadata that is root's.
    private mutating func volumeGroups() {
        var groups: [String: [String]] = [:]
        for name in host.names("/sys/block") where name.hasPrefix("dm-") {
            guard let uuid = host.line("/sys/block/\(name)/dm/uuid"),
                let label = host.line("/sys/block/\(name)/dm/name"),
                let volume = DeviceMapperName(uuid: uuid, name: label)
            else { continue }
            groups[volume.volumeGroup, default: []].append(volume.logicalVolume)
        }
        payload.volumeGroups =
            groups.sorted { $0.key < $1.key }.map { name, volumes in
                var group = HardwareV1.VolumeGroup(name: name)
                group.logicalVolumes = volumes.sorted()
                return group
            }.nonEmpty
    }

    /// Imported pools, each a directory of the kernel module's statistics. How full one is changes without end, and is
    /// no inventory.
    private mutating func zfsPools() {
        let path = "/proc/spl/kstat/zfs"
        guard let names = names(path, unknown: "/zfs_pools") else { return }
        var pools: [HardwareV1.ZFSPool] = []
        for name in names {
            guard let state = host.line("\(path)/\(name)/state") else { continue }
            var pool = HardwareV1.ZFSPool(name: name)
            pool.state = state
            pools.append(pool)
        }
        payload.zfsPools = pools.nonEmpty
    }
}
