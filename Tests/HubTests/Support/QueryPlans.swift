@testable import Hub

/// How SQLite goes about each statement of the registry.
enum QueryPlans {
    /// Tables that grow with the fleet and with time: a question must not read all of one.
    private static let large = [
        "snapshots", "host_metrics", "container_metrics", "machine_events", "apt_packages", "apt_planned_packages",
        "apt_applied_packages", "docker_containers", "docker_images", "docker_container_events", "docker_image_events",
        "machine_disks", "machine_inventories", "audit_log", "host_metrics_5m",
        "host_metrics_1h", "filesystem_metrics_1h", "container_metrics_1h", "cleanup_runs", "hub_metrics",
        "important_messages", "message_acknowledgements", "machine_boots",
        "machine_interfaces", "machine_addresses", "machine_neighbors",
        "machine_pci_devices", "machine_host_keys", "machine_host_key_sightings", "docker_volumes", "docker_networks",
        "docker_compose_stacks", "docker_stack_services", "apt_sources", "event_feed",
    ]
    /// Statements that may read a whole table, and why.
    private static let mayScan: [String: String] = [
        "check.count": "vigie-hub check looks at all of the archive",
        "check.carriers": "vigie-hub check looks at all of the archive",
        "rederive.clear_feed": "the scratch of a rebuild, in memory, has one machine",
        "neighbors.fleet": "goes along the index of MACs, and is left at the limit of the question",
        "tag_rules.images":
            "rules about images look at the containers of the whole fleet, once a minute, where there are any",
    ]

    /// Explains every statement against the tables of `store`; answers how many that were, and a line for each one that
    /// would read all of a large table.
    static func scans(in store: SQLiteStore) throws -> (explained: Int, scans: [String]) {
        let scan = /SCAN ([a-z_]+)/
        var explained = 0
        var scans: [String] = []
        for statement in Statement.registry where !statement.sql.hasPrefix("CREATE") {
            guard mayScan[statement.name] == nil else { continue }
            explained += 1
            for line in try plan(of: statement, in: store) {
                guard let match = line.firstMatch(of: scan) else { continue }
                // In the order of an index, with a limit, it stops early.
                if line.contains("USING"), statement.sql.contains("LIMIT") { continue }
                // A partial index holds only the rows that the question is about.
                if line.contains("snapshots_held") { continue }
                let name = table(String(match.1), in: statement.sql)
                if large.contains(name) { scans.append("\(statement.name): \(line)") }
            }
        }
        return (explained, scans)
    }

    /// The lines of the plan.
    static func plan(of statement: Statement, in store: SQLiteStore) throws -> [String] {
        let parameters = statement.sql.matches(of: /\?([0-9]+)/).compactMap { Int($0.1) }.max() ?? 0
        return try store.read { connection in
            try connection.rows(
                Statement("explain", "EXPLAIN QUERY PLAN \(statement.sql)"),
                [SQLValue](repeating: .null, count: parameters))
        }.compactMap { $0["detail"].text }
    }

    private static func table(_ alias: String, in sql: String) -> String {
        large.first { name in
            sql.contains("\(name) \(alias) ") || sql.contains("\(name) \(alias)\n")
                || sql.contains("\(name) AS \(alias)")
        } ?? alias
    }
}
