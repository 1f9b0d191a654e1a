/// `hardware` v1: what the machine is made of. Sent at start, daily, and on change.
///
/// Every section may be absent (the machine has none) or named in `collection.unknown` (it could not be read).
package struct HardwareV1: SnapshotPayload {
    package static let kind = Kind.hardware
    package static let schemaVersion = 1

    package var os: OperatingSystem?
    package var system: System?
    package var firmware: Firmware?
    package var cpu: CPU?
    package var memory: Memory?
    package var disks: [Disk]?
    package var raidArrays: [RAIDArray]?
    package var volumeGroups: [VolumeGroup]?
    package var zfsPools: [ZFSPool]?
    package var gpus: [GPU]?
    package var pciDevices: [PCIDevice]?
    package var interfaces: [Interface]?
    package var defaultRoutes: [DefaultRoute]?
    package var powerSupplies: [PowerSupply]?
    package var bmc: BMC?
    package var sshHostKeys: [SSHHostKey]?
    /// The IANA name, as `Europe/Paris`.
    package var timeZone: String?
    /// Only where the administrator opted in. Ages are volatile and not here.
    package var neighbors: [Neighbor]?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case os, system, firmware, cpu, memory, disks
        case raidArrays = "raid_arrays"
        case volumeGroups = "volume_groups"
        case zfsPools = "zfs_pools"
        case gpus
        case pciDevices = "pci_devices"
        case interfaces
        case defaultRoutes = "default_routes"
        case powerSupplies = "power_supplies"
        case bmc
        case sshHostKeys = "ssh_host_keys"
        case timeZone = "time_zone"
        case neighbors
    }
}

extension HardwareV1 {
    /// From os-release(5) and uname(2).
    package struct OperatingSystem: Codable, Equatable, Sendable {
        /// `debian` for Debian and what says `ID_LIKE=debian`, else the `ID`.
        package var family: String
        /// `ID` of os-release: `debian`, `ubuntu`, `raspbian`, …
        package var id: String
        package var name: String?
        /// `VERSION_ID`, and for Debian `/etc/debian_version` where it is finer (`12.12`).
        package var version: String?
        package var codename: String?
        /// The running kernel's release, as `uname -r`.
        package var kernel: String
        /// The kernel's machine name, as `uname -m`.
        package var architecture: String

        package init(family: String, id: String, kernel: String, architecture: String) {
            self.family = family
            self.id = id
            self.kernel = kernel
            self.architecture = architecture
        }

        package enum CodingKeys: String, CodingKey {
            case family, id, name, version, codename, kernel, architecture
        }
    }

    /// What kind of machine this is, and who made it (DMI or the device tree).
    package struct System: Codable, Equatable, Sendable {
        /// `physical`, `vm`, `proxmox_host`, `lxc`, `container`, `raspberry_pi`, `unknown`.
        package var kind: String
        /// In the words of systemd-detect-virt(1): `none`, `kvm`, `qemu`, `vmware`, `lxc`, `docker`, …
        package var virtualization: String?
        package var vendor: String?
        package var product: String?
        package var productVersion: String?
        /// Serial number or service tag. Switched off by `serials = false`.
        package var serial: String?
        /// SMBIOS chassis type in words: `desktop`, `laptop`, `rack_mount_chassis`, …
        package var chassis: String?
        package var boardVendor: String?
        package var boardName: String?

        package init(kind: String) {
            self.kind = kind
        }

        package enum CodingKeys: String, CodingKey {
            case kind, virtualization, vendor, product
            case productVersion = "product_version"
            case serial, chassis
            case boardVendor = "board_vendor"
            case boardName = "board_name"
        }
    }

