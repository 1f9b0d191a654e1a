import ArgumentParser
import HubAPI

/// `vigie networks`
struct NetworkList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "networks",
        abstract: "List networks of container engines with their subnets.",
        discussion: """
            The machines' own interfaces are `vigie interfaces`.

            EXAMPLES:
              vigie networks web-01
              vigie networks --driver macvlan
            """)

    @OptionGroup var machines: MachineArgument
    @Option(help: ArgumentHelp("Only of this driver: bridge, overlay, …", valueName: "driver")) var driver: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("driver", driver)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/networks", query, columns: Self.columns, empty: "no such network is known")
    }

    static let columns: [Column<ContainerNetworkAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("NETWORK", "name") { .text($0.name) },
        .csv("id") { .text($0.id) },
        Column("DRIVER", "driver") { .text($0.driver) },
        Column("SCOPE", "scope", .roomy) { .text($0.scope) },
        Column("INTERNAL", "internal") { Value.flag($0.isInternal).unless(unknownSince: $0.unknownSince) },
        Column("SUBNETS", "subnets") { .list($0.subnets) },
        Column("STACK", "compose_project") { .text($0.composeProject) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]
}
