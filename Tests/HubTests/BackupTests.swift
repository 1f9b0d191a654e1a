import Contracts
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Hub

/// A hub that is copied while it takes snapshots, and made again of the copy.
struct BackupTests {
    private func backup(_ hub: HubUnderTest, at now: Timestamp = Clock.now()) -> Backup {
        Backup(
            directory: DataDirectory(path: hub.directory.file("hub")), configurationFile: nil,
            configuration: HubConfiguration(), now: now)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test(.timeLimit(.minutes(5)))
    func backupUnderLoadHoldsEverythingAnsweredBefore() async throws {
        let restored = try TemporaryDirectory()
        let (machine, answered) = try await HubUnderTest.run({ $0.limits.requestsPerMinute = 1_000_000 }) { hub in
            let machine = try await hub.enroll()
            let answered = Mutex<[Identifier]>([])
            let done = Mutex(false)
            let posting = Task {
                var sequence = 0
                while !done.withLock({ $0 }) {
                    sequence += 1
                    let snapshot = try SentSnapshot(.metrics, of: machine, sequence: sequence)
                    guard try await hub.post(snapshot, machine).status < 300 else { continue }
                    answered.withLock { $0.append(snapshot.head.snapshotID) }
                }
            }
            #expect(try await eventually { answered.withLock { $0.count } > 100 })
            let before = answered.withLock { $0 }
            let destination = restored.file("backups")
            let written = try await DedicatedThread.run { [backup = backup(hub)] in
                Result { try backup.write(to: destination, keep: nil) }
            }.get()
            let during = answered.withLock { $0.count }
            // It goes on while and after it was copied.
            #expect(try await eventually { answered.withLock { $0.count } > during + 20 })
            done.withLock { $0 = true }
            try await posting.value
            #expect(written.manifest.machines == 1)
            #expect(written.manifest.snapshots >= before.count)
            #expect(written.manifest.files.map(\.path).contains("ca/ca.key"))
            #expect(try mode(written.path) == 0o700)
            for file in written.manifest.files { #expect(try mode("\(written.path)/\(file.path)") == 0o600) }
            let manifest = try Restore(
                source: written.path, directory: DataDirectory(path: restored.file("hub"))
            ).run()
            #expect(manifest == written.manifest)
            return (machine, before)
        }
        // Machines that were enrolled go on at the hub that was restored.
        try await HubUnderTest.run(in: restored) { hub in
            let archived = Set(try hub.rows("SELECT snapshot_uuid AS id FROM snapshots").compactMap { $0["id"].text })
            let lost = answered.filter { !archived.contains($0.text) }
            #expect(lost.isEmpty, "\(lost.count) of \(answered.count)")
            #expect(try hub.count("host_metrics") == Int64(archived.count))
            #expect(try StoreCheck(store: hub.store).run(isFull: true).isSound)
            let next = try await hub.post(try SentSnapshot(.docker, of: machine, sequence: 1_000_000), machine)
            #expect(next.status == 201)
            #expect(try mode(restored.file("hub/ca/ca.key")) == 0o600)
        }
    }

    @Test func backupsGatherAndTheOldestGo() async throws {
        try await HubUnderTest.run { hub in
            let destination = hub.directory.file("backups")
            let start = Timestamp(milliseconds: 1_790_000_000_000)
            for day in 0..<3 {
                let now = start.adding(milliseconds: Int64(day) * 86_400_000)
                let written = try backup(hub, at: now).write(to: destination, keep: 2)
                #expect(written.removed.count == (day == 2 ? 1 : 0))
            }
            let names = try Backup.list(destination)
            #expect(
                names == [
                    Backup.name(start.adding(milliseconds: 86_400_000)),
                    Backup.name(start.adding(milliseconds: 2 * 86_400_000)),
                ])
            #expect(names[0] == "vigie-hub-20260922T141320Z")
            // Never over another one.
            do {
                _ = try backup(hub, at: start.adding(milliseconds: 86_400_000)).write(to: destination, keep: nil)
                Issue.record("it was overwritten")
            } catch let failure as CommandFailure { #expect(failure.status == .cannotCreate) }
            // What a killed run left goes, foreign files stay.
            try FileManager.default.createDirectory(
                atPath: destination + "/.vigie-hub-20260101T000000Z.partial", withIntermediateDirectories: false)
            try "mine".write(toFile: destination + "/notes", atomically: true, encoding: .utf8)
            _ = try backup(hub).write(to: destination, keep: 1)
            let left = try Backup.names(destination)
            #expect(left.count == 2)
            #expect(left.contains("notes"))
        }
    }

    @Test func backupToWhereNothingCanBeWritten() async throws {
        try await HubUnderTest.run { hub in
            try "".write(toFile: hub.directory.file("file"), atomically: true, encoding: .utf8)
            do {
                _ = try backup(hub).write(to: hub.directory.file("file"), keep: nil)
                Issue.record("a file took a backup")
            } catch let failure as CommandFailure { #expect(failure.status == .usage) }
            // Two at once would remove each other's unfinished ones.
            let destination = hub.directory.file("backups")
            try SecretFile.makeDirectory(destination)
            let other = open(destination, O_RDONLY | O_DIRECTORY)
            flock(other, LOCK_EX)
            do {
                _ = try backup(hub).write(to: destination, keep: nil)
                Issue.record("two backups at once")
            } catch let failure as CommandFailure { #expect(failure.status == .unavailable) }
            close(other)
        }
    }

    @Test func damagedDatabaseMakesNoBackup() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for sequence in 1...50 {
                _ = try await hub.post(try SentSnapshot(.metrics, of: machine, sequence: sequence), machine)
            }
            let destination = hub.directory.file("backups")
            let copy = hub.directory.file("damaged")
            let whole = try backup(hub).write(to: destination, keep: nil)
            try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(whole.path)/hub.sqlite"))
            for index in stride(from: 8192 * 20, to: bytes.count, by: 8192) { bytes[index] = 0x77 }
            try bytes.write(to: URL(fileURLWithPath: copy + "/hub.sqlite"))
            let damaged = Backup(
                directory: DataDirectory(path: copy), configurationFile: nil, configuration: HubConfiguration(),
                now: Clock.now().adding(milliseconds: 5000))
            #expect(throws: (any Error).self) { try damaged.write(to: destination, keep: 1) }
            #expect(try Backup.names(destination) == [whole.path.split(separator: "/").last.map(String.init)])
        }
    }
}

/// Restoring: what is not whole, and where something is.
struct RestoreTests {
    private func written(in directory: TemporaryDirectory) async throws -> String {
        try await HubUnderTest.run(in: directory) { hub in
            _ = try await hub.enroll()
            let configuration = try directory.write("hub.toml", "[server]\n")
            return try Backup(
                directory: DataDirectory(path: directory.file("hub")), configurationFile: configuration,
                configuration: HubConfiguration(), now: Clock.now()
            ).write(to: directory.file("backups"), keep: nil).path
        }
    }

    private func restore(_ source: String, into path: String) throws -> BackupManifest {
        try Restore(source: source, directory: DataDirectory(path: path)).run()
    }

    private func refused(_ status: CommandFailure.Status, _ body: () throws -> Void) {
        do {
            try body()
            Issue.record("it was restored")
        } catch let failure as CommandFailure {
            #expect(failure.status == status, "\(failure)")
        } catch { Issue.record("\(error)") }
    }

    @Test func nothingIsOverwritten() async throws {
        let directory = try TemporaryDirectory()
        let source = try await written(in: directory)
        refused(.cannotCreate) { _ = try restore(source, into: directory.file("hub")) }
        // An authority alone is a hub's, too.
        try FileManager.default.createDirectory(atPath: directory.file("other/ca"), withIntermediateDirectories: true)
        refused(.cannotCreate) { _ = try restore(source, into: directory.file("other")) }
        #expect(directory.names("other") == ["ca"])
        // Foreign files stay.
        try FileManager.default.createDirectory(atPath: directory.file("third"), withIntermediateDirectories: true)
        try directory.write("third/notes", "mine")
        let manifest = try restore(source, into: directory.file("third"))
        #expect(manifest.machines == 1)
        #expect(directory.names("third").filter { $0 != "hub.lock" }.sorted() == ["ca", "hub.sqlite", "notes"])
        #expect(directory.names("third/ca") == directory.names("hub/ca"))
        #expect(!directory.names("third").contains("hub.toml"), "the configuration is the administrator's")
    }

    @Test func aHubThatServesIsNotTouched() async throws {
        let directory = try TemporaryDirectory()
        let source = try await written(in: directory)
        let target = DataDirectory(path: directory.file("live"))
        try target.prepare()
        let lock = try target.takeLock()
        refused(.unavailable) { _ = try restore(source, into: target.path) }
        #expect(directory.names("live") == ["hub.lock"])
        try lock.close()
    }

    @Test func whatWasChangedIsNotRestored() async throws {
        let directory = try TemporaryDirectory()
        let source = try await written(in: directory)
        let name = String(source.dropFirst(directory.path.count + 1))
        func whole(_ file: String) throws -> [UInt8] { Array(try directory.read("\(name)/\(file)")) }
        func put(_ file: String, _ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(source)/\(file)"))
        }
        for file in ["hub.sqlite", "ca/ca.pem", "ca/ca.key", "hub.toml"] {
            let bytes = try whole(file)
            var changed = bytes
            changed[changed.count / 2] ^= 1
            for wrong in [changed, Array(bytes.dropLast()), bytes + [0]] {
                try put(file, wrong)
                refused(.software) { _ = try restore(source, into: directory.file("new")) }
                #expect(!FileManager.default.fileExists(atPath: directory.file("new")), "\(file)")
            }
            try put(file, bytes)
        }
        let manifest = String(decoding: try whole("manifest.json"), as: UTF8.self)
        for (old, new) in [
            ("\"path\":\"ca/ca.key\"", "\"path\":\"../ca.key\""),
            ("\"path\":\"ca/ca.key\"", "\"path\":\"/etc/passwd\""),
            ("\"path\":\"ca/ca.key\"", "\"path\":\"ca/../../x\""),
            ("\"path\":\"ca/ca.key\"", "\"path\":\"hub.sqlite\""),
            ("\"files\"", "\"lists\""),
        ] {
            try put("manifest.json", Array(manifest.replacing(old, with: new).utf8))
            refused(.software) { _ = try restore(source, into: directory.file("new")) }
        }
        try put("manifest.json", Array(manifest.replacing("\"format\":1", with: "\"format\":2").utf8))
        refused(.configuration) { _ = try restore(source, into: directory.file("new")) }
        let newer = manifest.replacing("\"schema_version\":\(Migrations.newest)", with: "\"schema_version\":9999")
        try put("manifest.json", Array(newer.utf8))
        refused(.configuration) { _ = try restore(source, into: directory.file("new")) }
        try FileManager.default.removeItem(atPath: "\(source)/manifest.json")
        refused(.noInput) { _ = try restore(source, into: directory.file("new")) }
        #expect(!FileManager.default.fileExists(atPath: directory.file("new")))
    }

    @Test func anInterruptedRestoreIsNoHub() async throws {
        let directory = try TemporaryDirectory()
        let source = try await written(in: directory)
        // As a restore leaves it that was killed between its two renames.
        try FileManager.default.createDirectory(
            atPath: directory.file("hub2/hub/.restore"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: directory.file("hub2/hub/ca"), withIntermediateDirectories: true)
        try directory.write("hub2/hub/.restore/hub.sqlite", "half")
        let half = DataDirectory(path: directory.file("hub2/hub"))
        #expect(throws: CommandFailure.self) { try half.prepare() }
        #expect(throws: CommandFailure.self) { try half.refuseUnfinishedRestore() }
        _ = try restore(source, into: half.path)
        #expect(!half.hasUnfinishedRestore)
        try half.prepare()
        #expect(try DatabaseCopy.problems(of: half.database).isEmpty)
    }
}

/// The copy that is made before a new version changes the tables.
struct UpgradeCopyTests {
    /// A database as the first version of the schema made it, with one machine.
    private func oldDatabase(_ path: String) throws {
        SQLiteLibrary.configure()
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            let connection = SQLiteConnection(database: database, times: StatementTimes())
            try database.execute(
                sql:
                    "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
            )
            for sql in Migrations.core.statements(for: .sqlite) { try connection.run(Statement("test", sql)) }
            try database.execute(sql: "INSERT INTO schema_migrations VALUES (1, 'core', 0)")
            try database.execute(sql: "INSERT INTO machines (machine_uuid, created_at) VALUES ('one', 0)")
        }
        try queue.close()
    }

    @Test func copyIsMadeOnceAndOldOnesGo() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("hub.sqlite")
        try oldDatabase(path)
        try directory.write("before/schema-0-20200101T000000Z.sqlite", "old")
        try directory.write("before/schema-0-20210101T000000Z.sqlite", "newer")
        var told: [String] = []
        func open() throws {
            let copy = UpgradeCopy(directory: directory.file("before"), keep: 2) { told.append($0) }
            let store = try SQLiteStore(path: path, upgrade: .afterCopy(copy))
            #expect(try store.read { try Migrations.version(of: $0, engine: .sqlite) } == Migrations.newest)
            try store.close()
        }
        try open()
        #expect(told.count == 2, "\(told)")
        let copies = directory.names("before").sorted()
        #expect(copies.count == 2)
        #expect(copies[0] == "schema-0-20210101T000000Z.sqlite")
        #expect(copies[1].hasPrefix("schema-1-2"))
        // It is the database as it was.
        let queue = try DatabaseQueue(path: directory.file("before/" + copies[1]))
        let (version, machines) = try queue.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT max(version) FROM schema_migrations"),
                try String.fetchAll(database, sql: "SELECT machine_uuid FROM machines")
            )
        }
        #expect(version == 1)
        #expect(machines == ["one"])
        // Nothing to upgrade, nothing to copy.
        try open()
        #expect(told.count == 2)
    }

    @Test func newDatabasesAndUnwantedCopiesMakeNone() throws {
        let directory = try TemporaryDirectory()
        let copy = UpgradeCopy(directory: directory.file("before"), keep: 2) { Issue.record("\($0)") }
        try SQLiteStore(path: directory.file("new.sqlite"), upgrade: .afterCopy(copy)).close()
        try oldDatabase(directory.file("old.sqlite"))
        let none = UpgradeCopy(directory: directory.file("before"), keep: 0) { Issue.record("\($0)") }
        try SQLiteStore(path: directory.file("old.sqlite"), upgrade: .afterCopy(none)).close()
        #expect(!directory.names().contains("before"))
    }

    @Test func noRoomForACopyLeavesEverything() throws {
        let directory = try TemporaryDirectory()
        try oldDatabase(directory.file("hub.sqlite"))
        // A place that cannot take one: a file.
        try directory.write("before", "")
        let copy = UpgradeCopy(directory: directory.file("before"), keep: 1) { _ in }
        #expect(throws: (any Error).self) {
            try SQLiteStore(path: directory.file("hub.sqlite"), upgrade: .afterCopy(copy))
        }
        do {
            _ = try SQLiteStore(path: directory.file("hub.sqlite"), upgrade: .refused)
            Issue.record("a command upgraded the tables")
        } catch let failure as StoreFailure {
            #expect(failure.code == .olderDatabase)
            #expect(failure.message.contains("restart"))
        }
    }
}
