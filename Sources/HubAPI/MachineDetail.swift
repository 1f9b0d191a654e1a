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
    package var storagePools: [StoragePoolAnswer]
    package var interfaces: [InterfaceAnswer]
    package var hostKeys: [HostKeyAnswer]
    package var events: [EventAnswer]
    /// Of a past moment: which, and what is known of it. All times of the answer are to be read as of then.
    package var past: PastAnswer?

    package init(summary: MachineSummary, createdAt: Timestamp) {
        self.summary = summary
        self.createdAt = createdAt
        kinds = []
        filesystems = []
        disks = []
        storagePools = []
        interfaces = []
        hostKeys = []
        events = []
    }

    package enum CodingKeys: String, CodingKey {
        case summary
        case createdAt = "created_at"
        case notes
        case bootedAt = "booted_at"
        case remoteAddress = "remote_address"
        case clockSkewMs = "clock_skew_ms"
        case kinds, os, hardware, filesystems, disks
        case storagePools = "storage_pools"
        case interfaces
        case hostKeys = "host_keys"
        case events, past
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
