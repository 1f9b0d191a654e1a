/// Reads what our own agents write, byte for byte as `CanonicalJSON` writes it: sorted names, no white space, no escapes.
///
/// It is the short way, not a second opinion: whatever it does not expect is a `Miss`, and the document is then read by
/// `StrictJSON` and `JSONTreeDecoder`, which say what is wrong with it. What it does take, they take too, with the same
/// values (tests compare). Names come in one fixed order, so there are no duplicates to look for; nesting is that of the
/// types, so there is no depth to count; and nothing is made but the values.
package struct CanonicalReader {
    /// Something else than expected; says nothing about whether the document is good.
    package struct Miss: Error {}

    private let bytes: UnsafeRawBufferPointer
    package private(set) var position: Int
    private let end: Int

    /// - Parameter range: where in the bytes the value stands.
    package init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>? = nil) {
        self.bytes = bytes
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    package var isAtEnd: Bool { position == end }

    // MARK: - Objects and arrays

    package mutating func begin() throws(Miss) { try take(0x7B) }

    package mutating func finish() throws(Miss) { try take(0x7D) }

    /// Takes the next member's name if it is this one.
    package mutating func takesName(_ name: StaticString) -> Bool {
        var place = position
        // A member's name follows the object's brace or a comma; what precedes is always there, since a name never
        // begins a document.
        if place > 0, bytes[place - 1] != 0x7B {
            guard place < end, bytes[place] == 0x2C else { return false }
            place += 1
        }
        let length = name.utf8CodeUnitCount
        guard place + length + 3 <= end, bytes[place] == 0x22, bytes[place + 1 + length] == 0x22,
            bytes[place + 2 + length] == 0x3A
        else { return false }
        // Eight at a time: names are what most of a document is.
        let expected = UnsafeRawPointer(name.utf8Start)
        var index = 0
        while index + 8 <= length {
            let word = bytes.loadUnaligned(fromByteOffset: place + 1 + index, as: UInt64.self)
            guard word == expected.loadUnaligned(fromByteOffset: index, as: UInt64.self) else { return false }
            index += 8
        }
        while index < length {
            guard bytes[place + 1 + index] == name.utf8Start[index] else { return false }
            index += 1
        }
        position = place + length + 3
        return true
    }

    /// The value of a member that must be there.
    package mutating func member<Value: CanonicalReadable>(_ name: StaticString) throws(Miss) -> Value {
        guard takesName(name) else { throw Miss() }
        return try Value(from: &self)
    }

    /// The value of a member that may be absent.
    package mutating func optional<Value: CanonicalReadable>(_ name: StaticString) throws(Miss) -> Value? {
        guard takesName(name) else { return nil }
        return try Value(from: &self)
    }

    mutating func array<Value: CanonicalReadable>(of type: Value.Type) throws(Miss) -> [Value] {
        try take(0x5B)
        var values: [Value] = []
        if takes(0x5D) { return values }
        repeat { values.append(try Value(from: &self)) } while takes(0x2C)
        try take(0x5D)
        return values
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func take(_ byte: UInt8) throws(Miss) {
        guard takes(byte) else { throw Miss() }
    }

    // MARK: - Leaves

    /// The bytes between two quotes, none of them escaped; and whether all of them are ASCII.
    private mutating func quoted() throws(Miss) -> (text: UnsafeRawBufferPointer, isASCII: Bool) {
        try take(0x22)
        let start = position
        var all: UInt8 = 0
        while position < end {
            let byte = bytes[position]
            if byte == 0x22 {
                position += 1
                return (UnsafeRawBufferPointer(rebasing: bytes[start..<(position - 1)]), all < 0x80)
            }
            guard byte >= 0x20, byte != 0x5C else { throw Miss() }
            all |= byte
            position += 1
        }
        throw Miss()
    }

    mutating func string() throws(Miss) -> String {
        let (text, isASCII) = try quoted()
        if isASCII { return String(decoding: text, as: UTF8.self) }
        guard let string = String(validating: text, as: UTF8.self) else { throw Miss() }
        return string
    }

    mutating func timestamp() throws(Miss) -> Timestamp {
        let text = try quoted().text
        guard let moment = text.withMemoryRebound(to: UInt8.self, { Timestamp(text: $0) }) else { throw Miss() }
        return moment
    }

    mutating func bool() throws(Miss) -> Bool {
        if takesWord("true") { return true }
        if takesWord("false") { return false }
        throw Miss()
    }

    private mutating func takesWord(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard position + length <= end else { return false }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] { return false }
        position += length
        return true
    }

    /// Digits without a leading zero, up to eighteen of them.
    private mutating func digits(_ value: inout Int64) throws(Miss) -> Int {
        let start = position
        while position < end, case let digit = bytes[position] &- 0x30, digit < 10 {
            guard position - start < 18 else { throw Miss() }
            value = value * 10 + Int64(digit)
            position += 1
        }
        return position - start
    }

    /// A count: 0 … 2^53−1.
    mutating func count() throws(Miss) -> Int {
        let start = position
        var value: Int64 = 0
        let digits = try digits(&value)
        guard digits > 0, digits == 1 || bytes[start] != 0x30, value <= JSONTreeDecoder.largestInteger, !isFraction
        else { throw Miss() }
        return Int(value)
    }

    private var isFraction: Bool {
        guard position < end else { return false }
        switch bytes[position] {
        case 0x2E, 0x65, 0x45: return true
        default: return false
        }
    }

    /// Up to 2^53 and 10^22, both exact, one division rounds as reading the digits would (Clinger, 1990).
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]

    mutating func double() throws(Miss) -> Double {
        let start = position
        let isNegative = takes(0x2D)
        let first = position
        var value: Int64 = 0
        let whole = try digits(&value)
        guard whole > 0, whole == 1 || bytes[first] != 0x30 else { throw Miss() }
        var fraction = 0
        if takes(0x2E) {
            fraction = try digits(&value)
            guard fraction > 0, whole + fraction <= 18 else { throw Miss() }
        } else if isNegative, value == 0 {
            // An integer on the long way, where it has no sign.
            throw Miss()
        }
        guard !isFraction else { throw Miss() }
        if value <= JSONTreeDecoder.largestInteger {
            let double = Double(value) / Self.powers[fraction]
            return isNegative ? -double : double
        }
        guard let double = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw Miss() }
        return double
    }
}

/// What `CanonicalReader` can read. Members are asked for in the order of their names' bytes.
package protocol CanonicalReadable {
    init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss)
}

extension Int: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) { self = try reader.count() }
}

extension Double: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) { self = try reader.double() }
}

extension Bool: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) { self = try reader.bool() }
}

extension String: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) { self = try reader.string() }
}

extension Array: CanonicalReadable where Element: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        self = try reader.array(of: Element.self)
    }
}

extension Timestamp: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) { self = try reader.timestamp() }
}

extension Percent: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        guard let percent = Percent(exactly: try reader.double()) else { throw .init() }
        self = percent
    }
}

extension Identifier: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        guard let identifier = Identifier(try reader.string()) else { throw .init() }
        self = identifier
    }
}

extension Digest: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        guard let digest = Digest(try reader.string()) else { throw .init() }
        self = digest
    }
}
