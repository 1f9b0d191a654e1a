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
            "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        let names = tables.map { "\($0[1].text ?? ""), a \($0[0].text ?? "")" }
        let described = TableDescriptions.all.map { "\($0.name), a \($0.isView ? "view" : "table")" }
        #expect(names.sorted() == described.sorted())
        for table in TableDescriptions.all {
            let columns = try hub.rows("SELECT name FROM pragma_table_info('\(table.name)')").compactMap { $0[0].text }
            #expect(columns == table.columns.map(\.name), "columns of \(table.name)")
            #expect(!table.text.isEmpty && table.columns.allSatisfy { !$0.text.isEmpty })
        }
    }

    @Test func `What derivers fill is called derived, and nothing else is`() {
        #expect(
            DerivedTables.all.sorted()
                == TableDescriptions.all.filter { $0.tableClass == .derived && !$0.isView }.map(\.name).sorted())
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

    /// A database as the versions before a migration made it, and what makes it the next.
    private func before(_ migration: Migration, _ body: (Database, () throws -> Void) throws -> Void) throws {
        SQLiteLibrary.configure()
        try DatabaseQueue().write { database in
            let connection = SQLiteConnection(database: database, times: StatementTimes())
            func apply(_ migration: Migration) throws {
                for (index, sql) in migration.statements(for: .sqlite).enumerated() {
                    try connection.run(Statement("test.\(migration.version).\(index)", sql))
                }
            }
            for older in Migrations.all where older.version < migration.version { try apply(older) }
            try body(database) { try apply(migration) }
        }
    }

    @Test func `What stood in three rows of a machine stands in one, and shows as before`() throws {
        try before(Migrations.oneRow) { database, migrate in
            for machine in 1...3 {
                try database.execute(
                    sql: """
                        INSERT INTO machines (machine_uuid, created_at) VALUES ('m\(machine)', 0);
                        INSERT INTO machine_settings (machine_id, name, notes) VALUES (\(machine), 'n\(machine)', 'x');
                        INSERT INTO machine_credentials (token_hash, machine_id, created_at)
                        VALUES ('h\(machine)', \(machine), 5);
                        INSERT INTO machine_state (machine_id, status) VALUES (\(machine), 'ok');
                        """)
            }
            /// Another value for each column, by its type.
            func fill(_ table: String, machine: Int, kind: String? = nil) throws {
                let columns = try Row.fetchAll(database, sql: "SELECT name, type FROM pragma_table_info('\(table)')")
                let values = columns.enumerated().map { index, column -> String in
                    let name: String = column["name"]
                    switch name {
                    case "machine_id": return "\(machine)"
                    case "kind": return "'\(kind ?? "")'"
                    case "has_unknown", "has_messages": return "1"
                    default: return column["type"] == "TEXT" ? "'\(table).\(index)'" : "\(index + 1)"
                    }
                }
                try database.execute(
                    sql: "REPLACE INTO \(table) VALUES (\(values.joined(separator: ", ")))")
            }
            // The first has everything, the second only inventories, the third nothing but a row.
            try fill("machine_state", machine: 1)
            try fill("machine_kinds", machine: 1, kind: "metrics")
            try fill("machine_metrics_latest", machine: 1)
            for machine in 1...2 {
                try fill("machine_kinds", machine: machine, kind: "apt")
                try fill("machine_os", machine: machine)
            }
            // Both tables had these.
            let shared = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM pragma_table_info('machine_metrics_latest') WHERE name <> 'machine_id'
                      AND name IN (SELECT name FROM pragma_table_info('machine_state'))
                    """)
            for column in shared {
                try database.execute(
                    sql: "UPDATE machine_state SET \(column) = (SELECT \(column) FROM machine_metrics_latest)")
            }
            try database.execute(
                sql: """
                    UPDATE machine_state SET (metrics_at, metrics_due_at) = (SELECT effective_at, next_due_at
                      FROM machine_kinds WHERE kind = 'metrics') WHERE machine_id = 1;
                    UPDATE machine_metrics_latest SET at = (SELECT metrics_at FROM machine_state WHERE machine_id = 1);
                    UPDATE machine_kinds SET payload_uuid = snapshot_uuid, payload_digest = NULL, unchanged_since_at = NULL
                    WHERE kind = 'metrics';
                    """)
            let tables = [
                "machine_kinds", "machine_metrics_latest", "machine_state", "machine_settings", "machine_os",
                "machine_credentials",
            ]
            let columns = try tables.map { table in
                try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info('\(table)')")
                    .joined(separator: ", ")
            }
            func rows() throws -> [[Row]] {
                try zip(tables, columns).map {
                    try Row.fetchAll(database, sql: "SELECT \($1) FROM \($0) ORDER BY 1, 2")
                }
            }
            let old = try rows()
            #expect(old.map(\.count) == [3, 1, 3, 3, 2, 3])
            try migrate()
            for (table, (new, old)) in zip(tables, zip(try rows(), old)) { #expect(new == old, "\(table)") }
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM machine_inventories") == 2)
            try database.execute(sql: "DELETE FROM machines")
            #expect(try rows().allSatisfy(\.isEmpty))
        }
    }

    @Test func `The archive is whole after its key has changed, and gives no row id twice`() throws {
        try before(Migrations.ingest) { database, migrate in
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

            try migrate()
            #expect(try Row.fetchAll(database, sql: "SELECT * FROM snapshots ORDER BY id") == before)
            #expect(before.count == 3)
            try insert(2, "a")
            #expect(try Int.fetchOne(database, sql: "SELECT max(id) FROM snapshots") == 5)
            #expect(throws: DatabaseError.self) { try insert(1, "a") }
            try database.execute(sql: "DELETE FROM machines WHERE machine_uuid = 'one'")
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM snapshots") == 2)
        }
    }

    @Test func `File systems that were rows show as before, with their types`() throws {
        try before(Migrations.filesystems) { database, migrate in
            try database.execute(
                sql: """
                    INSERT INTO machines (machine_uuid, created_at) VALUES ('one', 0), ('two', 0), ('three', 0);
                    INSERT INTO machine_state (machine_id, metrics_at) VALUES (1, 7000), (2, 8000), (3, NULL);
                    INSERT INTO machine_filesystems VALUES
                      (1, '/srv "x"\\ü', 7000, '/dev/sdb1', 'xfs', 4611686018427387904, 5, 6, 12.25, 1, 2, 3, 100.0, 0),
                      (1, '/', 7000, '/dev/sda1', 'ext4', 100, 41, 59, 41.0, NULL, NULL, NULL, NULL, 0),
                      (2, '/', 6000, 'tank/root', 'zfs', 100, 100, 0, NULL, 0, 0, 0, NULL, 1);
                    """)
            let query = """
                SELECT machine_id, mount_point, at, device, type, total_bytes, used_bytes, available_bytes,
                  used_percent, inodes_total, inodes_used, inodes_available, inodes_used_percent, read_only,
                  typeof(used_percent), typeof(inodes_used_percent), typeof(total_bytes), typeof(read_only)
                FROM machine_filesystems ORDER BY machine_id, mount_point
                """
            let old = try Row.fetchAll(database, sql: query)
            #expect(old.count == 3)
            try migrate()
            #expect(try Row.fetchAll(database, sql: query) == old)
            #expect(
                try Int.fetchOne(
                    database,
                    sql: "SELECT count(*) FROM machine_filesystems WHERE read_only = '0' AND total_bytes > '99'") == 2)
            let texts = try String?.fetchAll(
                database, sql: "SELECT filesystems_json FROM machine_state ORDER BY machine_id")
            #expect(
                texts[1] == """
                    [{"mount_point":"/","at":6000,"device":"tank/root","type":"zfs","total_bytes":100,"used_bytes":100,\
                    "available_bytes":0,"inodes_total":0,"inodes_used":0,"inodes_available":0,"read_only":1}]
                    """)
            #expect(texts[2] == nil)
        }
    }

    @Test func `Rows of the history are all there, in the order of time, and have their key`() throws {
        try before(Migrations.arrival) { database, migrate in
            for (machine, bucket, at) in [(2, 300, 310), (1, 300, 300), (1, 300, 360), (2, 0, 10), (3, 600, 600)] {
                try database.execute(
                    sql: """
                        INSERT INTO host_metrics (machine_id, bucket_at, at, sequence, load_1m, celsius_max,
                          filesystems_json)
                        VALUES (?, ?, ?, 7, 0.5, 41, '[["/",41.0,null]]')
                        """, arguments: [machine, bucket, at])
            }
            let columns = try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info('host_metrics')")
            let all = "SELECT \(columns.joined(separator: ", ")) FROM host_metrics ORDER BY "
            let sql = all + "bucket_at, machine_id, at"
            let before = try Row.fetchAll(database, sql: sql)
            #expect(before.count == 5)
            let connection = SQLiteConnection(database: database, times: StatementTimes())
            #expect(
                try Migrations.roomNeeded(after: Migrations.arrival.version - 1, in: connection) == 2 * 5 * 300)

            try migrate()
            #expect(try Row.fetchAll(database, sql: sql) == before)
            #expect(try Row.fetchAll(database, sql: all + "entry") == before)
            #expect(throws: DatabaseError.self) {
                try database.execute(
                    sql: "INSERT INTO host_metrics (machine_id, bucket_at, at, sequence) VALUES (1, 300, 360, 8)")
            }
            try database.execute(
                sql: "INSERT INTO host_metrics (machine_id, bucket_at, at, sequence) VALUES (1, 0, 5, 8)")
            #expect(try Int.fetchOne(database, sql: "SELECT entry FROM host_metrics WHERE sequence = 8") == 6)
            #expect(try Migrations.roomNeeded(after: Migrations.newest, in: connection) == 0)
        }
    }

    @Test func `The fullest of a machine's file systems is known after the upgrade`() throws {
        try before(Migrations.fullest) { database, migrate in
            let lists: [String?] = [
                #"[{"mount_point":"/","used_percent":40.5},{"mount_point":"/srv","used_percent":93.0,"read_only":1}]"#,
                #"[{"mount_point":"/"},{"mount_point":"/a","used_percent":7}]"#, #"[{"mount_point":"/"}]"#, nil,
            ]
            for (number, list) in lists.enumerated() {
                try database.execute(
                    sql: "INSERT INTO machines (machine_uuid, created_at) VALUES (?, 0)", arguments: ["m\(number)"])
                try database.execute(
                    sql: "INSERT INTO machine_state (machine_id, filesystems_json) VALUES (?, ?)",
                    arguments: [number + 1, list])
            }
            try migrate()
            let found = try Row.fetchAll(
                database, sql: "SELECT filesystems_used_percent_max FROM machine_state ORDER BY machine_id")
            #expect(found.map { $0[0] as Double? } == [93, 7, nil, nil])
        }
    }

    @Test func `When a machine was last heard is known after the upgrade, also where nothing was derived`() throws {
        try before(Migrations.contact) { database, migrate in
            for (uuid, seen) in [("derived", 5000), ("held", 6000), ("new", nil)] as [(String, Int?)] {
                try database.execute(
                    sql: """
                        INSERT INTO machines (machine_uuid, created_at, last_seen_at, next_due_at, highest_sequence,
                          clock_skew_ms, remote_address, spool_files, spool_bytes, spool_dropped_total, hostname)
                        VALUES (?, 1, ?, 7000, 41, -3, '192.0.2.1', 2, 300, 1, 'web-01')
                        """, arguments: [uuid, seen])
            }
            try database.execute(
                sql: "INSERT INTO machine_state (machine_id, status, load_1m) VALUES (1, 'warning', 0.5)")
            let connection = SQLiteConnection(database: database, times: StatementTimes())
            #expect(try Migrations.roomNeeded(after: Migrations.contact.version - 1, in: connection) == 2 * 1 * 8000)

            try migrate()
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT machine_id, status, load_1m, last_seen_at, next_due_at, highest_sequence, clock_skew_ms,
                      remote_address, spool_files, spool_bytes, spool_dropped_total FROM machine_state
                    """)
            let contact: [(any DatabaseValueConvertible)?] = [7000, 41, -3, "192.0.2.1", 2, 300, 1]
            let expected: [[(any DatabaseValueConvertible)?]] = [
                [1, "warning", 0.5, 5000] + contact, [2, "ok", nil, 6000] + contact,
            ]
            #expect(
                rows.map { Array($0.databaseValues) }
                    == expected.map { $0.map { $0?.databaseValue ?? .null } })
            let names = try String.fetchAll(database, sql: "SELECT hostname FROM machines")
            #expect(names == ["web-01", "web-01", "web-01"])
        }
    }

    /// The step writes the table in another order of its columns.
    @Test func `Each value of the newest state is where it was after the upgrade`() throws {
        try before(Migrations.contact) { database, migrate in
            try database.execute(
                sql: "INSERT INTO machines (id, machine_uuid, created_at, last_seen_at) VALUES (7, 'seven', 1, 2)")
            let columns = try Row.fetchAll(database, sql: "SELECT name, type FROM pragma_table_info('machine_state')")
                .map { (name: $0[0] as String, type: $0[1] as String) }.filter { $0.name != "machine_id" }
            let values: [any DatabaseValueConvertible] = columns.enumerated().map { place, column in
                switch column.type {
                case "TEXT":
                    column.name == "filesystems_json" ? #"[{"mount_point":"/","used_percent":3.5}]"# : "t\(place)"
                case "BIGINT": place
                default: Double(place) + 0.5
                }
            }
            let names = columns.map(\.name).joined(separator: ", ")
            try database.execute(
                sql:
                    "INSERT INTO machine_state (machine_id, \(names)) VALUES (7\(columns.map { _ in ", ?" }.joined()))",
                arguments: StatementArguments(values))
            try migrate()
            let row = try #require(try Row.fetchOne(database, sql: "SELECT \(names) FROM machine_state"))
            for (place, column) in columns.enumerated() {
                #expect(row[place] as DatabaseValue == values[place].databaseValue, "\(column.name)")
            }
            #expect(try String.fetchAll(database, sql: "SELECT mount_point FROM machine_filesystems") == ["/"])
            #expect(
                try Int.fetchOne(database, sql: "SELECT count(*) FROM machine_metrics_latest WHERE load_1m > 0") == 1)
            #expect(try String.fetchAll(database, sql: "SELECT kind FROM machine_kinds") == ["metrics"])
            try database.execute(sql: "PRAGMA foreign_keys = ON; DELETE FROM machines")
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM machine_state") == 0)
        }
    }

    @Test func `What a snapshot became is still checked, in a database that was there before too`() throws {
        try before(Migrations.checks) { database, migrate in
            try database.execute(sql: "INSERT INTO machines (machine_uuid, created_at) VALUES ('one', 0)")
            func insert(_ uuid: String, _ result: String) throws {
                try database.execute(
                    sql: """
                        INSERT INTO snapshots (machine_id, snapshot_uuid, kind, schema_version, sequence, boot_id,
                          collected_at, received_at, effective_at, collection_status, result, body_digest,
                          inflated_bytes, body)
                        VALUES (1, ?, 'apt', 1, 1, 'b', 2, 3, 2, 'ok', ?, 'e', 5, x'00ff')
                        """, arguments: [uuid, result])
            }
            try insert("before", "held")
            try migrate()
            for result in ["derived", "unchanged", "stale", "held", "failed"] { try insert(result, result) }
            for result in ["", "Derived", "odd"] {
                #expect(throws: DatabaseError.self) { try insert("x\(result)", result) }
            }
            #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM snapshots") == 6)
            #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
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
