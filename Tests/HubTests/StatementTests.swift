import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite struct StatementTests {
    /// Tables that grow with the fleet and with time: a question must not read all of one.
    private static let large = [
        "snapshots", "host_metrics", "container_metrics", "machine_events", "apt_packages", "apt_planned_packages",
        "apt_applied_packages", "docker_containers", "docker_images", "docker_container_events", "docker_image_events",
        "machine_filesystems", "machine_disks", "audit_log", "host_metrics_5m", "host_metrics_1h",
        "filesystem_metrics_1h", "container_metrics_1h", "cleanup_runs", "hub_metrics",
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

    private static let ownToSQLite: Set<String> = [
        "check.integrity", "check.references", "migrations.table", "rederive.schema", "rederive.columns",
    ]

    @Test func `Every statement of the sources is in the registry, under a name of its own`() throws {
        let names = Statement.registry.map(\.name)
        let doubles = Dictionary(grouping: Statement.registry, by: \.name).filter { Set($0.value.map(\.sql)).count > 1 }
        #expect(doubles.isEmpty, "\(doubles.keys)")
        let directory = "\(Repository.root)/Sources/Hub"
        let literal = /Statement\(\s*"([a-z_.]+)"/
        var found = 0
        for case let path as String in try #require(FileManager.default.enumerator(atPath: directory))
        where path.hasSuffix(".swift") {
            let text = try String(contentsOfFile: "\(directory)/\(path)", encoding: .utf8)
            for match in text.matches(of: literal) {
                let name = String(match.1)
                found += 1
                // SQLite's own upkeep has no meaning on the other engine.
                if Self.ownToSQLite.contains(name) { continue }
                #expect(names.contains(name), "\(name) of \(path) is not in Statement.registry")
            }
        }
        #expect(found > 50)
    }

    @Test func `No statement reads all of a large table`() throws {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: 7)
        try hub.take(histories.make(count: 120))
        let scan = /SCAN ([a-z_]+)/
        for statement in Statement.registry where !statement.sql.hasPrefix("CREATE") {
            guard Self.mayScan[statement.name] == nil else { continue }
            let parameters = statement.sql.matches(of: /\?([0-9]+)/).compactMap { Int($0.1) }.max() ?? 0
            let plan = try hub.store.read { connection in
                try connection.rows(
                    Statement("explain", "EXPLAIN QUERY PLAN \(statement.sql)"),
                    [SQLValue](repeating: .null, count: parameters))
            }
            for line in plan.compactMap({ $0["detail"].text }) {
                guard let match = line.firstMatch(of: scan) else { continue }
                let table = Self.table(String(match.1), in: statement.sql)
                // In the order of an index, with a limit, it stops early.
                if line.contains("USING"), statement.sql.contains("LIMIT") { continue }
                // A partial index holds only the rows that the question is about.
                if line.contains("snapshots_held") || line.contains("important_messages_open") { continue }
                if Self.large.contains(table) { Issue.record("\(statement.name): \(line)") }
            }
        }
    }

    private static func table(_ alias: String, in sql: String) -> String {
        large.first { name in
            sql.contains("\(name) \(alias) ") || sql.contains("\(name) \(alias)\n")
                || sql.contains("\(name) AS \(alias)")
        } ?? alias
    }
}
