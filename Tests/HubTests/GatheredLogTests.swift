import Foundation
import GRDB
import TestSupport
import Testing

@testable import Hub

/// The pieces in which a write-ahead log reaches the system.
@Suite struct GatheredLogTests {
    /// What the file's own `write` was given.
    private final class Log {
        var gathered = GatheredLog()
        var writes: [(offset: Int64, bytes: [UInt8])] = []
        var code: Int32 = 0
        var length: Int { writes.reduce(0) { $0 + $1.bytes.count } }

        deinit { gathered.close() }

        func add(_ bytes: [UInt8], at offset: Int64) -> Int32 {
            bytes.withUnsafeBytes { gathered.add($0.baseAddress!, $0.count, at: offset, write) }
        }

        func write(_ bytes: UnsafeRawPointer, _ count: Int, _ offset: Int64) -> Int32 {
            writes.append((offset, Array(UnsafeRawBufferPointer(start: bytes, count: count))))
            return code
        }

        /// A frame as SQLite writes it: its header, then its page.
        func frame(_ number: Int, ends: Bool = false, page: UInt8 = 7) -> [Int32] {
            var header = [UInt8](repeating: 0, count: 24)
            header[3] = UInt8(number + 1)
            if ends { header[7] = 9 }
            let start = Int64(32 + number * (24 + 4096))
            return [add(header, at: start), add([UInt8](repeating: page, count: 4096), at: start + 24)]
        }
    }

    @Test func `A transaction's frames go out together, and with its last one`() {
        let log = Log()
        for number in 0..<5 { #expect(log.frame(number) == [0, 0]) }
        #expect(log.writes.isEmpty)
        #expect(log.frame(5, ends: true) == [0, 0])
        #expect(log.writes.map(\.offset) == [32, 20656])
        #expect(log.length == 6 * 4120)
        // The padding that SQLite may add after the end does not wait for anything either.
        #expect(log.add([1, 2, 3], at: 32 + 6 * 4120) == 0)
        #expect(log.writes.count == 3)
    }

    @Test func `More than SQLite's own VFS takes in one call goes out in pieces`() {
        let log = Log()
        for number in 0..<100 { #expect(log.frame(number) == [0, 0]) }
        #expect(log.writes.count == 3)
        #expect(log.writes.allSatisfy { $0.bytes.count <= 0x1_ffff })
        #expect(log.gathered.flush(log.write) == 0)
        #expect(log.writes.map(\.offset).sorted() == log.writes.map(\.offset))
        #expect(log.length == 100 * 4120)
    }

    @Test func `What is written elsewhere is written after what is gathered`() {
        let log = Log()
        _ = log.frame(0)
        _ = log.frame(1)
        _ = log.frame(0, page: 8)
        #expect(log.writes.map(\.offset) == [32])
        _ = log.gathered.flush(log.write)
        #expect(log.writes.map(\.offset) == [32, 32])
        #expect(log.writes[1].bytes.last == 8)
        // A piece larger than all that is gathered goes out by itself.
        #expect(log.add([UInt8](repeating: 1, count: 1 << 18), at: 0) == 0)
        #expect(log.writes.last?.bytes.count == 1 << 18)
    }

    @Test func `A write that fails is told, and what SQLite counts on is written later`() {
        let log = Log()
        log.code = 13
        _ = log.frame(0)
        #expect(log.frame(1, ends: true) == [13, 13])
        log.code = 0
        #expect(log.gathered.flush(log.write) == 0)
        #expect(log.writes.last?.offset == 32)
        #expect(log.writes.last?.bytes.count == 4120)
        let writes = log.writes.count
        _ = log.frame(2)
        log.gathered.drop()
        #expect(log.gathered.flush(log.write) == 0)
        #expect(log.writes.count == writes)
    }

    /// Connections of a database in WAL mode whose cache is too small for a transaction: SQLite writes frames to the log
    /// before it knows whether they will be committed.
    private func connections(
        _ directory: TemporaryDirectory, _ count: Int, synchronous: String
    ) throws -> [DatabaseQueue] {
        SQLiteLibrary.configure()
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = 10")
            try database.execute(sql: "PRAGMA cache_spill = 10")
        }
        let queues = try (0..<count).map { _ in
            try DatabaseQueue(path: directory.file("log.sqlite"), configuration: configuration)
        }
        for queue in queues {
            try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
        }
        return queues
    }

    private static let fill = """
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO t (writer, text) SELECT ?1, hex(randomblob(1000)) FROM n
        """

    @Test(arguments: ["FULL", "NORMAL", "OFF"])
    func `Connections see each other's commits at once, and nothing of what was rolled back`(
        _ synchronous: String
    ) throws {
        let directory = try TemporaryDirectory()
        let queues = try connections(directory, 3, synchronous: synchronous)
        try queues[0].write { database in
            try database.execute(sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, writer INTEGER, text TEXT)")
        }
        var random = SplitMix(state: 7)
        var expected = [0, 0, 0]
        for round in 0..<60 {
            let writer = Int.random(in: 0..<3, using: &random)
            switch round % 3 {
            case 0:
                // Its frames are in the log, or were to be: the next one writes in their place.
                struct Changed: Error {}
                #expect(throws: Changed.self) {
                    try queues[writer].write { database in
                        try database.execute(sql: Self.fill, arguments: [writer])
                        throw Changed()
                    }
                }
            case 1:
                try queues[writer].write { try $0.execute(sql: Self.fill, arguments: [writer]) }
                expected[writer] += 200
            default:
                try queues[writer].write { database in
                    try database.execute(sql: "INSERT INTO t (writer, text) VALUES (?1, 'small')", arguments: [writer])
                    try? database.inSavepoint {
                        try database.execute(sql: Self.fill, arguments: [writer])
                        return .rollback
                    }
                    try database.execute(sql: "UPDATE t SET text = text || 'x' WHERE id % 17 = 0")
                }
                expected[writer] += 1
            }
            for reader in queues {
                let counts = try reader.read { database in
                    try (0..<3).map {
                        try Int.fetchOne(database, sql: "SELECT count(*) FROM t WHERE writer = ?1", arguments: [$0])
                    }
                }
                #expect(counts == expected)
            }
        }
        for queue in queues {
            let words = try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
            #expect(words == "ok")
        }
    }
}
