import Contracts
import HubAPI

/// The machines of a list, as one state of the database has them.
struct MachineListing {
    private let connection: any SQLConnection
    private let filter: MachineQueries.Filter
    private let hearing: Hearing
    private let failed: UnreadSections.OfMachines

    /// - Parameter heardSince: since when the hub has been able to hear machines; nil says always.
    init(
        _ connection: any SQLConnection, filter: MachineQueries.Filter, now: Timestamp, heardSince: Int64?
    ) throws {
        self.connection = connection
        self.filter = filter
        hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        failed = try UnreadSections.failedKinds(connection)
    }

    /// Machines in the order of their names; or those of a part, in the order of their numbers.
    ///
    /// - Parameter body: gets a machine, how it is, and why; answers whether to go on.
    func each(
        of part: ClosedRange<Int64>? = nil,
        _ body: (MachineRow, HealthStatus, [MachineHealth.Finding]) throws -> Bool
    ) throws {
        let machines = part ?? Int64.min...Int64.max
        let tags = try MachineTags(connection, of: machines, wanted: filter.tag)
        let unknown = try UnreadSections(connection, of: machines, failed: failed)
        let retired: SQLValue = .integer(filter.includesRetired ? 1 : 0)
        let values = part.map { [retired, .integer($0.lowerBound), .integer($0.upperBound)] } ?? [retired]
        var findings: [MachineHealth.Finding] = []
        try withExtendedLifetime(tags) {
            try connection.each(part == nil ? MachineQueries.list : MachineQueries.part, values) { row in
                guard let machine = MachineRow(row, tags: tags, unknown: unknown, hearing: hearing) else { return true }
                let status = machine.health(into: &findings)
                return filter.admits(machine, status) ? try body(machine, status, findings) : true
            }
        }
    }
}
