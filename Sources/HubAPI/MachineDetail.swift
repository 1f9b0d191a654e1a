package import Contracts

/// All that is known of one machine now.
package struct MachineDetail: Codable, Equatable, Sendable {
    package var summary: MachineSummary
    package var createdAt: Timestamp
    package var notes: String?
    package var bootedAt: Timestamp?
    package var remoteAddress: String?
    /// The machine's clock less the hub's.
    package var clockSkewMs: Int64?
    package var kinds: [KindFreshness]
    package var os: OSAnswer?
    package var hardware: HardwareAnswer?
    package var filesystems: [FilesystemAnswer]
    package var disks: [DiskAnswer]
    package var interfaces: [InterfaceAnswer]
    package var events: [EventAnswer]

    package init(summary: MachineSummary, createdAt: Timestamp) {
        self.summary = summary
        self.createdAt = createdAt
        kinds = []
        filesystems = []
        disks = []
        interfaces = []
        events = []
    }

    package enum CodingKeys: String, CodingKey {
        case summary
        case createdAt = "created_at"
        case notes
        case bootedAt = "booted_at"
        case remoteAddress = "remote_address"
        case clockSkewMs = "clock_skew_ms"
        case kinds, os, hardware, filesystems, disks, interfaces, events
    }
}

package struct OSAnswer: Codable, Equatable, Sendable {
    package var family: String?
    package var name: String?
    package var version: String?
    package var codename: String?
    package var kernel: String?
    package var architecture: String?
    package var virtualization: String?
    package var timeZone: String?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case family, name, version, codename, kernel, architecture, virtualization
        case timeZone = "time_zone"
    }
}

package struct HardwareAnswer: Codable, Equatable, Sendable {
    package var vendor: String?
    package var product: String?
    package var serial: String?
    package var chassis: String?
    package var firmwareVendor: String?
    package var firmwareVersion: String?
    package var firmwareDate: String?
    package var cpuModel: String?
    package var cpuSockets: Int?
    package var cpuCores: Int?
    package var cpuThreads: Int?
    package var memoryBytes: Int?
    package var unknownSince: Timestamp?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case vendor, product, serial, chassis
        case firmwareVendor = "firmware_vendor"
        case firmwareVersion = "firmware_version"
        case firmwareDate = "firmware_date"
        case cpuModel = "cpu_model"
        case cpuSockets = "cpu_sockets"
        case cpuCores = "cpu_cores"
        case cpuThreads = "cpu_threads"
        case memoryBytes = "memory_bytes"
        case unknownSince = "unknown_since"
    }
}

package struct InterfaceAnswer: Codable, Equatable, Sendable {
    package var name: String
    package var kind: String?
    package var mac: String?
    package var state: String?
    package var speedMbps: Int?
    /// With prefix length, as `192.0.2.7/24`.
    package var addresses: [String]

    package init(name: String) {
        self.name = name
        addresses = []
    }

    package enum CodingKeys: String, CodingKey {
        case name, kind, mac, state
        case speedMbps = "speed_mbps"
        case addresses
    }
}
