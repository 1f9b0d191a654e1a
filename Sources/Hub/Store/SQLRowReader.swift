import GRDBSQLite

/// The row that a statement stands on, read where it is: for answers of many rows, which would spend most of their time
/// on copies. Columns are found by their place; it is valid until the statement steps on.
///
/// A type and no protocol: a list of 10,000 machines reads half a million columns.
struct SQLRowReader {
    /// One of them is there.
    private let statement: OpaquePointer?
    private let values: UnsafePointer<SQLValue>?

    /// SQLite's own row.
    init(statement: OpaquePointer) {
        self.statement = statement
        values = nil
    }

    fileprivate init(values: UnsafePointer<SQLValue>?) {
        statement = nil
        self.values = values
    }

    /// SQLite answers a column's type and its value each after a look at statement and place; its value has both. SQLite
    /// calls it unprotected: nobody else may use the connection meanwhile, which is so on GRDB's queues.
    private func column(_ index: Int) -> OpaquePointer? {
        sqlite3_column_value(statement, Int32(truncatingIfNeeded: index))
    }

    func integer(_ index: Int) -> Int64? {
        if let values { return values[index].integer }
        let value = column(index)
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: return sqlite3_value_int64(value)
        case SQLITE_FLOAT: return Int64(exactly: sqlite3_value_double(value))
        default: return nil
        }
    }

    func real(_ index: Int) -> Double? {
        if let values { return values[index].real }
        let value = column(index)
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER, SQLITE_FLOAT: return sqlite3_value_double(value)
        default: return nil
        }
    }

    func text(_ index: Int) -> String? {
        if let values { return values[index].text }
        return withUTF8(index) { String(decoding: $0, as: UTF8.self) }
    }

    func isText(_ index: Int) -> Bool {
        if let values { return values[index].text != nil }
        return sqlite3_value_type(column(index)) == SQLITE_TEXT
    }

    /// A text's bytes, which need not be UTF-8; nil where the column holds no text.
    func withUTF8<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result? {
        if let values {
            guard var text = values[index].text else { return nil }
            return try text.withUTF8(body)
        }
        let value = column(index)
        guard sqlite3_value_type(value) == SQLITE_TEXT, let start = sqlite3_value_text(value) else { return nil }
        return try body(UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value))))
    }
}

extension SQLRow {
    /// For what reads rows where they are.
    func read<Result>(_ body: (SQLRowReader) throws -> Result) rethrows -> Result {
        try values.withUnsafeBufferPointer { try body(SQLRowReader(values: $0.baseAddress)) }
    }
}

extension SQLConnection {
    /// For engines that answer all rows at once.
    func each(_ statement: Statement, _ values: [SQLValue], _ body: (SQLRowReader) throws -> Bool) throws {
        for row in try rows(statement, values) where try !row.read(body) { return }
    }
}
