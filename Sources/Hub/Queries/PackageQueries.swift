import Contracts
import HubAPI

/// `vigie packages`: which version is installed where.
enum PackageQueries {
    private static let columns = """
        SELECT s.name AS machine, p.name, p.architecture, p.version, p.source, p.state, p.automatic, p.held,
          p.installed_size_bytes,
          (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = p.machine_id AND u.kind = 'apt' AND u.pointer IN ('', '/packages')) AS unknown_since_at
        FROM apt_packages p JOIN machine_settings s ON s.machine_id = p.machine_id

        """

    static let fleet = Statement(
        "packages.fleet",
        columns + """
            WHERE p.name >= ?1 AND p.name < ?2 AND p.name LIKE ?3 ESCAPE '!' AND s.retired_at IS NULL
            ORDER BY p.name, s.name, p.architecture LIMIT ?4
            """)

    static let machine = Statement(
        "packages.machine",
        columns + """
            WHERE p.machine_id = ?5 AND p.name >= ?1 AND p.name < ?2 AND p.name LIKE ?3 ESCAPE '!'
            ORDER BY p.name, p.architecture LIMIT ?4
            """)

    static let all = [fleet, machine]

    static func list(
        _ connection: any SQLConnection, name: NamePattern, machine: Int64?, limit: Int
    ) throws -> ListAnswer<PackageAnswer> {
        let rows =
            if let machine {
                try connection.rows(Self.machine, name.from, name.below, name.like, limit + 1, machine)
            } else {
                try connection.rows(fleet, name.from, name.below, name.like, limit + 1)
            }
        return ListAnswer(items: rows.compactMap(package), limit: limit)
    }

    private static func package(_ row: SQLRow) -> PackageAnswer? {
        guard let machine = row.text("machine"), let name = row.text("name"),
            let architecture = row.text("architecture"), let version = row.text("version")
        else { return nil }
        var package = PackageAnswer(machine: machine, package: name, architecture: architecture, version: version)
        package.source = row.text("source")
        package.state = row.text("state").flatMap { $0 == "installed" ? nil : $0 }
        package.automatic = row.flag("automatic") ?? false
        package.held = row.flag("held") ?? false
        package.installedSizeBytes = row.integer("installed_size_bytes")
        package.unknownSince = row.time("unknown_since_at")
        return package
    }
}
