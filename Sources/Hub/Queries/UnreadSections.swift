import Contracts
import HubAPI

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
