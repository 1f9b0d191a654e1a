import Contracts

extension SMBIOS {
    /// Type 1: the serial number or service tag of the system.
    var systemSerial: String? { structures.first { $0.type == 1 }?.text(0x07) }

    /// Type 38: there is a management controller that speaks IPMI.
    var hasIPMI: Bool { structures.contains { $0.type == 38 } }

    /// Type 17, the slots that are filled, in the table's order.
    func dimms(serials: Bool) -> [HardwareV1.DIMM] {
        structures.filter { $0.type == 17 }.compactMap { $0.dimm(serials: serials) }
    }

    /// A table with the memory modules of this one and nothing else: other structures may hold other people's secrets,
    /// as the OEM strings (type 11) in which hypervisors hand a guest its passwords.
    ///
    /// A damaged table stays one: its end is cut off here, too.
    func memoryModulesAlone() -> [UInt8] {
        var bytes: [UInt8] = []
        for structure in structures where structure.type == 17 { bytes += structure.bytes }
        return bytes + (faultOffset == nil ? [127, 4, 0, 0, 0, 0] : [127])
    }
}

extension SMBIOS.Structure {
    /// As it stands in a table: the formatted part, the strings, and the zero that ends them.
    fileprivate var bytes: [UInt8] {
        var bytes = Array(formatted)
        for string in strings { bytes += string + [0] }
        return bytes + (strings.isEmpty ? [0, 0] : [0])
    }

    /// One memory device (SMBIOS 3.7, 7.18); nil for an empty slot.
    fileprivate func dimm(serials: Bool) -> HardwareV1.DIMM? {
        guard let size = word(0x0C), size != 0 else { return nil }
        var dimm = HardwareV1.DIMM()
        switch size {
        case 0xFFFF: break
        case 0x7FFF: dimm.sizeBytes = doubleWord(0x1C).map { ($0 & 0x7FFF_FFFF) << 20 }
        default: dimm.sizeBytes = (size & 0x7FFF) << (size & 0x8000 == 0 ? 20 : 10)
        }
        dimm.locator = text(0x10)
        dimm.bank = text(0x11)
        dimm.type = byte(0x12).flatMap { Self.memoryTypes[$0] }
        dimm.speedMts = speed(0x15, extended: 0x54) ?? speed(0x20, extended: 0x58)
        dimm.manufacturer = text(0x17)
        if serials { dimm.serial = text(0x18) }
        dimm.partNumber = text(0x1A)
        return dimm
    }

    private func speed(_ offset: Int, extended: Int) -> Int? {
        guard let value = word(offset), value != 0 else { return nil }
        return value == 0xFFFF ? doubleWord(extended).flatMap { $0 == 0 ? nil : $0 & 0x7FFF_FFFF } : value
    }

    private static let memoryTypes: [Int: String] = [
        0x03: "DRAM", 0x0F: "SDRAM", 0x11: "RDRAM", 0x12: "DDR", 0x13: "DDR2", 0x14: "DDR2", 0x18: "DDR3",
        0x1A: "DDR4", 0x1B: "LPDDR", 0x1C: "LPDDR2", 0x1D: "LPDDR3", 0x1E: "LPDDR4", 0x1F: "NVDIMM", 0x20: "HBM",
        0x21: "HBM2", 0x22: "DDR5", 0x23: "LPDDR5", 0x24: "HBM3",
    ]
}
