package import Contracts

/// A file system of a machine, as its newest metrics say.
package struct FilesystemAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var mountPoint: String
    package var device: String?
    package var type: String?
    package var totalBytes: Int?
    package var usedBytes: Int?
    package var availableBytes: Int?
    package var usedPercent: Double?
    package var inodesUsedPercent: Double?
    package var readOnly: Bool?
    /// When the figures were collected.
    package var collectedAt: Timestamp?
    /// Set where they are the last that could be read.
    package var unknownSince: Timestamp?

    package init(machine: String, mountPoint: String) {
        self.machine = machine
        self.mountPoint = mountPoint
    }

    package enum CodingKeys: String, CodingKey {
        case machine
        case mountPoint = "mount_point"
        case device, type
        case totalBytes = "total_bytes"
        case usedBytes = "used_bytes"
        case availableBytes = "available_bytes"
        case usedPercent = "used_percent"
        case inodesUsedPercent = "inodes_used_percent"
        case readOnly = "read_only"
        case collectedAt = "collected_at"
        case unknownSince = "unknown_since"
    }
}

/// A block device of a machine, as its newest hardware snapshot says.
package struct DiskAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var name: String
    package var model: String?
    package var serial: String?
    package var wwn: String?
    package var firmware: String?
    package var sizeBytes: Int?
    package var rotational: Bool?
    package var removable: Bool?
    package var transport: String?
    /// `ok`, `warning`, `critical`, as its SMART data say; absent where there are none.
    package var health: String?
    package var smartPassed: Bool?
    package var smartPowerOnHours: Int?
    package var smartReallocatedSectors: Int?
    /// Of the design life of a solid-state disk; may exceed 100.
    package var smartPercentageUsed: Int?
    package var smartCriticalWarning: Int?
    /// Where it, or a partition of it, is mounted.
    package var mountPoints: [String]?
    package var unknownSince: Timestamp?

    package init(machine: String, name: String) {
        self.machine = machine
        self.name = name
    }

    package enum CodingKeys: String, CodingKey {
        case machine, name, model, serial, wwn, firmware
        case sizeBytes = "size_bytes"
        case rotational, removable, transport, health
        case smartPassed = "smart_passed"
        case smartPowerOnHours = "smart_power_on_hours"
        case smartReallocatedSectors = "smart_reallocated_sectors"
        case smartPercentageUsed = "smart_percentage_used"
        case smartCriticalWarning = "smart_critical_warning"
        case mountPoints = "mount_points"
        case unknownSince = "unknown_since"
    }
}
