import Contracts
import HubAPI

/// `vigie neighbors`: who else is on the networks that machines see, and whether that is an enrolled machine.
enum NeighborQueries {
    private static let columns = """
        SELECT n.mac, n.address, n.interface, s.name AS machine,
          coalesce(
            (SELECT min(x.name) FROM machine_interfaces i JOIN machine_settings x ON x.machine_id = i.machine_id
             WHERE i.mac = n.mac),
            (SELECT min(x.name) FROM machine_addresses a JOIN machine_settings x ON x.machine_id = a.machine_id
             WHERE a.address = n.address)) AS enrolled

        """

    private static let order = "ORDER BY n.mac, n.address, s.name, n.interface"

    /// Of the fleet: by MAC, in the order of its index, so that a limit ends it early.
    static let fleet = Statement(
        "neighbors.fleet",
        columns + """
            FROM machine_neighbors n CROSS JOIN machine_settings s
            WHERE s.machine_id = n.machine_id AND \(MachineSelection.condition)
            \(order)
            """)

    static let machine = Statement(
        "neighbors.machine",
        columns + """
            FROM machine_settings s CROSS JOIN machine_neighbors n
            WHERE n.machine_id = s.machine_id AND \(MachineSelection.condition)
            \(order)
            """)

    static let all = [fleet, machine]

    /// - Parameter onlyUnknown: those alone that are no enrolled machine, by MAC or by address.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, onlyUnknown: Bool, limit: Int
    ) throws -> ListAnswer<NeighborAnswer> {
        var items: [NeighborAnswer] = []
        try connection.each(selection.machine == nil ? fleet : machine, selection.values) { row in
            guard let mac = row.text(0), let address = row.text(1), let interface = row.text(2),
                let name = row.text(3)
            else { return true }
            let enrolled = row.text(4)
            if onlyUnknown, enrolled != nil { return true }
            let sighting = NeighborSighting(machine: name, interface: interface)
            if let last = items.last, last.mac == mac, last.address == address {
                items[items.count - 1].seenBy.append(sighting)
                return true
            }
            guard items.count <= limit else { return false }
            var neighbor = NeighborAnswer(mac: mac, address: address)
            neighbor.machine = enrolled
            neighbor.seenBy = [sighting]
            items.append(neighbor)
            return true
        }
        var answer = ListAnswer(items: items, limit: limit)
        answer.notices = try UnknownParts.notices(connection, .hardware, "/neighbors", what: "neighbors", of: selection)
        return answer
    }
}
