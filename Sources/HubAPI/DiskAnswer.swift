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
    package var sizeBytes: Int?
    package var rotational: Bool?
    package var transport: String?
    package var smartPassed: Bool?
    package var unknownSince: Timestamp?

    package init(machine: String, name: String) {
        self.machine = machine
        self.name = name
    }

    package enum CodingKeys: String, CodingKey {
        case machine, name, model, serial
        case sizeBytes = "size_bytes"
        case rotational, transport
        case smartPassed = "smart_passed"
        case unknownSince = "unknown_since"
    }
}
