import ArgumentParser
import HubAPI

/// `vigie interfaces`
struct InterfaceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interfaces",
        abstract: "List network interfaces: state, speed, addresses, default routes.",
        discussion: """
            Kinds are ethernet, wifi, bridge, bond, vlan, veth, wireguard, tun, dummy, loopback, other.

            EXAMPLES:
              vigie interfaces web-01
              vigie interfaces --tag physical --kind ethernet --state down
              vigie interfaces -o csv
            """)

    @OptionGroup var machines: MachineArgument
    @Option(help: ArgumentHelp("Only interfaces of this kind.", valueName: "kind")) var kind: String?
    @Option(help: ArgumentHelp("Only interfaces in this state: up, down, …", valueName: "state")) var state: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("kind", kind)
        query.add("state", state)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/interfaces", query, columns: InterfaceColumns.list, empty: "no such interface is known")
    }
}

/// Columns that tell of network interfaces.
enum InterfaceColumns {
    static let list: [Column<InterfaceAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("INTERFACE", "name") { .text($0.name) },
        Column("KIND", "kind") { .text($0.kind) },
        Column("STATE", "state", style: { style($0) }) { Value.text($0.state).unless(unknownSince: $0.unknownSince) },
        Column("SPEED", "speed", .tableOnly) { .text(speed($0)) },
        .csv("speed_mbps") { .integer($0.speedMbps) },
        .csv("duplex") { .text($0.duplex) },
        Column("MTU", "mtu", .roomy) { .integer($0.mtu) },
        Column("MAC", "mac") { .text($0.mac) },
        .csv("driver") { .text($0.driver) },
        Column("ADDRESSES", "addresses") { .list($0.addresses) },
        Column("DEFAULT ROUTE", "default_route", .tableOnly) { .list(($0.defaultRoutes ?? []).map(route)) },
        .csv("gateways") { .list(($0.defaultRoutes ?? []).compactMap(\.gateway)) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    private static func style(_ interface: InterfaceAnswer) -> Style {
        switch interface.state {
        case _ where interface.unknownSince != nil: .faint
        case "up": .good
        case "down": .warning
        default: .plain
        }
    }

    /// `1000 Mbit/s, half duplex`: full is what everybody expects.
    private static func speed(_ interface: InterfaceAnswer) -> String? {
        interface.speedMbps.map { "\($0) Mbit/s\(interface.duplex == "half" ? ", half duplex" : "")" }
    }

    private static func route(_ route: DefaultRouteAnswer) -> String {
        route.gateway.map { "via \($0)" } ?? "\(route.family), no gateway"
    }
}
