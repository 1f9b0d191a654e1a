import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite struct MigrationTests {
    @Test(arguments: Engine.allCases) func `The schema is the golden one`(engine: Engine) throws {
        var text = "-- Written by the tests (UPDATE_GOLDEN=1); the tables of the hub as its migrations make them.\n"
        for migration in Migrations.all {
            text += "\n-- version \(migration.version): \(migration.name)\n"
            text += migration.statements(for: engine).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) + ";\n" }
                .joined(separator: "\n")
        }
        let path = "contracts/sql/\(engine.rawValue).sql"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            let url = URL(fileURLWithPath: "\(Repository.root)/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        let golden = String(decoding: try Repository.bytes(path), as: UTF8.self)
        #expect(text == golden, "\(path) is not what the migrations make; UPDATE_GOLDEN=1 writes it")
    }

    @Test func `Every table and column is described`() throws {
        let hub = try TestHubStore()
        let tables = try hub.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        let names = tables.compactMap { $0[0].text }
        #expect(names == TableDescriptions.all.map(\.name).sorted())
        for table in TableDescriptions.all {
            let columns = try hub.rows("SELECT name FROM pragma_table_info('\(table.name)')").compactMap { $0[0].text }
            #expect(columns == table.columns.map(\.name), "columns of \(table.name)")
            #expect(!table.text.isEmpty && table.columns.allSatisfy { !$0.text.isEmpty })
        }
    }

    @Test func `What derivers fill is called derived, and nothing else is`() {
        #expect(
            DerivedTables.all.sorted()
                == TableDescriptions.all.filter { $0.tableClass == .derived }.map(\.name).sorted())
    }

    @Test func `A second start changes nothing`() throws {
        let hub = try TestHubStore()
        let before = try hub.rows("SELECT name, sql FROM sqlite_master ORDER BY name").map(\.values)
        let again = try SQLiteStore(path: hub.directory.file("hub.sqlite"))
        let after = try again.read {
            try $0.rows(Statement("test", "SELECT name, sql FROM sqlite_master ORDER BY name"))
        }
        #expect(before == after.map(\.values))
        #expect(try hub.value("SELECT max(version) FROM schema_migrations") == .integer(Int64(Migrations.newest)))
    }

    @Test func `A database of a newer hub is refused, with what to do`() throws {
        let hub = try TestHubStore()
        _ = try hub.store.write { connection in
            try connection.run(
                Statement("test", "INSERT INTO schema_migrations (version, name, applied_at) VALUES (999, 'x', 0)"))
        }
        #expect {
            _ = try SQLiteStore(path: hub.directory.file("hub.sqlite"))
        } throws: { error in
            (error as? StoreFailure)?.code == .newerDatabase && "\(error)".contains("install the newer vigie-hub")
        }
    }

    @Test func `Deleting a machine leaves nothing of it`() throws {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: 3)
        try hub.take(histories.make(count: 30))
        #expect(try hub.dump().count > 40)
        try hub.store.write { connection in
            try MachineAdministration(connection: connection).delete("web-01")
        }
        #expect(try hub.dump().isEmpty)
        #expect(try hub.value("SELECT count(*) FROM snapshots") == .integer(0))
    }
}
