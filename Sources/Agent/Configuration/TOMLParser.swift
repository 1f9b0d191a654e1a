/// Reads TOML's tables and keys; values are in `TOMLParser+values.swift`.
struct TOMLParser {
    typealias Failure = TOMLDocument.Failure
    typealias Table = TOMLDocument.Table

    let bytes: [UInt8]
    var position = 0
    var line = 1
    var depth = 0

    static let maximumDepth = 32

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func document() throws(Failure) -> Table {
        var root = Table(line: 1)
        var current: [String] = []
        while true {
            skipSpace()
            guard let byte = peek() else { return root }
            switch byte {
            case 0x23, 0x0A, 0x0D: try endOfLine()
            case 0x5B:
                current = try header()
                try Self.open(current[...], in: &root, line: line)
                try endOfLine()
            default:
                let line = line
                let key = try dottedKey()
                try expect(0x3D, "a key is followed by = and a value")
                let value = try value()
                try Self.change(current[...], in: &root) { (table) throws(Failure) in
                    try Self.set(key[...], to: value, in: &table, line: line)
                }
                try endOfLine()
            }
        }
    }

    // MARK: - Tables

    /// `[a.b]`
    private mutating func header() throws(Failure) -> [String] {
        position += 1
        guard peek() != 0x5B else { throw fail("[[…]] is not used here") }
        let key = try dottedKey()
        try expect(0x5D, "a section ends with ]")
        return key
    }

    private static func open(_ path: ArraySlice<String>, in table: inout Table, line: Int) throws(Failure) {
        guard let name = path.first else { return }
        var inner = Table(line: line)
        if let entry = table.entries[name] {
            guard case .table(let found) = entry.value, !found.isClosed else {
                throw Failure(line: line, reason: "\(name) has a value already (line \(entry.line))")
            }
            inner = found
        }
        if path.count == 1 {
            guard !inner.isDefined, !inner.isDotted else {
                throw Failure(line: line, reason: "[\(name)] was opened before (line \(inner.line))")
            }
            inner.isDefined = true
            inner.line = line
        } else {
            try open(path.dropFirst(), in: &inner, line: line)
        }
        let known = table.entries[name]?.line
        table.entries[name] = .init(line: path.count == 1 ? line : known ?? line, value: .table(inner))
    }

    /// Changes the table of a section that was opened.
    private static func change(
        _ path: ArraySlice<String>, in table: inout Table, _ body: (inout Table) throws(Failure) -> Void
    ) throws(Failure) {
        guard let name = path.first else { return try body(&table) }
        guard let entry = table.entries[name], case .table(var inner) = entry.value else { return }
        // Taken out while it is changed, so that it is not copied.
        table.entries[name] = nil
        try change(path.dropFirst(), in: &inner, body)
        table.entries[name] = .init(line: entry.line, value: .table(inner))
    }

    static func set(
        _ path: ArraySlice<String>, to value: TOMLDocument.Value, in table: inout Table, line: Int
    ) throws(Failure) {
        guard let name = path.first else { return }
        let known = table.entries[name]
        if path.count == 1 {
            if let known { throw Failure(line: line, reason: "\(name) was set before (line \(known.line))") }
            table.entries[name] = .init(line: line, value: value)
            return
        }
        var inner = Table(line: line)
        if let known {
            guard case .table(let found) = known.value, !found.isClosed, !found.isDefined else {
                throw Failure(line: line, reason: "\(name) was set before (line \(known.line))")
            }
            inner = found
        }
        inner.isDotted = true
        try set(path.dropFirst(), to: value, in: &inner, line: line)
        table.entries[name] = .init(line: known?.line ?? line, value: .table(inner))
    }

    // MARK: - Keys and spaces

    mutating func dottedKey() throws(Failure) -> [String] {
        var parts: [String] = []
        while true {
            skipSpace()
            parts.append(try simpleKey())
            guard parts.count <= Self.maximumDepth else { throw fail("too many levels") }
            skipSpace()
            guard peek() == 0x2E else { return parts }
            position += 1
        }
    }

    private mutating func simpleKey() throws(Failure) -> String {
        if peek() == 0x22 { return try basicString() }
        if peek() == 0x27 { return try literalString() }
        let start = position
        while let byte = peek(), Self.isBare(byte) { position += 1 }
        guard position > start else { throw fail("a key was expected") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Letters, digits, `_`, `-`.
    static func isBare(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
            || byte == 0x2D
    }

    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    func fail(_ reason: String) -> Failure { Failure(line: line, reason: reason) }

    /// The byte after any space, or a failure.
    mutating func expect(_ byte: UInt8, _ reason: String) throws(Failure) {
        skipSpace()
        guard peek() == byte else { throw fail(reason) }
        position += 1
        skipSpace()
    }

    mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 { position += 1 }
    }

    /// Space, a comment, and the line's end or the document's.
    mutating func endOfLine() throws(Failure) {
        skipSpace()
        if peek() == 0x23 {
            while let byte = peek(), byte != 0x0A, byte != 0x0D {
                guard !Self.isControl(byte) else { throw fail("a control character in a comment") }
                position += 1
            }
        }
        if peek() == 0x0D {
            position += 1
            guard peek() == 0x0A else { throw fail("a carriage return without a line feed") }
        }
        guard let byte = peek() else { return }
        guard byte == 0x0A else { throw fail("unexpected text after the value; texts stand in quotes") }
        position += 1
        line += 1
    }

    /// Everything below space but the tab, and DEL.
    static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }
}
