import GRDB
import GRDBSQLite

/// A connection inside a transaction, as the hub's code sees it.
///
/// GRDB opens it, keeps its WAL and transactions, and owns the prepared statements. Their values go in and out here
/// directly: by way of GRDB's own arguments and rows that cost more than SQLite's work on a row (docs/performance.md).
struct SQLiteConnection: SQLConnection {
    let database: Database
    let times: StatementTimes
    /// Of this connection, for as long as it is open.
    let prepared: PreparedStatements

    init(database: Database, times: StatementTimes, prepared: PreparedStatements? = nil) {
        self.database = database
        self.times = times
        self.prepared = prepared ?? PreparedStatements(of: database)
    }

    func run(_ statement: Statement, _ values: [SQLValue]) throws -> Int { try run(statement, pieces: [values]) }

    func run(_ statement: Statement, pieces: [[SQLValue]]) throws -> Int {
        try using(statement, pieces) { run in
            while try run.step() {}
            return Int(sqlite3_changes(run.connection))
        }
    }

    func insert(_ statement: Statement, _ values: [SQLValue]) throws -> Int64? {
        try using(statement, [values]) { run in
            while try run.step() {}
            return sqlite3_changes(run.connection) > 0 ? sqlite3_last_insert_rowid(run.connection) : nil
        }
    }

    func rows(_ statement: Statement, _ values: [SQLValue]) throws -> [SQLRow] {
        try using(statement, [values]) { run in
            var result: [SQLRow] = []
            while try run.step() { result.append(run.row()) }
            return result
        }
    }

    func each(_ statement: Statement, _ values: [SQLValue], _ body: (SQLRowReader) throws -> Bool) throws {
        try using(statement, [values]) { run in
            let reader = SQLRowReader(statement: run.handle)
            while try run.step(), try body(reader) {}
        }
    }

    private func using<Value>(
        _ statement: Statement, _ pieces: [[SQLValue]], _ body: (RunningStatement) throws -> Value
    ) throws -> Value {
        let start = ContinuousClock.now
        defer { times.note(statement.name, since: start) }
        let entry = try prepared.entry(for: statement, of: database)
        let run = RunningStatement(entry: entry, connection: database.sqliteConnection)
        defer { run.end() }
        try run.bind(pieces)
        return try body(run)
    }
}

/// The prepared statements of one connection, found by the hub's name for them: GRDB finds its own by their whole SQL.
///
/// Unchecked, since GRDB lets nobody use a connection but on its own queue, which is the only place where these are.
final class PreparedStatements: @unchecked Sendable {
    struct Entry {
        /// Owns the handle.
        let owner: GRDB.Statement
        let columns: [String]
    }

    /// Nil once the connection is closed: another one may then stand at its address.
    private(set) weak var database: Database?
    private var entries: [Statement: Entry] = [:]

    init(of database: Database) { self.database = database }

    fileprivate func entry(for statement: Statement, of database: Database) throws -> Entry {
        if let known = entries[statement] { return known }
        let owner = try database.cachedStatement(sql: statement.sql)
        let entry = Entry(owner: owner, columns: owner.columnNames)
        entries[statement] = entry
        return entry
    }
}

/// A prepared statement between its first step and its reset.
private struct RunningStatement {
    let entry: PreparedStatements.Entry
    let connection: OpaquePointer?

    var handle: OpaquePointer { entry.owner.sqliteStatement }

    func bind(_ pieces: [[SQLValue]]) throws {
        let count = pieces.reduce(0) { $0 + $1.count }
        guard count == Int(sqlite3_bind_parameter_count(handle)) else {
            throw StoreFailure(
                code: .other, message: "a statement takes \(sqlite3_bind_parameter_count(handle)) values, not \(count)")
        }
        var place: Int32 = 0
        for values in pieces {
            for value in values {
                place += 1
                let code =
                    switch value {
                    case .null: sqlite3_bind_null(handle, place)
                    case .integer(let number): sqlite3_bind_int64(handle, place, number)
                    case .real(let number): sqlite3_bind_double(handle, place, number)
                    case .text(let text): Self.bind(text, to: handle, at: place)
                    case .blob(let bytes): Self.bind(bytes, to: handle, at: place)
                    }
                guard code == SQLITE_OK else { throw failure(code) }
            }
        }
    }

    /// SQLite copies what it is given: the value need not outlive the call.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private static func bind(_ text: String, to handle: OpaquePointer, at place: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(handle, place, $0.baseAddress, Int32(clamping: $0.count), copied)
            }
        }
    }

    private static func bind(_ bytes: [UInt8], to handle: OpaquePointer, at place: Int32) -> Int32 {
        guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, place, 0) }
        return bytes.withUnsafeBytes {
            sqlite3_bind_blob(handle, place, $0.baseAddress, Int32(clamping: $0.count), copied)
        }
    }

    /// Whether there is a row to read.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw failure(code)
        }
    }

    func row() -> SQLRow {
        let count = entry.columns.count
        let values = [SQLValue](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count { (buffer.baseAddress! + index).initialize(to: value(Int32(index))) }
            initialized = count
        }
        return SQLRow(columns: entry.columns, values: values)
    }

    private func value(_ index: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(handle, index))
        case SQLITE_TEXT: return .text(SQLRowReader(statement: handle).text(Int(index)) ?? "")
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, index)
            let count = Int(sqlite3_column_bytes(handle, index))
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
        default: return .null
        }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)),
            sql: entry.owner.sql)
    }

    /// Lets the statement's values go, and what it locks.
    func end() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }
}
