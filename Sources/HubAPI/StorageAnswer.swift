package import Contracts

/// A RAID array, a volume group or a ZFS pool of a machine.
package struct StoragePoolAnswer: Codable, Equatable, Sendable {
    package var machine: String
    /// `raid`, `lvm`, `zfs`.
    package var kind: String
    package var name: String
    /// Of a RAID: `raid1`, …
    package var level: String?
    /// In the words of its own kind: `active`, `degraded`, `ONLINE`, …; volume groups have none.
    package var state: String?
    /// `ok`, `warning`, `critical`; absent where the state tells nothing.
    package var health: String?
    package var sizeBytes: Int?
    package var freeBytes: Int?
    package var devicesTotal: Int?
    package var devicesActive: Int?
    /// Devices of an array, logical volumes of a group.
    package var members: [String]?
    package var unknownSince: Timestamp?

    package init(machine: String, kind: String, name: String) {
        self.machine = machine
        self.kind = kind
        self.name = name
    }

    package enum CodingKeys: String, CodingKey {
        case machine, kind, name, level, state, health
        case sizeBytes = "size_bytes"
        case freeBytes = "free_bytes"
        case devicesTotal = "devices_total"
        case devicesActive = "devices_active"
        case members
        case unknownSince = "unknown_since"
    }
}

/// A device on a machine's PCI bus.
package struct PCIDeviceAnswer: Codable, Equatable, Sendable {
    package var machine: String
    /// `domain:bus:device.function`.
    package var address: String
    /// Hexadecimal, as in `pci.ids`.
    package var classID: String
    package var className: String?
    package var vendorID: String
    package var vendorName: String?
    package var deviceID: String
    package var deviceName: String?
    package var driver: String?
    package var unknownSince: Timestamp?

    package init(machine: String, address: String, classID: String, vendorID: String, deviceID: String) {
        self.machine = machine
        self.address = address
        self.classID = classID
        self.vendorID = vendorID
        self.deviceID = deviceID
    }

    package enum CodingKeys: String, CodingKey {
        case machine, address
        case classID = "class_id"
        case className = "class_name"
        case vendorID = "vendor_id"
        case vendorName = "vendor_name"
        case deviceID = "device_id"
        case deviceName = "device_name"
        case driver
        case unknownSince = "unknown_since"
    }
}
