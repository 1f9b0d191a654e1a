import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite struct StatementTests {
    private static let ownToSQLite: Set<String> = [
        "check.integrity", "check.references", "migrations.table", "migrations.history_rows",
        "migrations.state_rows", "rederive.schema", "rederive.columns",
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
        let (explained, scans) = try QueryPlans.scans(in: hub.store)
        #expect(explained > 200)
        #expect(scans == [])
    }

    @Test(arguments: ["watch.failing", "unknown_parts.failed_kinds", "unknown_parts.machines"])
    func `The few machines of which a kind failed are found by their own index`(_ name: String) throws {
        let hub = try TestHubStore()
        let statement = try #require(Statement.registry.first { $0.name == name })
        let plan = try QueryPlans.plan(of: statement, in: hub.store)
        #expect(plan.contains { $0.contains("machine_state_failing") }, "\(plan)")
        #expect(!plan.contains { $0.hasPrefix("SCAN") && $0.contains("machine_inventories") }, "\(plan)")
    }
}
