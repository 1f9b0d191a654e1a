import Contracts

/// What the root oneshot found out: all that only root may read, in the contract's own types.
///
/// A file between two runs of one program on one machine, not on the wire. A new field is optional; whatever an older
/// agent would misread makes the next `format`.
struct Inspection: Codable, Equatable, Sendable {
    static let currentFormat = 1

    var format = Self.currentFormat
    var inspectedAt: Timestamp
    /// Since the boot, time asleep included (`/proc/uptime`): its age does not depend on a clock that is set.
    var uptimeSeconds: Double
    /// Serial number or service tag of the system; absent where serial numbers are switched off.
    var serial: String?
    var dimms: [HardwareV1.DIMM]?
    var disks: [DiskHealth]?
    var bmcAddress: String?
    var volumeGroups: [HardwareV1.VolumeGroup]?
    var zfsPools: [HardwareV1.ZFSPool]?
    /// Empty where no process runs deleted files.
    var servicesToRestart: [APTV1.ServiceToRestart]?
    /// Sections that exist and that root could not read either; words of `Section`.
    var unknown: [String] = []
    /// Why, and what to do about it.
    var problems: [Problem] = []

    enum Section: String, Sendable, CaseIterable {
        case serial
        case dimms
        case bmc
        case volumeGroups = "volume_groups"
        case zfsPools = "zfs_pools"
        case services = "services_to_restart"
    }

    /// What one disk says of its health.
    struct DiskHealth: Codable, Equatable, Sendable {
        /// The kernel's name.
        var name: String
        /// Tells whether the name is still that disk's.
        var serial: String?
        var smart: HardwareV1.SMART?
        /// Degrees now; absent for a disk that sleeps.
        var celsius: Int?
        /// `read`, `asleep` (what is told is of when it was awake), `unsupported`, `failed`.
        var outcome: String

        /// It has SMART, and nothing could be read of it.
        var isUnknown: Bool { smart == nil && outcome != "unsupported" }
    }

    enum CodingKeys: String, CodingKey {
        case format
        case inspectedAt = "inspected_at"
        case uptimeSeconds = "uptime_seconds"
        case serial, dimms, disks
        case bmcAddress = "bmc_address"
        case volumeGroups = "volume_groups"
        case zfsPools = "zfs_pools"
        case servicesToRestart = "services_to_restart"
        case unknown, problems
    }

    func knows(_ section: Section) -> Bool { !unknown.contains(section.rawValue) }

    mutating func fail(_ section: Section, _ problem: Problem) {
        if knows(section) { unknown.append(section.rawValue) }
        problems.append(problem)
    }
}

extension Inspection {
    /// Kinds whose snapshots would be others with this inspection than with the one before. What moves without a change
    /// of state (temperatures, hours, free space of pools) makes none.
    func changed(since earlier: Inspection?) -> Set<Kind> {
        var kinds: Set<Kind> = []
        guard let earlier else { return [.hardware, .apt] }
        if servicesToRestart != earlier.servicesToRestart || knows(.services) != earlier.knows(.services) {
            kinds.insert(.apt)
        }
        if lasting != earlier.lasting { kinds.insert(.hardware) }
        return kinds
    }

    private var lasting: Inspection {
        var copy = self
        copy.inspectedAt = Timestamp(milliseconds: 0)
        copy.uptimeSeconds = 0
        copy.servicesToRestart = nil
        copy.disks = disks?.map { disk in
            var disk = disk
            disk.celsius = nil
            disk.smart?.powerOnHours = nil
            // Awake or asleep is no change of the disk, as long as something is known of it.
            disk.outcome = disk.isUnknown ? disk.outcome : "read"
            return disk
        }
        copy.zfsPools = zfsPools?.map { pool in
            var pool = pool
            pool.freeBytes = nil
            return pool
        }
        copy.problems = []
        return copy
    }
}
