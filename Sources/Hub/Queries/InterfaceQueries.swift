import Contracts
import HubAPI

/// `vigie interfaces`: network interfaces with their addresses and default routes.
enum InterfaceQueries {
    static let list = Statement(
        "interfaces.list",
        """
        SELECT s.name AS machine, i.name, i.kind, i.mac, i.driver, i.speed_mbps, i.duplex, i.mtu, i.state,
          h.default_routes_json, \(UnknownParts.column(.hardware, "/interfaces", of: "i"))
        FROM machine_settings s CROSS JOIN machine_interfaces i
        LEFT JOIN machine_hardware h ON h.machine_id = s.machine_id
        WHERE i.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS TEXT) IS NULL OR i.kind = ?4) AND (CAST(?5 AS TEXT) IS NULL OR i.state = ?5)
        ORDER BY s.name, i.name LIMIT ?6
        """)

    static let addresses = Statement(
        "interfaces.addresses",
        """
        SELECT s.name AS machine, a.interface, a.address, a.prefix_length
        FROM machine_settings s CROSS JOIN machine_addresses a
        WHERE a.machine_id = s.machine_id AND \(MachineSelection.condition)
        ORDER BY s.name, a.interface, a.family, a.address
        """)

    static let all = [list, addresses]

    struct Filter {
        var kind: String?
        var state: String?
    }

    private struct Key: Hashable {
        var machine: String
        var interface: String
    }

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter = Filter(), limit: Int
    ) throws -> ListAnswer<InterfaceAnswer> {
        let rows = try connection.rows(list, selection.values + [filter.kind, filter.state, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(interface), limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .hardware, "/interfaces", what: "interfaces", of: selection)
        guard let first = answer.items.first?.machine, let last = answer.items.last?.machine else { return answer }
        var found: [Key: [String]] = [:]
        for row in try connection.rows(addresses, selection.between(first, last).values) {
            guard let machine = row.text("machine"), let interface = row.text("interface"),
                let address = row.text("address"), let length = row.integer("prefix_length")
            else { continue }
            found[Key(machine: machine, interface: interface), default: []].append("\(address)/\(length)")
        }
        for index in answer.items.indices {
            let item = answer.items[index]
            answer.items[index].addresses = found[Key(machine: item.machine, interface: item.name)] ?? []
        }
        return answer
    }

    private static func interface(_ row: SQLRow) -> InterfaceAnswer? {
        guard let machine = row.text("machine"), let name = row.text("name") else { return nil }
        var interface = InterfaceAnswer(machine: machine, name: name)
        interface.kind = row.text("kind")
        interface.mac = row.text("mac")
        interface.driver = row.text("driver")
        interface.state = row.text("state")
        interface.speedMbps = row.integer("speed_mbps")
        interface.duplex = row.text("duplex")
        interface.mtu = row.integer("mtu")
        interface.unknownSince = row.time("unknown_since_at")
        let routes = row.document("default_routes_json", as: [HardwareV1.DefaultRoute].self) ?? []
        let own = routes.filter { $0.interface == name }.map { route in
            var answer = DefaultRouteAnswer(family: route.family)
            answer.gateway = route.gateway
            answer.metric = route.metric
            return answer
        }
        interface.defaultRoutes = own.isEmpty ? nil : own
        return interface
    }
}
