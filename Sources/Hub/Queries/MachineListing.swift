import Contracts
import HubAPI

/// The machines of a list, as one state of the database has them.
struct MachineListing {
    private let connection: any SQLConnection
    private let filter: MachineQueries.Filter
    private let hearing: Hearing
    private let unknown: UnreadSections

    /// - Parameter heardSince: since when the hub has been able to hear machines; nil says always.
    init(
        _ connection: any SQLConnection, filter: MachineQueries.Filter, now: Timestamp, heardSince: Int64?
    ) throws {
        self.connection = connection
        self.filter = filter
        hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        unknown = try UnreadSections(connection)
    }

    /// Machines in the order of their names; or those of a part, in the order of their numbers.
    ///
    /// - Parameter body: gets a machine, how it is, and why; answers whether to go on.
    func each(
        of part: ClosedRange<Int64>? = nil,
        _ body: (MachineRow, HealthStatus, [MachineHealth.Finding]) throws -> Bool
    ) throws {
        let tags = try MachineTags(connection, of: part ?? Int64.min...Int64.max, wanted: filter.tag)
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

/// What is not known of machines, by machine: sections that could not be read, and whole kinds.
struct UnreadSections {
    private var sections: [Int64: [UnknownSection]] = [:]

    func of(_ machine: Int64) -> [UnknownSection] { sections.isEmpty ? [] : sections[machine] ?? [] }

    /// Of all machines.
    init(_ connection: any SQLConnection) throws {
        try read(connection, Int64.min...Int64.max)
        try read(connection, UnknownParts.failedKinds, [])
    }

    /// Of one.
    init(_ connection: any SQLConnection, of machine: Int64) throws {
        try read(connection, machine...machine)
        try read(connection, UnknownParts.failedKindsOfOne, [.integer(machine)])
    }

    static let of = Statement(
        "machines.unknown",
        """
        SELECT machine_id, kind, pointer, unknown_since_at FROM machine_sections
        WHERE machine_id >= ?1 AND machine_id <= ?2 ORDER BY machine_id, kind, pointer
        """)

    private mutating func read(_ connection: any SQLConnection, _ machines: ClosedRange<Int64>) throws {
        try connection.each(Self.of, [.integer(machines.lowerBound), .integer(machines.upperBound)]) { row in
            add(row, section: row.text(2), since: row.integer(3))
            return true
        }
    }

    /// Kinds that failed have no section.
    private mutating func read(_ connection: any SQLConnection, _ failed: Statement, _ values: [SQLValue]) throws {
        try connection.each(failed, values) { row in
            add(row, section: "", since: row.integer(2))
            return true
        }
    }

    private mutating func add(_ row: SQLRowReader, section: String?, since: Int64?) {
        guard let machine = row.integer(0), let kind = row.text(1), let section, let since else { return }
        sections[machine, default: []].append(
            UnknownSection(kind: kind, section: section, since: Timestamp(milliseconds: since)))
    }
}
