import Foundation
import GRDB
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

    @Test func `The archive is whole after its key has changed, and gives no row id twice`() throws {
        let queue = try DatabaseQueue()
        try queue.write { database in
            let connection = SQLiteConnection(database: database, times: StatementTimes())
            for migration in Migrations.all where migration.version < Migrations.ingest.version {
                for (index, sql) in migration.statements(for: .sqlite).enumerated() {
                    try connection.run(Statement("old.\(migration.version).\(index)", sql))
                }
            }
            try database.execute(sql: "INSERT INTO machines (machine_uuid, created_at) VALUES ('one', 0), ('two', 0)")
            func insert(_ machine: Int, _ uuid: String, sameAs: String? = nil, result: String = "derived") throws {
                try database.execute(
                    sql: """
                        INSERT INTO snapshots (machine_id, snapshot_uuid, kind, schema_version, sequence, boot_id,
                          collected_at, received_at, effective_at, collection_status, result, payload_digest, same_as,
                          body_digest, inflated_bytes, body)
                        VALUES (?, ?, 'apt', 1, 1, 'b', 2, 3, 2, 'ok', ?, 'd', ?, 'e', 5, x'00ff')
                        """, arguments: [machine, uuid, result, sameAs])
            }
            try insert(1, "b")
            try insert(2, "b", sameAs: "a")
            try insert(1, "a", result: "held")
            try insert(1, "c")
            try database.execute(sql: "DELETE FROM snapshots WHERE snapshot_uuid = 'c'")
            let before = try Row.fetchAll(database, sql: "SELECT * FROM snapshots ORDER BY id")

            for (index, sql) in Migrations.ingest.statements(for: .sqlite).enumerated() {
                try connection.run(Statement("new.\(index)", sql))
            }
            #expect(try Row.fetchAll(database, sql: "SELECT * FROM snapshots ORDER BY id") == before)
            #expect(before.count == 3)
            try insert(2, "a")
            #expect(try Int.fetchOne(database, sql: "SELECT max(id) FROM snapshots") == 5)
            #expect(throws: DatabaseError.self) { try insert(1, "a") }
            try database.execute(sql: "DELETE FROM machines WHERE machine_uuid = 'one'")
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM snapshots") == 2)
        }
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
