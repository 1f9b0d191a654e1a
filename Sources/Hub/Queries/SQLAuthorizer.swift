import GRDBSQLite

/// What a statement of `vigie sql` may do: an allow-list, asked by SQLite while it compiles the statement
/// (sqlite3_set_authorizer), so that no alias, view, subquery or table-valued function gets around it.
final class SQLAuthorizer {
    /// Tables that hold, or lead to, secrets; and what came from machines and was refused.
    static let secretTables: Set<String> = [
        "machine_credentials", "enrollment_tokens", "api_clients", "app_settings", "quarantine",
    ]
    /// Bytes as machines sent them: `vigie snapshot show` gives one of them, inflated. And what was done, in detail.
    static let secretColumns: [String: Set<String>] = ["snapshots": ["body"], "audit_log": ["detail"]]

    /// Table-valued functions over values of the statement itself.
    private static let tableFunctions: Set<String> = ["json_each", "json_tree"]

    /// Functions of SQLite (lang_corefunc, lang_aggfunc, windowfunctions, lang_datefunc, lang_mathfunc, json1) that
    /// look at nothing but their arguments and make nothing larger than they need.
    static let functions: Set<String> = [
        "abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "ifnull", "iif", "instr", "length",
        "like", "lower", "ltrim", "max", "min", "nullif", "octet_length", "printf", "quote", "replace", "round",
        "rtrim", "sign", "substr", "substring", "trim", "typeof", "unicode", "upper",
        "avg", "count", "group_concat", "string_agg", "sum", "total", "median", "percentile",
        "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
        "last_value", "nth_value",
        "date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date",
        "current_time", "current_timestamp",
        "ceil", "ceiling", "floor", "trunc", "mod", "pow", "power", "sqrt", "exp", "ln", "log", "log10", "log2",
        "json", "json_array", "json_array_length", "json_extract", "json_object", "json_quote", "json_type",
        "json_valid", "json_group_array", "json_group_object", "->", "->>",
    ]

    /// The tables and views of the database, without SQLite's own.
    private let tables: Set<String>
    /// Why the last statement was refused.
    private(set) var refusal: String?

    init(tables: Set<String>) {
        self.tables = Set(tables.map { $0.lowercased() })
    }

    /// Decides one action; the arguments are those of sqlite3_set_authorizer.
    func allows(action: Int32, first: String?, second: String?) -> Bool {
        switch action {
        case SQLITE_SELECT, SQLITE_RECURSIVE: return true
        case SQLITE_FUNCTION:
            let name = (second ?? "").lowercased()
            return Self.functions.contains(name) || refuse("the function \(name) is not available in vigie sql")
        case SQLITE_READ: return allowsReading(table: (first ?? "").lowercased(), column: (second ?? "").lowercased())
        default: return refuse("vigie sql only reads: one SELECT (or WITH … SELECT)")
        }
    }

    private func allowsReading(table: String, column: String) -> Bool {
        if Self.secretTables.contains(table) { return refuse("the table \(table) is not available in vigie sql") }
        if Self.secretColumns[table]?.contains(column) == true {
            return refuse("the column \(table).\(column) is not available in vigie sql; name the columns you want")
        }
        if tables.contains(table) || Self.tableFunctions.contains(table) { return true }
        if table == "sqlite_master" || table == "sqlite_schema" { return true }
        // Without a column it is a query that counts rows, and the name may be that of a WITH clause: nothing of it
        // is read. What SQLite itself makes tables of stays closed all the same.
        let isOwn = table.hasPrefix("sqlite_") || table.hasPrefix("pragma_") || table == "dbstat" || table == "bytecode"
        if column.isEmpty, !isOwn { return true }
        return refuse("the table \(table) is not available in vigie sql; vigie sql --tables lists those that are")
    }

    private func refuse(_ reason: String) -> Bool {
        refusal = refusal ?? reason
        return false
    }

    func forget() { refusal = nil }

    /// Has SQLite ask from now on. The authorizer must outlive the connection.
    func attach(to database: OpaquePointer) {
        sqlite3_set_authorizer(
            database,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                let authorizer = Unmanaged<SQLAuthorizer>.fromOpaque(context).takeUnretainedValue()
                let isAllowed = authorizer.allows(
                    action: action, first: first.map { String(cString: $0) }, second: second.map { String(cString: $0) }
                )
                return isAllowed ? SQLITE_OK : SQLITE_DENY
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
