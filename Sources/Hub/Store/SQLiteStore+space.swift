import Foundation
import GRDB

/// The pages of a database file.
struct DatabasePages: Equatable, Sendable {
    /// Bytes of one.
    var size: Int64
    var count: Int64
    /// In no use; the next rows take them.
    var free: Int64
    /// Whether free ones can be given back: fixed when the database was made.
    var canShrink: Bool

    var bytes: Int64 { size * count }
    var freeBytes: Int64 { size * free }
    var usedBytes: Int64 { size * (count - free) }
}

extension SQLiteStore {
    func pages() throws -> DatabasePages {
        try space { database in
            func pragma(_ name: String) throws -> Int64 { try Int64.fetchOne(database, sql: "PRAGMA \(name)") ?? 0 }
            return DatabasePages(
                size: try pragma("page_size"), count: try pragma("page_count"), free: try pragma("freelist_count"),
                canShrink: try pragma("auto_vacuum") == 2)
        }
    }

    /// Moves free pages to the end of the file, which the next checkpoint cuts off.
    func vacuum(pages: Int) throws {
        try space { _ = try Row.fetchAll($0, sql: "PRAGMA incremental_vacuum(\(pages))") }
    }

    /// Folds the write-ahead log into the file as far as no reader needs it; false where another process is at that.
    @discardableResult
    func checkpoint() throws -> Bool {
        checkpointer.foldBeside()
        return try space { database in
            try checkpointer.alone { try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)") == 0 }
        }
    }

    /// Bytes that the log should not become longer than; it does while somebody reads in it all the time.
    var longestLog: Int64 { checkpointer.limitBytes }

    /// Bytes of the write-ahead log.
    var walBytes: Int64? {
        (try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int).map { Int64($0) }
    }

    private func space<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try pool.writeWithoutTransaction(body) } catch let error as DatabaseError {
            throw Self.failure(error, path: path)
        }
    }
}
