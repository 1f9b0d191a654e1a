import Contracts

/// What a hardware snapshot shows that an operator should know.
enum HardwareWarnings {
    static func of(_ payload: HardwareV1) -> [StateWarning] {
        var warnings: [StateWarning] = []
        for array in payload.raidArrays ?? [] where severity(of: array) > .ok {
            warnings.append(
                StateWarning(
                    code: "raid_degraded", severity: severity(of: array), subject: array.name,
                    message: "RAID \(array.name) is \(array.state)", section: "/raid_arrays"))
        }
        for pool in payload.zfsPools ?? [] {
            guard let state = pool.state, severity(ofPool: state) > .ok else { continue }
            warnings.append(
                StateWarning(
                    code: "zfs_degraded", severity: severity(ofPool: state), subject: pool.name,
                    message: "ZFS pool \(pool.name) is \(state)", section: "/zfs_pools"))
        }
        for disk in payload.disks ?? [] where severity(of: disk) > .ok {
            let isFailing = severity(of: disk) == .critical
            warnings.append(
                StateWarning(
                    code: isFailing ? "disk_failing" : "disk_worn", severity: severity(of: disk), subject: disk.name,
                    message: isFailing
                        ? "disk \(disk.name) reports that it is failing"
                        : "disk \(disk.name) has used \(disk.smart?.percentageUsed ?? 0) % of its life",
                    // What SMART says may become unknown by itself: then what it said last still holds.
                    section: "/disks/\(Violation.step(disk.name))/smart"))
        }
        return warnings
    }

    static func severity(of array: HardwareV1.RAIDArray) -> Severity {
        switch array.state {
        case "degraded", "inactive": .critical
        case "recovering", "resyncing":
            // A rebuild of a full array is a scrub; of one with a member less it still has no redundancy.
            (array.devicesActive ?? 0) < (array.devicesTotal ?? 0) ? .critical : .warning
        default: .ok
        }
    }

    /// Of a ZFS pool, by zpool(8)'s word for its state.
    static func severity(ofPool state: String) -> Severity { state == "ONLINE" ? .ok : .critical }

    static func severity(of disk: HardwareV1.Disk) -> Severity {
        guard let smart = disk.smart else { return .ok }
        if smart.passed == false || (smart.criticalWarning ?? 0) != 0 { return .critical }
        return (smart.percentageUsed ?? 0) >= Thresholds.wearWarning ? .warning : .ok
    }
}
