package import Contracts

/// What `POST /v1/sql` takes: one `SELECT`.
package struct SQLRequest: Codable, Equatable, Sendable {
    package var sql: String
    /// Rows after which the answer is cut; at most the hub's own limit.
    package var rowLimit: Int?

    package init(sql: String, rowLimit: Int? = nil) {
        self.sql = sql
        self.rowLimit = rowLimit
    }

    package enum CodingKeys: String, CodingKey {
        case sql
        case rowLimit = "row_limit"
    }
}

/// Columns and rows of a statement. Here `null` is a value: it is what SQL answered.
///
/// Integers in columns named `…_at` that can be times are written as such. Byte strings are written as hexadecimal
/// text; numbers that JSON has no words for (infinities) as `null`.
package struct SQLAnswer: Codable, Equatable, Sendable {
    package var columns: [String]
    package var rows: [[JSONValue]]
    /// True where there were more rows, or more bytes, than the limit.
    package var truncated: Bool

    package init(columns: [String], rows: [[JSONValue]], truncated: Bool) {
        self.columns = columns
        self.rows = rows
        self.truncated = truncated
    }
}
