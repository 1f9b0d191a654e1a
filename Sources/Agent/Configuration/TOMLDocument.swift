/// A TOML 1.0 document (toml.io), with the line of every key: what the configuration needs of the format.
///
/// Read here and not by a library, because the one for Swift adds 2 MB to the agent and knows no lines. Left out, and
/// refused with words: arrays of tables. Numbers with a fraction and dates are read as what they are and fit no key.
struct TOMLDocument: Equatable, Sendable {
    struct Failure: Error, Equatable, CustomStringConvertible {
        /// From 1.
        var line: Int?
        var reason: String

        var description: String { line.map { "line \($0): \(reason)" } ?? reason }
    }

    indirect enum Value: Equatable, Sendable {
        case string(String)
        case integer(Int)
        case bool(Bool)
        case array([Value])
        case table(Table)
        /// A float, a date or a time, as it is written.
        case other(String)
    }

    struct Table: Equatable, Sendable {
        struct Entry: Equatable, Sendable {
            var line: Int
            var value: Value
        }

        var entries: [String: Entry] = [:]
        /// Where it is first named.
        var line: Int
        /// Opened by `[name]`, which may happen once.
        var isDefined = false
        /// Made by dotted keys; `[name]` may not open it again.
        var isDotted = false
        /// Written as `{…}`; nothing may be added to it.
        var isClosed = false
    }

    let root: Table

    init(_ text: String) throws(Failure) {
        var parser = TOMLParser(text)
        root = try parser.document()
    }
}
