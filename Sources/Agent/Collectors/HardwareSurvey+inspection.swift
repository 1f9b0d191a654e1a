import Contracts

extension HardwareSurvey {
    /// Reads the root oneshot's file. What may be used of it fills what this user may not read; a file that is of no use
    /// says why, and one that is not there leaves things unknown.
    func inspect() -> (Inspection?, Problem?) {
        switch InspectionFile.read(host) {
        case .absent: (nil, nil)
        case .usable(let inspection, _): (inspection, nil)
        case .unusable(let problem): (nil, problem)
        }
    }

    /// SMART of the disks that have it.
    mutating func health() {
        guard var disks = payload.disks else { return }
        for index in disks.indices where Self.hasHealth(disks[index].transport) {
            let known = inspection?.disks?.first { $0.name == disks[index].name }
            // Renamed since the inspection: another disk's health is worse than none.
            let isSame = known.map { $0.serial == nil || $0.serial == serial(disks[index].name) } ?? false
            if let known, isSame, !known.isUnknown {
                disks[index].smart = known.smart
            } else if known != nil || disks[index].transport != "usb" {
                // Most of what is attached by USB has none.
                findings.unknown("/disks/\(index)/smart")
            }
        }
        payload.disks = disks
    }

    private func serial(_ disk: String) -> String? { BlockDevice.serial(host, "/sys/block/\(disk)") }

    /// Transports of real devices; virtual disks have no health of their own.
    private static func hasHealth(_ transport: String?) -> Bool {
        ["nvme", "sata", "sas", "scsi", "usb"].contains(transport)
    }

    /// What moves without a change of state: outside of the digest.
    var volatile: JSONValue? {
        var members: [JSONObject.Member] = []
        let temperatures = (inspection?.disks ?? []).compactMap { disk in
            disk.celsius.map { Self.object([("disk", .string(disk.name)), ("celsius", .integer(Int64($0)))]) }
        }
        let pools = (inspection?.zfsPools ?? []).compactMap { pool in
            pool.freeBytes.map { Self.object([("name", .string(pool.name)), ("free_bytes", .integer(Int64($0)))]) }
        }
        if !temperatures.isEmpty { members.append(.init("smart_temperatures", .array(temperatures))) }
        if !pools.isEmpty { members.append(.init("zfs_pools", .array(pools))) }
        if !neighborAges.isEmpty { members.append(.init("neighbors", .array(neighborAges))) }
        return members.isEmpty ? nil : .object(JSONObject(members))
    }

    static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(JSONObject(members.map { .init($0.0, $0.1) }))
    }
}
