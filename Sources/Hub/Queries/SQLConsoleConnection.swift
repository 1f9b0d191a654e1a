import Contracts
import GRDBSQLite
import HubAPI

/// A connection for one statement: read-only, with an authorizer, a deadline and limits on what it may take.
final class SQLConsoleConnection {
    private let database: OpaquePointer
    private let authorizer: SQLAuthorizer
    private let deadline: Deadline
    private let limits: SQLConsole.Limits

    /// What the progress handler looks at, from C.
    private final class Deadline {
        var ends = ContinuousClock.now
        var memoryLimit: Int64 = .max
        let memory = SQLiteMemory.Count()
        var isOver = false
        var isTooLarge = false

        /// Whether the statement must stop.
        func isReached() -> Bool {
            isOver = isOver || ContinuousClock.now >= ends
            isTooLarge = isTooLarge || memory.value > memoryLimit
            return isOver || isTooLarge
        }
    }

    init(path: String, limits: SQLConsole.Limits) throws(SQLConsole.Failure) {
        self.limits = limits
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK, let handle else {
            sqlite3_close(handle)
            throw SQLConsole.Failure(reason: .busy, message: "the database cannot be opened for reading")
        }
        database = handle
        deadline = Deadline()
        sqlite3_busy_timeout(handle, 1000)
        // A name in double quotes that is no column is an error, not a text.
        _disableDoubleQuotedStringLiterals(handle)
        // Sorting in memory can be bounded by what it takes; temporary files could fill the disk.
        // Before 3.41 SQLite took its own JSON functions, which views of the hub use, for unsafe ones.
        let isTrusted = sqlite3_libversion_number() < 3_041_000
        let pragmas = """
            PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = \(isTrusted ? "ON" : "OFF")
            """
        guard sqlite3_exec(handle, pragmas, nil, nil, nil) == SQLITE_OK else {
            sqlite3_close(handle)
            throw SQLConsole.Failure(reason: .busy, message: "the database cannot be opened for reading")
        }
        // SQLite declares these table-valued functions on their first use, which an authorizer sees as a change.
        sqlite3_exec(handle, "SELECT 1 FROM json_each('[]'), json_tree('[]')", nil, nil, nil)
        for (limit, value) in Self.bounds(valueBytes: limits.valueBytes) { sqlite3_limit(handle, limit, value) }
        SQLConsoleFunctions.register(on: handle)
        authorizer = SQLAuthorizer(tables: Self.tables(of: handle))
        authorizer.attach(to: handle)
        sqlite3_progress_handler(
            handle, 1000,
            { context in
                guard let context else { return 1 }
                return Unmanaged<Deadline>.fromOpaque(context).takeUnretainedValue().isReached() ? 1 : 0
            }, Unmanaged.passUnretained(deadline).toOpaque())
    }

    deinit { sqlite3_close_v2(database) }

    private static func bounds(valueBytes: Int) -> [(Int32, Int32)] {
        [
            (SQLITE_LIMIT_LENGTH, Int32(clamping: valueBytes)), (SQLITE_LIMIT_SQL_LENGTH, 65_536),
            (SQLITE_LIMIT_COLUMN, 500), (SQLITE_LIMIT_EXPR_DEPTH, 100), (SQLITE_LIMIT_COMPOUND_SELECT, 50),
            (SQLITE_LIMIT_VDBE_OP, 100_000), (SQLITE_LIMIT_FUNCTION_ARG, 50), (SQLITE_LIMIT_ATTACHED, 0),
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000), (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
        ]
    }

    private static func tables(of database: OpaquePointer) -> Set<String> {
        var names: Set<String> = []
        var statement: OpaquePointer?
        let sql =
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { return [] }
        defer { sqlite3_finalize(statement) }
        while sqlite3_step(statement) == SQLITE_ROW {
            if let name = sqlite3_column_text(statement, 0) { names.insert(String(cString: name)) }
        }
        return names
    }

    /// Runs one statement and takes its rows up to the limits.
    func run(_ sql: String, rows: Int) throws(SQLConsole.Failure) -> SQLAnswer {
        deadline.ends = .now + .seconds(limits.seconds)
        deadline.memoryLimit = limits.workingBytes
        return try deadline.memory.of { () throws(SQLConsole.Failure) in try answer(sql, rows: rows) }
    }

