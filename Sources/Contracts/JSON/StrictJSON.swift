/// The one reader of what comes over the wire: RFC 8259, and stricter where two readers could disagree.
///
/// Refused besides bad grammar: invalid UTF-8, duplicate names in an object, `\u0000`, lone surrogates, more than
/// `maximumDepth` levels, a number beyond a double's range, a byte-order mark, anything after the value. Names that
/// differ only in their Unicode normal form are duplicates too: a Swift dictionary could hold one of them only.
package struct StrictJSON {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        /// Offset in bytes from the start.
        package var offset: Int
        package var reason: String

        package var description: String { "\(reason) at byte \(offset)" }
    }

    /// A document, and where the value of one top-level member stands in its bytes.
    package struct Document {
        package var root: JSONValue
        /// The bytes of the watched member's value, and whether it was the last member.
        package var watched: (range: Range<Int>, isLast: Bool)?
    }

    package static let maximumDepth = 32

    /// Reads a whole document; `watching` names a member of the top object whose position is wanted.
    package static func read(_ bytes: [UInt8], watching: String? = nil) throws(Failure) -> Document {
        var reader = StrictJSON(watching: watching)
        var failure: Failure?
        let root: JSONValue? = bytes.withUnsafeBytes { buffer in
            reader.bytes = buffer
            do throws(Failure) { return try reader.document() } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        guard let root else { throw Failure(offset: 0, reason: "no value") }
        return Document(root: root, watched: reader.watched)
    }

    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private var position = 0
    private var depth = 0
    private let watching: String?
    private var watched: (range: Range<Int>, isLast: Bool)?

    private init(watching: String?) { self.watching = watching }

    private mutating func document() throws(Failure) -> JSONValue {
        skipSpace()
        let root = try value()
        skipSpace()
        guard position == bytes.count else { throw fail("unexpected text after the document") }
        return root
    }

    private func fail(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value() throws(Failure) -> JSONValue {
        switch peek() {
        case 0x7B: return try object()
        case 0x5B: return try array()
        case 0x22: return .string(try string())
        case 0x74:
            try literal("true")
            return .bool(true)
        case 0x66:
            try literal("false")
            return .bool(false)
        case 0x6E:
            try literal("null")
            return .null
        case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39: return try number()
        case nil: throw fail("unexpected end")
        default: throw fail("unexpected character")
        }
    }

    private mutating func literal(_ word: StaticString) throws(Failure) {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count else { throw fail("unexpected end") }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
            throw fail("unexpected character")
        }
        position += length
    }

    private mutating func enter() throws(Failure) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw fail("nested deeper than \(Self.maximumDepth) levels") }
        position += 1
        skipSpace()
    }

    private mutating func object() throws(Failure) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var members: [JSONObject.Member] = []
        // Up to sixteen names a linear search is the cheapest way to see a duplicate.
        var names: Set<String> = []
        if peek() == 0x7D {
            position += 1
            return .object(JSONObject())
        }
        while true {
            guard peek() == 0x22 else { throw fail("a member's name was expected") }
            let nameOffset = position
            let name = try string()
            let known: Bool
            if members.count < 16 {
                known = members.contains { $0.name == name }
            } else {
                if names.isEmpty { names = Set(members.map(\.name)) }
                known = !names.insert(name).inserted
            }
            guard !known else { throw Failure(offset: nameOffset, reason: "duplicate member") }
            skipSpace()
            guard peek() == 0x3A else { throw fail("':' was expected") }
            position += 1
            skipSpace()
            let start = position
            members.append(.init(name, try value()))
            if depth == 1, watching != nil {
                if name == watching {
                    watched = (start..<position, true)
                } else if watched != nil {
                    watched?.isLast = false
                }
            }
            skipSpace()
            switch peek() {
            case 0x2C:
                position += 1
                skipSpace()
            case 0x7D:
                position += 1
                return .object(JSONObject(members))
            default: throw fail("',' or '}' was expected")
            }
        }
    }

    private mutating func array() throws(Failure) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var values: [JSONValue] = []
        if peek() == 0x5D {
            position += 1
            return .array([])
        }
        while true {
            values.append(try value())
            skipSpace()
            switch peek() {
            case 0x2C:
                position += 1
                skipSpace()
            case 0x5D:
                position += 1
                return .array(values)
            default: throw fail("',' or ']' was expected")
            }
        }
    }

    private mutating func number() throws(Failure) -> JSONValue {
        let start = position
        if peek() == 0x2D { position += 1 }
        let integerStart = position
        let digits = try digitRun()
        guard digits == 1 || bytes[integerStart] != 0x30 else {
            throw Failure(offset: integerStart, reason: "a number with a leading zero")
        }
        var isInteger = true
        if peek() == 0x2E {
            isInteger = false
            position += 1
            _ = try digitRun()
        }
        if peek() == 0x65 || peek() == 0x45 {
            isInteger = false
            position += 1
            if peek() == 0x2B || peek() == 0x2D { position += 1 }
            _ = try digitRun()
        }
        if isInteger, digits <= 18 {
            var value: Int64 = 0
            for index in integerStart..<position { value = value * 10 + Int64(bytes[index] - 0x30) }
            return .integer(integerStart > start ? -value : value)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, digits == 19, let value = Int64(text) { return .integer(value) }
        guard let double = Double(text), double.isFinite else {
            throw Failure(offset: start, reason: "a number too large to hold")
        }
        return .number(double)
    }

    private mutating func digitRun() throws(Failure) -> Int {
        let start = position
        while let byte = peek(), byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw fail("a digit was expected") }
        return position - start
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        var ascii = true
        while position < bytes.count {
            let byte = bytes[position]
            if byte == 0x22 {
                let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                position += 1
                if ascii { return String(decoding: slice, as: UTF8.self) }
                guard let text = String(validating: slice, as: UTF8.self) else {
                    throw Failure(offset: start, reason: "invalid UTF-8")
                }
                return text
            }
            if byte == 0x5C { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw fail("a control character in a string") }
            if byte >= 0x80 { ascii = false }
            position += 1
        }
        throw fail("unexpected end of a string")
    }

    /// The slow path, from the first backslash on.
    private mutating func escapedString(from start: Int) throws(Failure) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x22:
                position += 1
                guard let result = String(validating: text, as: UTF8.self) else {
                    throw Failure(offset: start, reason: "invalid UTF-8")
                }
                return result
            case 0x5C:
                position += 1
                try escape(into: &text)
            default:
                guard byte >= 0x20 else { throw fail("a control character in a string") }
                text.append(byte)
                position += 1
            }
        }
        throw fail("unexpected end of a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = peek() else { throw fail("unexpected end of a string") }
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75:
            var scalar = try hexadecimalQuad()
            if (0xD800...0xDBFF).contains(scalar) {
                guard peek() == 0x5C, position + 1 < bytes.count, bytes[position + 1] == 0x75 else {
                    throw fail("a lone surrogate")
                }
                position += 2
                let low = try hexadecimalQuad()
                guard (0xDC00...0xDFFF).contains(low) else { throw fail("a lone surrogate") }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard scalar != 0 else { throw fail("\\u0000 in a string") }
            guard let unicode = Unicode.Scalar(scalar) else { throw fail("a lone surrogate") }
            text.append(contentsOf: Array(UTF8.encode(unicode)!))
        default: throw fail("an unknown escape")
        }
    }

    private mutating func hexadecimalQuad() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw fail("unexpected end of a string") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit = bytes[position]
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt32(digit - 0x30)
            case 0x61...0x66: value = value << 4 | UInt32(digit - 0x57)
            case 0x41...0x46: value = value << 4 | UInt32(digit - 0x37)
            default: throw fail("a hexadecimal digit was expected")
            }
            position += 1
        }
        return value
    }
}
