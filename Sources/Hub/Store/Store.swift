/// A connection inside a transaction: what derivers and queries see of an engine.
protocol SQLConnection {
    /// Runs a statement that answers no rows; answers how many rows it changed.
    @discardableResult
    func run(_ statement: Statement, _ values: [SQLValue]) throws -> Int

    /// The same with values that come in pieces: for what is run with each snapshot, and has many.
    @discardableResult
    func run(_ statement: Statement, pieces: [[SQLValue]]) throws -> Int

    /// Runs an INSERT of one row into a table whose rows have numbers; answers its number, nil where it inserted none.
    ///
    /// RETURNING would say the same, but SQLite makes a table of its own for what comes back, at half the price of the
    /// insert itself.
    func insert(_ statement: Statement, _ values: [SQLValue]) throws -> Int64?

    /// Runs a statement and answers its rows.
    func rows(_ statement: Statement, _ values: [SQLValue]) throws -> [SQLRow]

    /// Runs a statement and shows its rows one by one, until the body answers false. The body runs no statements.
    func each(_ statement: Statement, _ values: [SQLValue], _ body: (SQLRowReader) throws -> Bool) throws
}

extension SQLConnection {
    @discardableResult
    func run(_ statement: Statement, pieces: [[SQLValue]]) throws -> Int { try run(statement, Array(pieces.joined())) }

    @discardableResult
    func run(_ statement: Statement, _ values: [any SQLBindable]) throws -> Int {
        try run(statement, values.map { $0.sqlValue })
    }

    @discardableResult
    func run(_ statement: Statement, _ values: any SQLBindable...) throws -> Int { try run(statement, values) }

    func rows(_ statement: Statement, _ values: [any SQLBindable]) throws -> [SQLRow] {
        try rows(statement, values.map { $0.sqlValue })
    }

    func rows(_ statement: Statement, _ values: any SQLBindable...) throws -> [SQLRow] { try rows(statement, values) }

    func row(_ statement: Statement, _ values: any SQLBindable...) throws -> SQLRow? {
        try rows(statement, values).first
    }

    func each(
        _ statement: Statement, _ values: [any SQLBindable], _ body: (SQLRowReader) throws -> Bool
    ) throws {
        try each(statement, values.map { $0.sqlValue }, body)
    }
}

/// A row of an answer; columns are found by name.
struct SQLRow: Sendable {
    /// Shared by all rows of one answer.
    let columns: [String]
    let values: [SQLValue]

    /// The value of a column, `.null` where there is no such column.
    subscript(_ column: String) -> SQLValue {
        for index in columns.indices where columns[index] == column { return values[index] }
        return .null
    }

    subscript(_ index: Int) -> SQLValue { values[index] }
}

/// The database of a hub: one writer, many readers, an answer only after the commit is on the disk.
protocol Store: Sendable {
    /// Runs the body in one write transaction; when it returns, the transaction is on the disk. Blocks: called from
    /// threads that may wait.
    func write<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value

    /// The same, but the transaction may not be on the disk yet when this returns: others see it, and a power cut may
    /// still undo it. Nothing of it is to be answered before `sync` was called after it.
    func writeUnsynced<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value

    /// Returns when all that was written before is on the disk; on any thread, beside the writer. Where that fails the
    /// process ends. Blocks.
    func sync()

    /// Runs the body in a read transaction that sees one state of the database. Blocks.
    func read<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value

    /// The same two for async callers, which they do not block.
    func write<Value: Sendable>(_ body: @Sendable (any SQLConnection) throws -> Value) async throws -> Value
    func read<Value: Sendable>(_ body: @Sendable (any SQLConnection) throws -> Value) async throws -> Value
}

/// What a store says when it cannot do what it was asked to.
struct StoreFailure: Error, CustomStringConvertible {
    enum Code: String, Sendable {
        /// The disk or the database's size limit is full.
        case storageFull = "storage_full"
        /// Written by a newer version of the hub.
        case newerDatabase = "newer_database"
        /// Written by an older version of the hub, and not to be upgraded here.
        case olderDatabase = "older_database"
        /// Damaged, or no database at all.
        case damaged
        /// The file or its directory may not be written or read.
        case notAccessible = "not_accessible"
        /// Locked by another writer for longer than the busy timeout.
        case busy
        case other
    }

    var code: Code
    /// A lower-case sentence that says what to do.
    var message: String

    var description: String { message }
}