    package struct Firmware: Codable, Equatable, Sendable {
        package var vendor: String?
        package var version: String?
        /// As the firmware writes it, usually `MM/DD/YYYY`.
        package var date: String?
        package var uefi: Bool?
        package var secureBoot: Bool?
        /// Major version of the TPM specification: `1`, `2`; absent without a TPM.
        package var tpmVersion: String?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case vendor, version, date, uefi
            case secureBoot = "secure_boot"
            case tpmVersion = "tpm_version"
        }
    }

    package struct CPU: Codable, Equatable, Sendable {
        package var model: String?
        package var vendor: String?
        package var architecture: String?
        package var sockets: Int?
        /// Physical cores over all sockets.
        package var cores: Int?
        /// Logical CPUs online.
        package var threads: Int?
        package var threadsPerCore: Int?
        package var mhzMin: Double?
        package var mhzMax: Double?
        package var microcode: String?
        /// `/sys/devices/system/cpu/vulnerabilities`: name to what the kernel says of it.
        package var vulnerabilities: [String: String]?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case model, vendor, architecture, sockets, cores, threads
            case threadsPerCore = "threads_per_core"
            case mhzMin = "mhz_min"
            case mhzMax = "mhz_max"
            case microcode, vulnerabilities
        }
    }

    package struct Memory: Codable, Equatable, Sendable {
        /// What the kernel can use (`MemTotal`).
        package var totalBytes: Int?
        package var dimms: [DIMM]?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case totalBytes = "total_bytes"
            case dimms
        }
    }

    /// One memory slot of SMBIOS type 17 that is filled.
    package struct DIMM: Codable, Equatable, Sendable {
        package var locator: String?
        package var bank: String?
        package var sizeBytes: Int?
        /// `DDR4`, `DDR5`, …
        package var type: String?
        /// Megatransfers per second.
        package var speedMts: Int?
        package var manufacturer: String?
        package var partNumber: String?
        package var serial: String?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case locator, bank
            case sizeBytes = "size_bytes"
            case type
            case speedMts = "speed_mts"
            case manufacturer
            case partNumber = "part_number"
            case serial
        }
    }

    package struct GPU: Codable, Equatable, Sendable {
        package var pciAddress: String?
        package var vendor: String?
        package var model: String?
        package var driver: String?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case pciAddress = "pci_address"
            case vendor, model, driver
        }
    }

    package struct PCIDevice: Codable, Equatable, Sendable {
        /// `domain:bus:device.function`, as `0000:00:1f.3`.
        package var address: String
        /// Four to six hexadecimal digits, without `0x`.
        package var classID: String
        package var className: String?
        package var vendorID: String
        package var vendorName: String?
        package var deviceID: String
        package var deviceName: String?
        package var driver: String?

        package init(address: String, classID: String, vendorID: String, deviceID: String) {
            self.address = address
            self.classID = classID
            self.vendorID = vendorID
            self.deviceID = deviceID
        }

        package enum CodingKeys: String, CodingKey {
            case address
            case classID = "class_id"
            case className = "class_name"
            case vendorID = "vendor_id"
            case vendorName = "vendor_name"
            case deviceID = "device_id"
            case deviceName = "device_name"
            case driver
        }
    }

    package struct Interface: Codable, Equatable, Sendable {
        package var name: String
        /// `ethernet`, `wifi`, `bridge`, `bond`, `vlan`, `veth`, `wireguard`, `tun`, `dummy`, `loopback`, `other`.
        package var kind: String
        package var mac: String?
        package var driver: String?
        package var speedMbps: Int?
        package var duplex: String?
        package var mtu: Int?
        /// `operstate` of the kernel: `up`, `down`, `unknown`, …
        package var state: String?
        /// Other than temporary ones (RFC 8981) and those of the loopback interface.
        package var addresses: [Address]?

        package init(name: String, kind: String) {
            self.name = name
            self.kind = kind
        }

        package enum CodingKeys: String, CodingKey {
            case name, kind, mac, driver
            case speedMbps = "speed_mbps"
            case duplex, mtu, state, addresses
        }
    }

    package struct Address: Codable, Equatable, Sendable {
        package var address: String
        package var prefixLength: Int
        /// `ipv4` or `ipv6`.
        package var family: String
        /// `global`, `link`, `host`, `site`.
        package var scope: String?

        package init(address: String, prefixLength: Int, family: String) {
            self.address = address
            self.prefixLength = prefixLength
            self.family = family
        }

        package enum CodingKeys: String, CodingKey {
            case address
            case prefixLength = "prefix_length"
            case family, scope
        }
    }

    package struct DefaultRoute: Codable, Equatable, Sendable {
        package var family: String
        package var gateway: String?
        package var interface: String
        package var metric: Int?

        package init(family: String, interface: String) {
            self.family = family
            self.interface = interface
        }

        package enum CodingKeys: String, CodingKey {
            case family, gateway, interface, metric
        }
    }

    /// One entry of `/sys/class/power_supply`; its charge is a metric.
    package struct PowerSupply: Codable, Equatable, Sendable {
        package var name: String
        /// `battery`, `mains`, `ups`, `usb`.
        package var type: String
        package var manufacturer: String?
        package var model: String?
        package var technology: String?
        package var cycleCount: Int?
        /// Full charge against design, a measure of wear.
        package var healthPercent: Percent?

        package init(name: String, type: String) {
            self.name = name
            self.type = type
        }

        package enum CodingKeys: String, CodingKey {
            case name, type, manufacturer, model, technology
            case cycleCount = "cycle_count"
            case healthPercent = "health_percent"
        }
    }

    /// A management controller (IPMI); present where this object is.
    package struct BMC: Codable, Equatable, Sendable {
        package var address: String?
        package var firmware: String?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case address, firmware
        }
    }

    package struct SSHHostKey: Codable, Equatable, Sendable {
        /// `ssh-ed25519`, `ssh-rsa`, …
        package var type: String
        /// As OpenSSH prints it: `SHA256:` and unpadded base64.
        package var fingerprint: String
        /// The key's base64, without type and comment.
        package var publicKey: String

        package init(type: String, fingerprint: String, publicKey: String) {
            self.type = type
            self.fingerprint = fingerprint
            self.publicKey = publicKey
        }

        package enum CodingKeys: String, CodingKey {
            case type, fingerprint
            case publicKey = "public_key"
        }
    }

    package struct Neighbor: Codable, Equatable, Sendable {
        package var address: String
        package var mac: String
        package var interface: String

        package init(address: String, mac: String, interface: String) {
            self.address = address
            self.mac = mac
            self.interface = interface
        }

        package enum CodingKeys: String, CodingKey {
            case address, mac, interface
        }
    }
}
