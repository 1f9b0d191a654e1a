import Contracts
import HubAPI

/// What a machine is made of, as lines of its page.
enum HardwareFacts {
    struct Fact: Equatable {
        var title: String
        var text: String
        var style = Style.plain
    }

    /// Lines between the hardware's name and its CPU; what is not there has none.
    static func of(_ hardware: HardwareAnswer?) -> [Fact] {
        guard let hardware else { return [] }
        var facts: [Fact] = []
        func add(_ title: String, _ parts: [String?], _ style: Style = .plain) {
            let text = parts.compactMap { $0 }.joined(separator: ", ")
            if !text.isEmpty { facts.append(Fact(title: title, text: text, style: style)) }
        }
        add("board", [words(hardware.boardVendor, hardware.boardName)])
        add("chassis", [hardware.chassis?.replacing("_", with: " ")])
        add(
            "firmware",
            [
                words(hardware.firmwareVendor, hardware.firmwareVersion), hardware.firmwareDate,
                hardware.uefi.map { $0 ? "UEFI" : "legacy BIOS" },
            ])
        add("secure boot", [hardware.secureBoot.map { $0 ? "on" : "off" }])
        add("tpm", [hardware.tpmVersion.map { "TPM \($0)" }])
        if let controller = hardware.bmc {
            add("bmc", [controller.address ?? "address not known", controller.firmware.map { "firmware \($0)" }])
        }
        for gpu in hardware.gpus ?? [] {
            add("gpu", [words(gpu.vendor, gpu.model) ?? gpu.pciAddress, gpu.driver.map { "driver \($0)" }])
        }
        for supply in hardware.powerSupplies ?? [] {
            add(
                "power",
                [
                    supply.type, words(supply.manufacturer, supply.model),
                    supply.healthPercent.map { "\(Units.percent($0.value)) of its capacity left" },
                    supply.cycleCount.map { Units.counted($0, "cycle") },
                ])
        }
        add("microcode", [hardware.cpuMicrocode])
        let open = (hardware.cpuVulnerabilities ?? [:]).filter { $0.value.hasPrefix("Vulnerable") }.keys.sorted()
        add("vulnerable", [open.isEmpty ? nil : open.joined(separator: ", ")], .warning)
        return facts
    }

    static let dimms: [Column<HardwareV1.DIMM>] = [
        Column("SLOT", "locator") { .text($0.locator) },
        Column("BANK", "bank", .roomy) { .text($0.bank) },
        Column("SIZE", "size_bytes") { .bytes($0.sizeBytes) },
        Column("TYPE", "type") { .text($0.type) },
        Column("SPEED", "speed_mts") { .text($0.speedMts.map { "\($0) MT/s" }) },
        Column("MAKER", "manufacturer") { .text($0.manufacturer) },
        Column("PART", "part_number") { .text($0.partNumber) },
        Column("SERIAL", "serial", .roomy) { .text($0.serial) },
    ]

    private static func words(_ parts: String?...) -> String? {
        let text = parts.compactMap { $0 }.joined(separator: " ")
        return text.isEmpty ? nil : text
    }
}
