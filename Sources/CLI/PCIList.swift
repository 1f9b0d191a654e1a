import ArgumentParser
import HubAPI

/// `vigie pci`
struct PCIList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pci",
        abstract: "List PCI devices: a machine's, or all that are alike.",
        discussion: """
            --name looks at class, vendor, device and driver, in whatever case.

            EXAMPLES:
              vigie pci web-01
              vigie pci --name '*nvidia*'
              vigie pci --ids 8086:1533
            """)

    @OptionGroup var machines: MachineArgument
    @Option(help: ArgumentHelp("Only devices with such a name; * and ? stand for others.", valueName: "pattern"))
    var name: String?
    @Option(help: ArgumentHelp("Only these ids of vendor and device, as lspci -n prints them.", valueName: "ids"))
    var ids: String?
    @OptionGroup var options: ListOptions

    func validate() throws {
        if name != nil, ids != nil { throw ValidationError("Use --name or --ids, not both.") }
    }

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("name", name)
        query.add("ids", ids)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/pci-devices", query, columns: Self.columns, empty: "no such PCI device is known")
    }

    static let columns: [Column<PCIDeviceAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("ADDRESS", "address") { .text($0.address) },
        .csv("class_id") { .text($0.classID) },
        Column("CLASS", "class", .tableOnly) { .text($0.className ?? $0.classID) },
        .csv("class_name") { .text($0.className) },
        .csv("vendor_id") { .text($0.vendorID) },
        Column("VENDOR", "vendor", .tableOnly) { .text($0.vendorName ?? $0.vendorID) },
        .csv("vendor_name") { .text($0.vendorName) },
        .csv("device_id") { .text($0.deviceID) },
        Column("DEVICE", "device", .tableOnly) { .text($0.deviceName ?? $0.deviceID) },
        .csv("device_name") { .text($0.deviceName) },
        Column("DRIVER", "driver") { Value.text($0.driver).unless(unknownSince: $0.unknownSince) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]
}