    private func answer(_ sql: String, rows: Int) throws(SQLConsole.Failure) -> SQLAnswer {
        let statement = try prepare(sql)
        defer { sqlite3_finalize(statement) }
        let columns = (0..<sqlite3_column_count(statement)).map { index in
            sqlite3_column_name(statement, index).map { String(cString: $0) } ?? ""
        }
        var answer = SQLAnswer(columns: columns, rows: [], truncated: false)
        var bytes = 0
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                guard answer.rows.count < rows, bytes < limits.answerBytes else {
                    answer.truncated = true
                    return answer
                }
                answer.rows.append(
                    columns.indices.map { SQLCell.read(statement, Int32($0), column: columns[$0], bytes: &bytes) })
            case SQLITE_DONE: return answer
            default: throw failure()
            }
        }
    }

    /// Compiles the one statement that the text holds.
    private func prepare(_ sql: String) throws(SQLConsole.Failure) -> OpaquePointer {
        guard !sql.utf8.contains(0) else { throw refused("the statement holds a NUL character") }
        authorizer.forget()
        var text = Array(sql.utf8CString)
        var statement: OpaquePointer?
        var rest = 0
        let code = text.withUnsafeMutableBufferPointer { buffer in
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v2(database, buffer.baseAddress, Int32(buffer.count), &statement, &tail)
            if let tail, let base = buffer.baseAddress { rest = tail - UnsafePointer(base) }
            return code
        }
        guard code == SQLITE_OK else { throw failure() }
        guard let statement else { throw refused("there is no statement; vigie sql \"SELECT …\"") }
        do throws(SQLConsole.Failure) {
            guard sqlite3_column_count(statement) > 0, sqlite3_stmt_readonly(statement) != 0 else {
                throw refused("vigie sql only reads: one SELECT (or WITH … SELECT)")
            }
            guard sqlite3_bind_parameter_count(statement) == 0 else {
                throw refused("the statement has placeholders, and nothing to put there")
            }
            try refuseMore(Array(text[rest...]))
        } catch {
            sqlite3_finalize(statement)
            throw error
        }
        return statement
    }

    /// White space, comments and semicolons may follow; a second statement may not.
    private func refuseMore(_ text: [CChar]) throws(SQLConsole.Failure) {
        var text = text
        while text.count > 1 {
            var statement: OpaquePointer?
            var taken = 0
            let code = text.withUnsafeMutableBufferPointer { buffer in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v2(database, buffer.baseAddress, Int32(buffer.count), &statement, &tail)
                if let tail, let base = buffer.baseAddress { taken = tail - UnsafePointer(base) }
                return code
            }
            let isEmpty = code == SQLITE_OK && statement == nil
            sqlite3_finalize(statement)
            guard isEmpty else { throw refused("one statement at a time, please") }
            guard taken > 0 else { return }
            text.removeFirst(taken)
        }
    }

    private func refused(_ message: String) -> SQLConsole.Failure {
        SQLConsole.Failure(reason: .refused, message: message)
    }

    private func failure() -> SQLConsole.Failure {
        if deadline.isTooLarge {
            return refused("the statement needs too much memory; select fewer rows, or sort and group less of them")
        }
        if deadline.isOver {
            return SQLConsole.Failure(
                reason: .timedOut,
                message: "the statement took longer than \(Int(limits.seconds)) s and was stopped; narrow it, with a "
                    + "condition on machine_id or a time")
        }
        if let refusal = authorizer.refusal { return refused(refusal) }
        if sqlite3_errcode(database) == SQLITE_TOOBIG {
            return refused(
                "a value is too big: none may have more than \(limits.valueBytes >> 10) KiB; leave out the column or the "
                    + "machine that has it")
        }
        if sqlite3_errcode(database) == SQLITE_BUSY {
            return SQLConsole.Failure(reason: .busy, message: "the database is busy; try again in a moment")
        }
        return refused(String(cString: sqlite3_errmsg(database)))
    }
}
