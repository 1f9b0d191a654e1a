import Contracts
import HubAPI

/// `vigie packages`: which version is installed where.
enum PackageQueries {
    private static let columns = """
        SELECT s.name AS machine, p.name, p.architecture, p.version, p.source, p.state, p.automatic, p.held,
          p.installed_size_bytes, \(UnknownParts.column(.apt, "/packages", of: "p"))

        """

    private enum Position {
        static let machine = 0, name = 1, architecture = 2, version = 3, source = 4, state = 5, automatic = 6
        static let held = 7, size = 8, unknownSince = 9
    }

    private static let conditions = """
         AND \(MachineSelection.condition) AND p.name >= ?4 AND p.name < ?5 AND p.name LIKE ?6 ESCAPE '!'
        ORDER BY p.name, s.name, p.architecture
        """

    static let fleet = Statement(
        "packages.fleet",
        columns + """
            FROM apt_packages p CROSS JOIN machine_settings s WHERE s.machine_id = p.machine_id
            """ + conditions)

    static let machine = Statement(
        "packages.machine",
        columns + """
            FROM machine_settings s CROSS JOIN apt_packages p WHERE p.machine_id = s.machine_id
            """ + conditions)

    static let all = [fleet, machine]

    /// - Parameter olderThan: only versions that dpkg has before this one.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, name: NamePattern,
        olderThan: DebianVersion? = nil, limit: Int
    ) throws -> ListAnswer<PackageAnswer> {
        var items: [PackageAnswer] = []
        let values = selection.values + [name.from, name.below, name.like]
        try connection.each(selection.machine == nil ? fleet : machine, values) { row in
            guard let package = package(row) else { return true }
            if let olderThan, DebianVersion(package.version) >= olderThan { return true }
            items.append(package)
            return items.count <= limit
        }
        var answer = ListAnswer(items: items, limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .apt, "/packages", what: "packages", of: selection, includesSilent: true)
        return answer
    }

    private static func package(_ row: SQLRowReader) -> PackageAnswer? {
        guard let machine = row.text(Position.machine), let name = row.text(Position.name),
            let architecture = row.text(Position.architecture), let version = row.text(Position.version)
        else { return nil }
        var package = PackageAnswer(machine: machine, package: name, architecture: architecture, version: version)
        package.source = row.text(Position.source)
        package.state = row.text(Position.state).flatMap { $0 == "installed" ? nil : $0 }
        package.automatic = row.integer(Position.automatic) == 1
        package.held = row.integer(Position.held) == 1
        package.installedSizeBytes = row.integer(Position.size).map { Int($0) }
        package.unknownSince = row.integer(Position.unknownSince).map { Timestamp(milliseconds: $0) }
        return package
    }
}
