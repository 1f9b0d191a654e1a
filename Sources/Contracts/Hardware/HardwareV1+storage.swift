// What `hardware` v1 says of disks, and of what is made of them.

extension HardwareV1 {
    /// One whole disk of `/sys/block`; loop, RAM and zram devices are left out.
    package struct Disk: Codable, Equatable, Sendable {
        package var name: String
        package var model: String?
        package var serial: String?
        package var wwn: String?
        package var sizeBytes: Int
        package var rotational: Bool?
        /// `nvme`, `sata`, `sas`, `usb`, `virtio`, `mmc`, `scsi`, `xen`.
        package var transport: String?
        package var removable: Bool?
        package var firmware: String?
        package var partitions: [Partition]?
        /// Where the whole disk is mounted, without a partition.
        package var mountPoints: [String]?
        package var smart: SMART?

        package init(name: String, sizeBytes: Int) {
            self.name = name
            self.sizeBytes = sizeBytes
        }

        package enum CodingKeys: String, CodingKey {
            case name, model, serial, wwn
            case sizeBytes = "size_bytes"
            case rotational, transport, removable, firmware, partitions
            case mountPoints = "mount_points"
            case smart
        }
    }

    package struct Partition: Codable, Equatable, Sendable {
        package var name: String
        package var sizeBytes: Int
        package var mountPoints: [String]?

        package init(name: String, sizeBytes: Int) {
            self.name = name
            self.sizeBytes = sizeBytes
        }

        package enum CodingKeys: String, CodingKey {
            case name
            case sizeBytes = "size_bytes"
            case mountPoints = "mount_points"
        }
    }

    /// SMART's verdict; temperatures are metrics.
    package struct SMART: Codable, Equatable, Sendable {
        package var passed: Bool?
        package var powerOnHours: Int?
        package var reallocatedSectors: Int?
        package var percentageUsed: Int?
        package var criticalWarning: Int?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case passed
            case powerOnHours = "power_on_hours"
            case reallocatedSectors = "reallocated_sectors"
            case percentageUsed = "percentage_used"
            case criticalWarning = "critical_warning"
        }
    }

    /// A software RAID of `/proc/mdstat`.
    package struct RAIDArray: Codable, Equatable, Sendable {
        package var name: String
        /// `raid0`, `raid1`, …
        package var level: String?
        /// `active`, `inactive`, `degraded`, `recovering`, `resyncing`.
        package var state: String
        package var devicesTotal: Int?
        package var devicesActive: Int?
        package var sizeBytes: Int?
        package var members: [String]?

        package init(name: String, state: String) {
            self.name = name
            self.state = state
        }

        package enum CodingKeys: String, CodingKey {
            case name, level, state
            case devicesTotal = "devices_total"
            case devicesActive = "devices_active"
            case sizeBytes = "size_bytes"
            case members
        }
    }

    package struct VolumeGroup: Codable, Equatable, Sendable {
        package var name: String
        /// Names of its logical volumes; without the root oneshot, of the active ones.
        package var logicalVolumes: [String]?
        /// The same volumes with their sizes.
        package var volumes: [LogicalVolume]?
        package var sizeBytes: Int?
        package var freeBytes: Int?

        package init(name: String) {
            self.name = name
        }

        package enum CodingKeys: String, CodingKey {
            case name
            case logicalVolumes = "logical_volumes"
            case volumes
            case sizeBytes = "size_bytes"
            case freeBytes = "free_bytes"
        }
    }

    package struct LogicalVolume: Codable, Equatable, Sendable {
        package var name: String
        package var sizeBytes: Int?

        package init(name: String, sizeBytes: Int? = nil) {
            self.name = name
            self.sizeBytes = sizeBytes
        }

        package enum CodingKeys: String, CodingKey {
            case name
            case sizeBytes = "size_bytes"
        }
    }

    package struct ZFSPool: Codable, Equatable, Sendable {
        package var name: String
        /// `ONLINE`, `DEGRADED`, `FAULTED`, …
        package var state: String?
        package var sizeBytes: Int?
        /// Not sent by our agent, which tells it in `volatile`: it changes with every write.
        package var freeBytes: Int?

        package init(name: String) {
            self.name = name
        }

        package enum CodingKeys: String, CodingKey {
            case name, state
            case sizeBytes = "size_bytes"
            case freeBytes = "free_bytes"
        }
    }
}
