import GRDB

extension SQLiteStore {
    /// A deletion whose bytes are gone: freed pages are overwritten and given back, and the WAL, which still has them,
    /// is emptied as soon as no reader needs it.
    func erase<Value>(_ body: (SQLiteStore) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA secure_delete = ON") }
        let value = try body(self)
        try pool.writeWithoutTransaction { database in
            _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum")
            _ = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            _ = try Row.fetchOne(database, sql: "PRAGMA secure_delete = FAST")
        }
        return value
    }
}
