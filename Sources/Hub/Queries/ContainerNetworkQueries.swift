import Contracts
import HubAPI

/// `vigie networks`: networks of container engines with their subnets.
enum ContainerNetworkQueries {
    static let list = Statement(
        "container_networks.list",
        """
        SELECT s.name AS machine, n.network_id, n.name, n.driver, n.scope, n.internal, n.subnets_json,
          n.compose_project, \(UnknownParts.column(.docker, "/networks", of: "n"))
        FROM machine_settings s CROSS JOIN docker_networks n
        WHERE n.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS TEXT) IS NULL OR n.driver = ?4)
        ORDER BY s.name, n.name, n.network_id LIMIT ?5
        """)

    static let all = [list]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, driver: String? = nil, limit: Int
    ) throws -> ListAnswer<ContainerNetworkAnswer> {
        let rows = try connection.rows(list, selection.values + [driver, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(network), limit: limit)
        answer.notices = try UnknownParts.notices(connection, .docker, "/networks", what: "networks", of: selection)
        return answer
    }

    private static func network(_ row: SQLRow) -> ContainerNetworkAnswer? {
        guard let machine = row.text("machine"), let id = row.text("network_id"), let name = row.text("name") else {
            return nil
        }
        var network = ContainerNetworkAnswer(machine: machine, id: id, name: name)
        network.driver = row.text("driver")
        network.scope = row.text("scope")
        network.isInternal = row.flag("internal")
        network.subnets = row.texts("subnets_json") ?? []
        network.composeProject = row.text("compose_project")
        network.unknownSince = row.time("unknown_since_at")
        return network
    }
}
