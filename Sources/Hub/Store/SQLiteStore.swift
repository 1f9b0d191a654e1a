import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The embedded store: one SQLite file in WAL mode, every commit fsynced before anybody is told of it.
final class SQLiteStore: Store {
    let pool: DatabasePool
    let path: String
    let checkpointer: Checkpointer
    /// The writer's.
    private let log: WriteAheadLog
    /// Statements that took long.
    let times = StatementTimes()
    private let prepared = Mutex<[ObjectIdentifier: PreparedStatements]>([:])

    /// Opens or makes the database and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - maximumReaders: concurrent read transactions.
    ///   - upgrade: what to do with the tables of an older version.
    ///   - checkpoints: when the write-ahead log is folded into the database; nil says as suits the file system.
    init(
        path: String, maximumReaders: Int = 4, upgrade: SchemaUpgrade = .now,
        checkpoints: Checkpointer.Sizes? = nil
    ) throws {
        self.path = path
        let sizes =
            checkpoints
            ?? Checkpointer.Sizes(total: DiskSpace.of(URL(filePath: path).deletingLastPathComponent().path)?.total)
        SQLiteLibrary.configure()
        var configuration = Configuration()
        configuration.maximumReaderCount = maximumReaders
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA foreign_keys = ON")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            try database.execute(sql: "PRAGMA cache_size = -8192")
        }
        let isNew = !FileManager.default.fileExists(atPath: path)
        do {
            if isNew {
                // Both are fixed once the first table is made, and cannot be set inside GRDB's own opening.
                let queue = try DatabaseQueue(path: path)
                try queue.inDatabase { database in
                    try database.execute(sql: "PRAGMA page_size = 4096")
                    try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                    try database.execute(sql: "VACUUM")
                }
                try queue.close()
                chmod(path, 0o600)
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            (checkpointer, log) = try pool.writeWithoutTransaction { database in
                // GRDB sets NORMAL when it turns WAL on, after prepareDatabase: an answer would then be given before
                // the commit is on the disk.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // Debian's SQLite overwrites what is deleted, page by page: deleting much would write as much. Only what
                // is written anyway is overwritten; `erase` overwrites all.
                _ = try Row.fetchOne(database, sql: "PRAGMA secure_delete = FAST")
                // A reader that was long at it made the log longer; it is cut when it begins anew.
                try database.execute(sql: "PRAGMA journal_size_limit = \(sizes.limit)")
                // The pages of a large fleet's newest state, which each snapshot changes; readers need less.
                try database.execute(sql: "PRAGMA cache_size = -32768")
                let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
                let checkpointer = try Checkpointer(path: path, pageSize: pageSize, sizes: sizes)
                checkpointer.watch(database)
                return (checkpointer, try WriteAheadLog(of: database))
            }
            try bringUpToDate(upgrade)
        } catch let error as DatabaseError {
            throw Self.failure(error, path: path)
        }
    }

    private func bringUpToDate(_ upgrade: SchemaUpgrade) throws {
        var copy: (of: UpgradeCopy, path: String)?
        if let version = try read({ try Migrations.version(of: $0, engine: .sqlite) }), version < Migrations.newest {
            switch upgrade {
            case .now: break
            case .refused:
                throw StoreFailure(
                    code: .olderDatabase,
                    message:
                        "the database has schema \(version) and this vigie-hub \(Migrations.newest): start or restart"
                        + " the hub, which copies and upgrades it (systemctl restart vigie-hub)")
            case .afterCopy(let wanted):
                let room = try read { try Migrations.roomNeeded(after: version, in: $0) }
                if let made = try wanted.make(
                    of: pool, from: version, to: Migrations.newest, room: room, now: Clock.now())
                {
                    wanted.report("the database as it was is kept in \(made)")
                    copy = (wanted, made)
                }
            }
        }
        do { try write { try Migrations.apply(to: $0, engine: .sqlite) } } catch {
            // The database is as it was: the next start makes its own copy.
            if let copy { unlink(copy.path) }
            throw error
        }
        try copy?.of.dropOld()
    }

    /// What the writer's `PRAGMA synchronous` says; 2 is FULL.
    func synchronousMode() throws -> Int {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    func close() throws {
        try checkpointer.close()
        // A reader that closes last cannot fold the WAL into the database; the writer can.
        pool.invalidateReadOnlyConnections()
        prepared.withLock { $0 = [:] }
        try pool.close()
    }

    func write<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        do {
            return try pool.writeWithoutTransaction { try transaction($0, body) }
        } catch let error as DatabaseError { throw Self.failure(error, path: path) }
    }

    func writeUnsynced<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        do {
            return try pool.writeWithoutTransaction { database in
                // What SQLite does not sync then is a commit; checkpoints, and a log that begins anew, it does.
                sqlite3_exec(database.sqliteConnection, "PRAGMA synchronous = NORMAL", nil, nil, nil)
                defer {
                    let code = sqlite3_exec(database.sqliteConnection, "PRAGMA synchronous = FULL", nil, nil, nil)
                    // Others would be answered without a sync.
                    if code != SQLITE_OK { FailedSync.end(path, code) }
                }
                return try transaction(database, body)
            }
        } catch let error as DatabaseError { throw Self.failure(error, path: path) }
    }

    private func transaction<Value>(
        _ database: Database, _ body: (any SQLConnection) throws -> Value
    ) throws -> Value {
        var value: Value?
        try database.inTransaction(.immediate) {
            value = try body(connection(database))
            return .commit
        }
        guard let value else { throw StoreFailure(code: .other, message: "the transaction gave no value") }
        return value
    }

    func sync() {
        let code = GatheringVFS.syncLog(log.file)
        if code != SQLITE_OK { FailedSync.end(path, code) }
    }

    func read<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        do {
            return try pool.read { try body(connection($0)) }
        } catch let error as DatabaseError { throw Self.failure(error, path: path) }
    }

    func write<Value: Sendable>(_ body: @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        do {
            return try await pool.write { try body(connection($0)) }
        } catch let error as DatabaseError { throw Self.failure(error, path: path) }
    }

    func read<Value: Sendable>(_ body: @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        do {
            return try await pool.read { try body(connection($0)) }
        } catch let error as DatabaseError { throw Self.failure(error, path: path) }
    }

    private func connection(_ database: Database) -> SQLiteConnection {
        let statements = prepared.withLock { prepared in
            if let known = prepared[ObjectIdentifier(database)], known.database === database { return known }
            // Statements that outlive their connection keep its file open.
            prepared = prepared.filter { $0.value.database != nil }
            let new = PreparedStatements(of: database)
            prepared[ObjectIdentifier(database)] = new
            return new
        }
        return SQLiteConnection(database: database, times: times, prepared: statements)
    }

    static func failure(_ error: DatabaseError, path: String) -> StoreFailure {
        switch error.resultCode {
        case .SQLITE_FULL:
            StoreFailure(
                code: .storageFull, message: "the disk of \(path) is full; free space there, nothing answered is lost")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            StoreFailure(
                code: .notAccessible,
                message: "unable to open \(path) for writing; give its directory to the user that the hub runs as")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            StoreFailure(
                code: .damaged,
                message: "\(path) is not a sound database (\(error.message ?? "no detail")); restore a backup")
        case .SQLITE_IOERR:
            StoreFailure(
                code: .storageFull,
                message: "unable to write \(path): input/output error; look at the disk and its free space")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            StoreFailure(code: .busy, message: "\(path) is locked by another program for too long; try again")
        default:
            StoreFailure(code: .other, message: "the database refused a statement: \(error.message ?? "no detail")")
        }
    }
}
