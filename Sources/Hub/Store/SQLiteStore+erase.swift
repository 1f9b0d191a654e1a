import Foundation
import GRDB

extension SQLiteStore {
    /// A deletion whose bytes are gone: freed pages are overwritten and given back, and the WAL, which still has them,
    /// is emptied as soon as no reader needs it.
    func erase<Value>(_ body: (SQLiteStore) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA secure_delete = ON") }
        let value = try body(self)
        try pool.writeWithoutTransaction { database in
            _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum")
            try checkpointer.alone { try emptyLog(of: database) }
            _ = try Row.fetchOne(database, sql: "PRAGMA secure_delete = FAST")
        }
        return value
    }

    /// Folds all of the log into the database, and empties it. What another process left there may be in the kernel's memory
    /// only, where that process could not sync it: here it is written anew, before anything is answered that stands on it.
    func foldAll() throws {
        do {
            try pool.writeWithoutTransaction { database in try checkpointer.alone { try emptyLog(of: database) } }
        } catch let error as DatabaseError { throw Self.failure(error, path: path) }
    }

    /// SQLite waits for readers, but refuses at once while another process's checkpoint goes on: a running hub's.
    private func emptyLog(of database: Database) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") != 0, ContinuousClock.now < deadline {
            usleep(20_000)
        }
    }
}
