/// TOML's values: texts in four forms, numbers, booleans, arrays and inline tables.
extension TOMLParser {
    mutating func value() throws(Failure) -> TOMLDocument.Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw fail("too many levels") }
        switch peek() {
        case 0x22: return .string(starts(with: "\"\"\"") ? try multilineString(0x22) : try basicString())
        case 0x27: return .string(starts(with: "'''") ? try multilineString(0x27) : try literalString())
        case 0x5B: return try array()
        case 0x7B: return try inlineTable()
        default: return try scalar()
        }
    }

    private func starts(with text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    // MARK: - Texts

    mutating func basicString() throws(Failure) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case 0x22: return String(decoding: text, as: UTF8.self)
            case 0x5C: text += try escape()
            default:
                guard !Self.isControl(byte) else { throw fail("a text ends on its line with the quote it began with") }
                text.append(byte)
            }
        }
        throw fail("a text does not end")
    }

    mutating func literalString() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = peek() {
            if byte == 0x27 {
                position += 1
                return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
            }
            guard !Self.isControl(byte) else { throw fail("a text ends on its line with the quote it began with") }
            position += 1
        }
        throw fail("a text does not end")
    }

    /// `"""…"""` with escapes, `'''…'''` without; a line break right after the opening is not part of it.
    private mutating func multilineString(_ quote: UInt8) throws(Failure) -> String {
        let first = line
        position += 3
        var text: [UInt8] = []
        if starts(with: "\r\n") { position += 1 }
        if peek() == 0x0A {
            position += 1
            line += 1
        }
        while let byte = peek() {
            if byte == quote {
                var count = 0
                while peek() == quote, count < 5 {
                    position += 1
                    count += 1
                }
                guard count >= 3 else {
                    text += [UInt8](repeating: quote, count: count)
                    continue
                }
                // One or two quotes may stand before the closing three.
                text += [UInt8](repeating: quote, count: count - 3)
                return String(decoding: text, as: UTF8.self)
            }
            position += 1
            if byte == 0x0A { line += 1 }
            if byte == 0x5C, quote == 0x22 {
                if !skipContinuation() { text += try escape() }
                continue
            }
            let isLineEnd = byte == 0x0A || (byte == 0x0D && peek() == 0x0A)
            guard isLineEnd || !Self.isControl(byte) else { throw fail("a control character in a text") }
            text.append(byte)
        }
        throw Failure(line: first, reason: "a text does not end")
    }

    /// A backslash at the end of a line takes away the break and the space that follow.
    private mutating func skipContinuation() -> Bool {
        var ahead = position
        while ahead < bytes.count, bytes[ahead] == 0x20 || bytes[ahead] == 0x09 { ahead += 1 }
        if ahead + 1 < bytes.count, bytes[ahead] == 0x0D, bytes[ahead + 1] == 0x0A { ahead += 1 }
        guard ahead < bytes.count, bytes[ahead] == 0x0A else { return false }
        position = ahead
        while let byte = peek() {
            guard
                byte == 0x20 || byte == 0x09 || byte == 0x0A
                    || (byte == 0x0D && bytes[position...].count > 1
                        && bytes[position + 1] == 0x0A)
            else { break }
            if byte == 0x0A { line += 1 }
            position += 1
        }
        return true
    }

    /// What follows a backslash.
    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let byte = peek() else { throw fail("a text does not end") }
        position += 1
        switch byte {
        case 0x62: return [0x08]
        case 0x74: return [0x09]
        case 0x6E: return [0x0A]
        case 0x66: return [0x0C]
        case 0x72: return [0x0D]
        case 0x22, 0x5C: return [byte]
        case 0x75, 0x55:
            let count = byte == 0x75 ? 4 : 8
            let digits = bytes[position...].prefix(count)
            guard digits.count == count,
                digits.allSatisfy({ ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x66 || isDigit($0) }),
                let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(number)
            else {
                throw fail("\\\(byte == 0x75 ? "u" : "U") is followed by \(count) hexadecimal digits of a character")
            }
            position += count
            return Array(String(scalar).utf8)
        default: throw fail("a backslash in a text in double quotes is written \\\\")
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    // MARK: - Collections

    private mutating func array() throws(Failure) -> TOMLDocument.Value {
        let first = line
        position += 1
        var values: [TOMLDocument.Value] = []
        while true {
            try skipLines(first)
            if peek() == 0x5D { break }
            values.append(try value())
            try skipLines(first)
            if peek() == 0x5D { break }
            guard peek() == 0x2C else { throw fail("values of a list are separated by commas and end with ]") }
            position += 1
        }
        position += 1
        return .array(values)
    }

    /// Space, comments and line breaks inside an array that began on the line.
    private mutating func skipLines(_ first: Int) throws(Failure) {
        skipSpace()
        while let byte = peek(), byte == 0x23 || byte == 0x0A || byte == 0x0D {
            try endOfLine()
            skipSpace()
        }
        guard peek() != nil else { throw Failure(line: first, reason: "a list does not end with ]") }
    }

    private mutating func inlineTable() throws(Failure) -> TOMLDocument.Value {
        var table = Table(line: line)
        position += 1
        skipSpace()
        while peek() != 0x7D {
            let key = try dottedKey()
            try expect(0x3D, "a key is followed by = and a value")
            try Self.set(key[...], to: try value(), in: &table, line: line)
            skipSpace()
            if peek() == 0x7D { break }
            try expect(0x2C, "keys in {…} are separated by commas")
            guard peek() != 0x7D else { throw fail("no comma stands before }") }
        }
        position += 1
        return .table(Self.closed(table))
    }

    /// Nothing may be added to it, nor to what it holds.
    private static func closed(_ table: Table) -> Table {
        var table = table
        table.isClosed = true
        for (name, entry) in table.entries {
            guard case .table(let inner) = entry.value else { continue }
            table.entries[name]?.value = .table(closed(inner))
        }
        return table
    }

    // MARK: - Numbers and the like

    private mutating func scalar() throws(Failure) -> TOMLDocument.Value {
        let start = position
        while let byte = peek(), Self.isBare(byte) || byte == 0x2B || byte == 0x2E || byte == 0x3A { position += 1 }
        var text = String(decoding: bytes[start..<position], as: UTF8.self)
        // A date and a time may be separated by one space.
        if text.utf8.count == 10, Self.isDate(text), peek() == 0x20, position + 1 < bytes.count,
            isDigit(bytes[position + 1])
        {
            position += 1
            while let byte = peek(), Self.isBare(byte) || [0x2B, 0x2E, 0x3A].contains(byte) { position += 1 }
            text = String(decoding: bytes[start..<position], as: UTF8.self)
        }
        if text == "true" || text == "false" { return .bool(text == "true") }
        if let number = try Self.integer(text, line: line) { return .integer(number) }
        guard Self.isFloat(text) || Self.isMoment(text) else {
            throw fail(text.isEmpty ? "a value was expected" : "\(text) is no value; texts stand in quotes")
        }
        return .other(text)
    }

    /// Nil where the text is no integer; `_` stands between digits only.
    private static func integer(_ text: String, line: Int) throws(Failure) -> Int? {
        var digits = text[...]
        var radix = 10
        var sign = ""
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            radix = base
            digits = digits.dropFirst(2)
        }
        if radix == 10, let first = digits.first, first == "+" || first == "-" {
            sign = first == "-" ? "-" : ""
            digits = digits.dropFirst()
        }
        let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
        let joined = groups.joined()
        guard groups.allSatisfy({ !$0.isEmpty }), joined.allSatisfy({ $0.isASCII && $0.hexDigitValue ?? 99 < radix }),
            radix != 10 || joined == "0" || joined.first != "0"
        else { return nil }
        guard let number = Int(sign + joined, radix: radix) else {
            throw Failure(line: line, reason: "\(text) is too large")
        }
        return number
    }

    private static func isFloat(_ text: String) -> Bool {
        let unsigned = text.first == "+" || text.first == "-" ? text.dropFirst() : text[...]
        if unsigned == "inf" || unsigned == "nan" { return true }
        func isGroup(_ part: Substring) -> Bool {
            let groups = part.split(separator: "_", omittingEmptySubsequences: false)
            return groups.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }
        }
        let parts = unsigned.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard mantissa.count <= 2, parts.count + mantissa.count > 2, mantissa.allSatisfy(isGroup),
            mantissa[0] == "0" || mantissa[0].first != "0"
        else { return false }
        guard parts.count == 2 else { return true }
        let exponent = parts[1].first == "+" || parts[1].first == "-" ? parts[1].dropFirst() : parts[1]
        return isGroup(exponent)
    }

    private static func isDate(_ text: String) -> Bool { shape(text) == "0000-00-00" }

    /// RFC 3339's forms by their shape; no key takes one, so that the calendar does not matter.
    private static func isMoment(_ text: String) -> Bool {
        var rest = shape(text)[...]
        if rest.hasPrefix("0000-00-00") {
            rest = rest.dropFirst(10)
            if rest.isEmpty { return true }
            guard let separator = rest.first, "Tt ".contains(separator) else { return false }
            rest = rest.dropFirst()
            guard rest.hasPrefix("00:00:00") else { return false }
            rest = fraction(rest.dropFirst(8))
            return ["", "Z", "z", "+00:00", "-00:00"].contains(String(rest))
        }
        return rest.hasPrefix("00:00:00") && fraction(rest.dropFirst(8)).isEmpty
    }

    private static func fraction(_ text: Substring) -> Substring {
        guard text.first == ".", text.dropFirst().first == "0" else { return text }
        return text.dropFirst().drop { $0 == "0" }
    }

    /// The text with every digit as 0.
    private static func shape(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x30...0x39).contains($0) ? 0x30 : $0 }, as: UTF8.self)
    }
}
