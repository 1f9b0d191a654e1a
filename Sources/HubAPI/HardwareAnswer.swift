package import Contracts

/// What a machine is made of, apart from disks, interfaces and PCI devices, which have answers of their own.
package struct HardwareAnswer: Codable, Equatable, Sendable {
    package var vendor: String?
    package var product: String?
    package var productVersion: String?
    package var serial: String?
    package var chassis: String?
    package var boardVendor: String?
    package var boardName: String?
    package var firmwareVendor: String?
    package var firmwareVersion: String?
    package var firmwareDate: String?
    package var uefi: Bool?
    package var secureBoot: Bool?
    /// Version of the TPM specification; absent without a TPM.
    package var tpmVersion: String?
    package var cpuModel: String?
    package var cpuVendor: String?
    package var cpuSockets: Int?
    package var cpuCores: Int?
    package var cpuThreads: Int?
    package var cpuThreadsPerCore: Int?
    package var cpuMHzMin: Double?
    package var cpuMHzMax: Double?
    package var cpuMicrocode: String?
    /// By name, what the kernel says of it.
    package var cpuVulnerabilities: [String: String]?
    package var memoryBytes: Int?
    package var dimms: [HardwareV1.DIMM]?
    package var gpus: [HardwareV1.GPU]?
    package var powerSupplies: [HardwareV1.PowerSupply]?
    /// Present where the machine has a management controller.
    package var bmc: HardwareV1.BMC?
    package var unknownSince: Timestamp?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case vendor, product
        case productVersion = "product_version"
        case serial, chassis
        case boardVendor = "board_vendor"
        case boardName = "board_name"
        case firmwareVendor = "firmware_vendor"
        case firmwareVersion = "firmware_version"
        case firmwareDate = "firmware_date"
        case uefi
        case secureBoot = "secure_boot"
        case tpmVersion = "tpm_version"
        case cpuModel = "cpu_model"
        case cpuVendor = "cpu_vendor"
        case cpuSockets = "cpu_sockets"
        case cpuCores = "cpu_cores"
        case cpuThreads = "cpu_threads"
        case cpuThreadsPerCore = "cpu_threads_per_core"
        case cpuMHzMin = "cpu_mhz_min"
        case cpuMHzMax = "cpu_mhz_max"
        case cpuMicrocode = "cpu_microcode"
        case cpuVulnerabilities = "cpu_vulnerabilities"
        case memoryBytes = "memory_bytes"
        case dimms, gpus
        case powerSupplies = "power_supplies"
        case bmc
        case unknownSince = "unknown_since"
    }
}
