import Foundation
import GRDB
import GRDBSQLite
import TestSupport
import Testing

@testable import Hub

/// What the hub exchanges inside SQLite.
@Suite struct SQLiteLibraryTests {
    @Test func `Pages are dropped only where there may be some`() {
        var numbers = PageCache.Numbers(pageSize: 4096)
        let none = numbers.drop(from: 1)
        for number in 1...10 as ClosedRange<UInt32> { numbers.saw(number) }
        #expect(!none && numbers.passing == 262_145)
        // A split: the pages' numbers go round by way of the one that is no page.
        numbers.moved(from: 10, to: numbers.passing)
        numbers.moved(from: numbers.passing, to: 11)
        let behind = numbers.drop(from: 12)
        let last = numbers.drop(from: 11)
        let again = numbers.drop(from: 11)
        #expect(!behind && last && !again)
        // A page that is on its way is not forgotten.
        numbers.moved(from: 3, to: numbers.passing)
        let passing = numbers.drop(from: 5000)
        let everything = numbers.drop(from: 0)
        let nothing = numbers.drop(from: 1)
        #expect(passing && everything && !nothing)
    }

    /// Splits, a database that shrinks, a transaction that is rolled back, and one that does not fit into the cache.
    @Test func `A database that grows and shrinks is whole, and another connection sees the same`() throws {
        SQLiteLibrary.configure()
        #expect(SQLiteLibrary.isConfigured)
        let directory = try TemporaryDirectory()
        let path = directory.file("pages.sqlite")
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = 200") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA journal_mode = WAL;
                    CREATE TABLE t (key INTEGER PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
                    """)
        }
        var random = SplitMix(state: 11)
        var expected: [Int: String] = [:]
        for round in 0..<40 {
            let isKept = round % 7 != 3
            try queue.writeWithoutTransaction { database in
                try database.inTransaction {
                    for _ in 0..<150 {
                        let key = Int.random(in: 0..<100_000, using: &random)
                        let text = String(repeating: "x", count: Int.random(in: 1..<900, using: &random))
                        try database.execute(sql: "REPLACE INTO t VALUES (?, ?)", arguments: [key, text])
                        if isKept { expected[key] = text }
                    }
                    return isKept ? .commit : .rollback
                }
            }
            if round % 10 == 9 {
                let gone = Int.random(in: 0..<60_000, using: &random)
                expected = expected.filter { !(gone..<gone + 40_000).contains($0.key) }
                try queue.inDatabase { database in
                    try database.execute(
                        sql: "DELETE FROM t WHERE key >= ? AND key < ?", arguments: [gone, gone + 40_000])
                    try database.execute(sql: "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
                }
            }
            if round % 10 == 4 { queue.inDatabase { $0.releaseMemory() } }
        }
        let other = try DatabaseQueue(path: path)
        for queue in [queue, other] {
            try queue.read { database in
                #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
                let rows = try Row.fetchAll(database, sql: "SELECT key, text FROM t")
                #expect(
                    Dictionary(uniqueKeysWithValues: rows.map { ($0["key"] as Int, $0["text"] as String) }) == expected)
            }
        }
    }

    @Test func `What a thread takes of SQLite's memory is counted, what others take is not`() async {
        SQLiteLibrary.configure()
        let count = SQLiteMemory.Count()
        let (alone, grown, freed) = count.of {
            let memory = sqlite3_malloc64(1 << 20)
            let thread = Thread { sqlite3_free(sqlite3_malloc64(1 << 26)) }
            thread.start()
            while !thread.isFinished { usleep(1000) }
            let alone = count.value
            let more = sqlite3_realloc64(memory, 3 << 20)
            let grown = count.value
            sqlite3_free(more)
            return (alone, grown, count.value)
        }
        #expect((1 << 20..<2 << 20).contains(alone) && (3 << 20..<4 << 20).contains(grown) && freed == 0)
        sqlite3_free(sqlite3_malloc64(1 << 20))
        #expect(count.value == 0)
    }

    /// SQLite makes one for what RETURNING gives back, and for a check against a list of words.
    @Test(arguments: [
        ArchiveStatements.sender, ArchiveStatements.insert, ContactNote.newest,
        MetricsDeriver.hostAfterCut, MetricsDeriver.newestOfQuiet, MetricsDeriver.newestOfQuietAndContact,
    ]) func `What each snapshot runs makes no table of its own`(statement: Hub.Statement) throws {
        let hub = try TestHubStore()
        let parameters = statement.sql.matches(of: /\?([0-9]+)/).compactMap { Int($0.1) }.max() ?? 0
        let steps = try hub.store.read { connection in
            try connection.rows(
                Hub.Statement("explain", "EXPLAIN \(statement.sql)"), [SQLValue](repeating: .null, count: parameters))
        }.compactMap { $0["opcode"].text }
        #expect(steps.contains("Halt"))
        #expect(!steps.contains { ["OpenEphemeral", "OpenAutoindex", "SorterOpen"].contains($0) }, "\(statement.name)")
    }
}
