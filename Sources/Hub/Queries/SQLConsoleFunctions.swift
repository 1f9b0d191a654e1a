import GRDBSQLite

/// SQLite's `trim(text, characters)`, `ltrim` and `rtrim` again, with a bound on the characters.
///
/// SQLite's own compare every character of the text with every one to remove, in one step that no deadline can stop:
/// measured, 96 s for 250,000 characters and half as many to remove.
enum SQLConsoleFunctions {
    private static let mostCharacters = 100

    static func register(on database: OpaquePointer) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        sqlite3_create_function_v2(
            database, "trim", 2, flags, nil,
            { context, _, values in SQLConsoleFunctions.trim(context, values, left: true, right: true) }, nil, nil, nil)
        sqlite3_create_function_v2(
            database, "ltrim", 2, flags, nil,
            { context, _, values in SQLConsoleFunctions.trim(context, values, left: true, right: false) }, nil, nil,
            nil)
        sqlite3_create_function_v2(
            database, "rtrim", 2, flags, nil,
            { context, _, values in SQLConsoleFunctions.trim(context, values, left: false, right: true) }, nil, nil,
            nil)
    }

    private static func trim(
        _ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?, left: Bool, right: Bool
    ) {
        guard let values, let text = sqlite3_value_text(values[0]), let characters = sqlite3_value_text(values[1])
        else {
            sqlite3_result_null(context)
            return
        }
        let removed = Set(String(cString: characters).unicodeScalars)
        guard removed.count <= mostCharacters else {
            sqlite3_result_error(context, "trim takes at most \(mostCharacters) different characters to remove", -1)
            return
        }
        var rest = String(cString: text).unicodeScalars[...]
        if left { rest = rest.drop { removed.contains($0) } }
        while right, let last = rest.last, removed.contains(last) { rest.removeLast() }
        // SQLITE_TRANSIENT: SQLite copies the text before this returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        sqlite3_result_text(context, String(String.UnicodeScalarView(rest)), -1, transient)
    }
}
