import Foundation
import GRDB
import TestSupport
import Testing

@testable import Hub

/// The write-ahead log is folded into the database beside the writer.
@Suite struct CheckpointerTests {
    private static let sizes = Checkpointer.Sizes(start: 512 << 10, rest: 128 << 10, limit: 2 << 20, piece: 64 << 10)
    private static let insert = Statement("test.insert", "INSERT INTO tests (text) VALUES (?1)")
    private static let update = Statement("test.update", "UPDATE tests SET text = ?1 WHERE id % 7 = ?2")
    private static let one = Statement("test.one", "SELECT id FROM tests WHERE id = 1")
    private static let count = Statement("test.count", "SELECT count(*) AS n FROM tests")

    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore(path: directory.file("hub.sqlite"), checkpoints: Self.sizes)
        try store.pool.write {
            try $0.execute(sql: "CREATE TABLE tests (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        }
    }

    private func commit(_ number: Int, rows: Int = 4) throws {
        try store.write { connection in
            for _ in 0..<rows {
                try connection.run(Self.insert, String(repeating: "\(number % 10)", count: 3000))
            }
            if number % 10 == 0 {
                try connection.run(Self.update, String(repeating: "x", count: 3000), number / 10 % 7)
            }
        }
    }

    private func rows() throws -> Int { try store.read { Int(try $0.row(Self.count)?["n"].integer ?? -1) } }

    private func isSound() throws -> Bool {
        try store.pool.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok"
    }

    /// The file without its log.
    private var databaseBytes: Int64 {
        get throws { try #require(FileManager.default.attributesOfItem(atPath: store.path)[.size] as? Int64) }
    }

    @Test func `The log stays short, whatever is written`() throws {
        var longest: Int64 = 0
        for number in 0..<1500 {
            try commit(number)
            longest = max(longest, store.walBytes ?? 0)
        }
        #expect(longest > 512 << 10, "some of it is gathered before the first checkpoint")
        // What is not in the database is limited, and so is what is: a commit and the last round come on top.
        #expect(longest < 6 << 20)
        #expect(try databaseBytes > 10 << 20)
        #expect(try rows() == 6000)
        #expect(try isSound())
    }

    @Test func `A reader keeps its past, and when it is done the log begins anew`() throws {
        for number in 0..<50 { try commit(number) }
        let before = try rows()
        let past = try store.pool.makeSnapshot()
        for number in 50..<800 { try commit(number) }
        #expect(try past.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM tests") } == before)
        let grown = try #require(store.walBytes)
        #expect(grown > 8 << 20, "nothing of what the reader may ask for is written over")
        #expect(try rows() == 3200)
        try past.close()
        for number in 800..<1000 { try commit(number) }
        // Written from its front again, and cut to the limit.
        #expect(try databaseBytes > 8 << 20)
        for number in 1000..<1600 { try commit(number) }
        #expect(try #require(store.walBytes) < 6 << 20)
        #expect(try isSound())
    }

    @Test func `Checkpoints that others ask for are not refused while one goes on`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<800 { try self.commit(number) }
            }
            for _ in 0..<40 {
                #expect(try store.checkpoint())
                try store.erase { _ = try $0.write { try $0.run(Self.update, "y", 3) } }
                #expect(store.walBytes ?? 0 < 4 << 20)
                try await Task.sleep(for: .milliseconds(5))
            }
            try await group.waitForAll()
        }
        #expect(try rows() == 3200)
        try store.erase { _ in }
        #expect(store.walBytes == 0, "emptied, not only folded")
        #expect(try isSound())
    }

    @Test func `Readers that come and go do not let the log grow on`() async throws {
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<2 {
                group.addTask {
                    while !Task.isCancelled {
                        try? await store.read { connection in
                            _ = try connection.row(Self.one)
                            usleep(UInt32(4000 + 3000 * index))
                        }
                        try? await Task.sleep(for: .milliseconds(4))
                    }
                }
            }
            var longest: Int64 = 0
            for number in 0..<1500 {
                try commit(number)
                longest = max(longest, store.walBytes ?? 0)
            }
            group.cancelAll()
            try await group.waitForAll()
            // About 30 MB are written.
            #expect(longest < 10 << 20)
        }
        #expect(try isSound())
    }

    @Test func `What an earlier hub left in the log is folded back as a whole`() throws {
        for number in 0..<100 { try commit(number) }
        #expect(store.walBytes ?? 0 > 0)
        try store.foldAll()
        #expect(store.walBytes == 0)
        try commit(100)
        #expect(try isSound())
    }

    /// In a process of its own, since the failing disk has to lie under every file that SQLite opens.
    @Test func `A database that cannot be synced ends the process`() async {
        await #expect(processExitsWith: .exitCode(FailedSync.status)) {
            RecordingDisk.register()
            let test = try CheckpointerTests()
            RecordingDisk.failSyncs(of: "hub.sqlite")
            for number in 0..<1500 { try test.commit(number) }
        }
    }

    /// Nobody who syncs the log waits for all that a checkpoint writes.
    @Test func `The database is synced in small pieces`() async {
        await #expect(processExitsWith: .success) {
            RecordingDisk.register()
            let test = try CheckpointerTests()
            for number in 0..<400 { try test.commit(number) }
            var (all, unsynced, longest) = (0, 0, 0)
            for step in RecordingDisk.steps {
                switch step {
                case .write("hub.sqlite", _, let bytes):
                    all += bytes.count
                    unsynced += bytes.count
                    longest = max(longest, unsynced)
                case .sync("hub.sqlite", _): unsynced = 0
                default: break
                }
            }
            // A piece, and what is left to the writer with a commit or two on top.
            guard all > 4 << 20, longest < 320 << 10 else {
                FileHandle.standardError.write(Data("\(all) bytes, \(longest) between two syncs\n".utf8))
                exit(1)
            }
        }
    }

    /// They are for those who sync the log meanwhile; who waits for the checkpoint itself would only wait longer.
    @Test func `Where somebody waits until it is written a database is not synced in pieces`() async {
        await #expect(processExitsWith: .success) {
            RecordingDisk.register()
            let test = try CheckpointerTests()
            let queue = try DatabaseQueue(path: test.directory.file("other.sqlite"))
            let haste = GatheringVFS.Haste()
            func syncs(during body: () throws -> Void) rethrows -> Int {
                let before = RecordingDisk.steps.count
                try body()
                return RecordingDisk.steps.dropFirst(before).count {
                    if case .sync("other.sqlite", _) = $0 { true } else { false }
                }
            }
            func write() throws {
                try queue.writeWithoutTransaction { database in
                    let file = try #require(Checkpointer.file(database.sqliteConnection))
                    GatheringVFS.syncInPieces(file, path: test.store.path, of: 64 << 10, but: haste)
                    try database.execute(
                        sql: """
                            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                            CREATE TABLE IF NOT EXISTS tests (bytes BLOB); INSERT INTO tests VALUES (zeroblob(1048576))
                            """)
                }
            }
            let usually = try syncs { try write() }
            let hastily = try syncs { try haste.during { try write() } }
            let again = try syncs { try write() }
            guard usually >= 10, hastily == 0, again >= 10 else {
                FileHandle.standardError.write(Data("\(usually), \(hastily), \(again) syncs\n".utf8))
                exit(1)
            }
        }
    }

    @Test func `Another program's checkpoint is waited for`() throws {
        for number in 0..<100 { try commit(number) }
        // A whole log to fold, by a connection that takes its time: it holds the lock of those who do.
        let other = try DatabaseQueue(path: store.path)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            for _ in 0..<200 { _ = try? other.writeWithoutTransaction { try $0.checkpoint(.passive) } }
            done.signal()
        }
        for number in 100..<120 {
            try commit(number)
            try store.erase { _ in }
            #expect(store.walBytes == 0)
        }
        done.wait()
        try other.close()
    }

    @Test func `A store that was closed is whole without its log`() throws {
        for number in 0..<300 { try commit(number) }
        try store.close()
        #expect(!FileManager.default.fileExists(atPath: store.path + "-wal"))
        let again = try SQLiteStore(path: store.path, checkpoints: Self.sizes)
        #expect(try again.read { try $0.row(Self.count)?["n"].integer } == 1200)
        try again.close()
    }
}
