import Contracts
import GRDBSQLite

/// A value of a row as JSON has it.
enum SQLCell {
    /// Milliseconds that are taken for a time: 1970-01-02 to 9999. What is smaller is a count in a column of that name.
    private static let times: ClosedRange<Int64> = 86_400_000...Timestamp.latest.milliseconds

    /// - Parameter bytes: grows by what the value takes in an answer.
    static func read(_ statement: OpaquePointer, _ index: Int32, column: String, bytes: inout Int) -> JSONValue {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER:
            bytes += 8
            return integer(sqlite3_column_int64(statement, index), column: column)
        case SQLITE_FLOAT:
            bytes += 8
            let value = sqlite3_column_double(statement, index)
            return value.isFinite ? .number(value) : .null
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(statement, index) else { return .null }
            let count = Int(sqlite3_column_bytes(statement, index))
            bytes += count
            let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
            // The contract's JSON has no NUL.
            return .string(text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text)
        case SQLITE_BLOB:
            let count = Int(sqlite3_column_bytes(statement, index))
            bytes += count * 2
            guard let start = sqlite3_column_blob(statement, index) else { return .string("") }
            return .string(Hexadecimal.encode(UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }

    static func integer(_ value: Int64, column: String) -> JSONValue {
        if column.lowercased().hasSuffix("_at"), times.contains(value) {
            return .string(Timestamp(milliseconds: value).description)
        }
        return .integer(value)
    }
}
