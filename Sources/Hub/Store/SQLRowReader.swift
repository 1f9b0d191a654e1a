import GRDBSQLite

/// The row that a statement stands on, read where it is: for answers of many rows, which would spend most of their time
/// on copies. Columns are found by their place.
protocol SQLRowReader {
    func integer(_ index: Int) -> Int64?
    func real(_ index: Int) -> Double?
    func text(_ index: Int) -> String?
}

extension SQLRow: SQLRowReader {
    func integer(_ index: Int) -> Int64? { values[index].integer }
    func real(_ index: Int) -> Double? { values[index].real }
    func text(_ index: Int) -> String? { values[index].text }
}

extension SQLConnection {
    /// For engines that answer all rows at once.
    func each(_ statement: Statement, _ values: [SQLValue], _ body: (any SQLRowReader) throws -> Bool) throws {
        for row in try rows(statement, values) where try !body(row) { return }
    }
}

/// Reads SQLite's own row; valid until the statement steps on.
struct SQLiteRowReader: SQLRowReader {
    let statement: OpaquePointer

    func integer(_ index: Int) -> Int64? {
        switch sqlite3_column_type(statement, Int32(index)) {
        case SQLITE_INTEGER: sqlite3_column_int64(statement, Int32(index))
        case SQLITE_FLOAT: Int64(exactly: sqlite3_column_double(statement, Int32(index)))
        default: nil
        }
    }

    func real(_ index: Int) -> Double? {
        switch sqlite3_column_type(statement, Int32(index)) {
        case SQLITE_INTEGER, SQLITE_FLOAT: sqlite3_column_double(statement, Int32(index))
        default: nil
        }
    }

    func text(_ index: Int) -> String? {
        guard sqlite3_column_type(statement, Int32(index)) == SQLITE_TEXT,
            let start = sqlite3_column_text(statement, Int32(index))
        else { return nil }
        let count = Int(sqlite3_column_bytes(statement, Int32(index)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
