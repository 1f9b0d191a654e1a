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

/// What is not known of machines: sections that could not be read, and kinds whose newest collecting failed.
struct UnreadSections {
    typealias OfMachines = [Int64: [UnknownSection]]

    private let sections: OfMachines
    private let failed: OfMachines

    /// Sections first, then kinds, which have none.
    func of(_ machine: Int64) -> [UnknownSection] {
        guard !sections.isEmpty || !failed.isEmpty else { return [] }
        return (sections[machine] ?? []) + (failed[machine] ?? [])
    }

    /// - Parameter failed: of `failedKinds`, with those machines in it at least.
    init(_ connection: any SQLConnection, of machines: ClosedRange<Int64>, failed: OfMachines) throws {
        self.failed = failed
        sections = try Self.read(
            connection, Self.sections, [.integer(machines.lowerBound), .integer(machines.upperBound)]
        ) { ($0.text(2), $0.integer(3)) }
    }

    /// Of all machines: those of which a kind failed are found by an index.
    static func failedKinds(_ connection: any SQLConnection) throws -> OfMachines {
        try read(connection, UnknownParts.failedKinds, []) { ("", $0.integer(2)) }
    }

    static func failedKinds(_ connection: any SQLConnection, of machine: Int64) throws -> OfMachines {
        try read(connection, UnknownParts.failedKindsOfOne, [.integer(machine)]) { ("", $0.integer(2)) }
    }

    /// Of the machines `?1` to `?2`.
    static let sections = Statement(
        "machines.unknown",
        """
        SELECT machine_id, kind, pointer, unknown_since_at FROM machine_sections
        WHERE machine_id >= ?1 AND machine_id <= ?2 ORDER BY machine_id, kind, pointer
        """)

    private static func read(
        _ connection: any SQLConnection, _ statement: Statement, _ values: [SQLValue],
        _ part: (SQLRowReader) -> (section: String?, since: Int64?)
    ) throws -> OfMachines {
        var found: OfMachines = [:]
        try connection.each(statement, values) { row in
            if let machine = row.integer(0), let kind = row.text(1), case let (section?, since?) = part(row) {
                let unknown = UnknownSection(kind: kind, section: section, since: Timestamp(milliseconds: since))
                found[machine, default: []].append(unknown)
            }
            return true
        }
        return found
    }
}
