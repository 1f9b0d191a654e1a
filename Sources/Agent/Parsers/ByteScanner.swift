/// Walks over text as bytes: lines, words and numbers, without a string for each.
///
/// What procfs writes is ASCII between blanks. A copy shares the bytes, so handing one on is cheap.
struct ByteScanner: Sendable {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) { self.init(bytes, 0, bytes.count) }

    private init(_ bytes: [UInt8], _ start: Int, _ end: Int) {
        self.bytes = bytes
        position = start
        self.end = end
    }

    var isAtEnd: Bool { position >= end }
    var count: Int { end - position }

    /// The byte here, nil at the end.
    var first: UInt8? { position < end ? bytes[position] : nil }

    /// What is left, as text: invalid UTF-8 and NUL replaced, blanks at both ends cut.
    var text: String { String(cleaning: bytes[position..<end]) }

    /// What is left.
    var rest: ArraySlice<UInt8> { bytes[position..<end] }

    mutating func advance() { if position < end { position += 1 } }

    mutating func skipBlanks() {
        while position < end, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    /// The next line without its end; nil after the last.
    mutating func line() -> ByteScanner? {
        guard position < end else { return nil }
        return take(upTo: 0x0A) ?? takeRest()
    }

    /// What stands before the separator, which is passed over; nil, and nothing taken, where there is none.
    mutating func take(upTo separator: UInt8) -> ByteScanner? {
        let start = position
        let found = bytes.withUnsafeBufferPointer { buffer -> Int? in
            var index = start
            while index < end {
                if buffer[index] == separator { return index }
                index += 1
            }
            return nil
        }
        guard let found else { return nil }
        position = found + 1
        return ByteScanner(bytes, start, found)
    }

    /// The next run of bytes other than blanks; nil at the end.
    mutating func word() -> ByteScanner? {
        skipBlanks()
        guard position < end else { return nil }
        let start = position
        while position < end, bytes[position] != 0x20, bytes[position] != 0x09 { position += 1 }
        return ByteScanner(bytes, start, position)
    }

    /// Whether what is left is exactly this ASCII text.
    func equals(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && starts(with: text) }

    func starts(with prefix: StaticString) -> Bool {
        guard count >= prefix.utf8CodeUnitCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount where bytes[position + index] != prefix.utf8Start[index] {
            return false
        }
        return true
    }

    private mutating func takeRest() -> ByteScanner {
        defer { position = end }
        return self
    }
}

extension ByteScanner {
    /// The next word as a number without sign. Nil for anything else and for more than 64 bits.
    mutating func unsigned() -> UInt64? {
        skipBlanks()
        let start = position
        var value: UInt64 = 0
        while let byte = first, byte >= 0x30, byte <= 0x39 {
            let (product, wrapped) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !wrapped, !overflow else { return nil }
            value = sum
            advance()
        }
        return position > start && isAtWordEnd ? value : nil
    }

    /// The next word as a number with an optional sign and fraction, without exponent.
    mutating func decimal() -> Double? {
        skipBlanks()
        var negative = false
        if first == 0x2D {
            negative = true
            advance()
        }
        var value = 0.0
        var scale = 1.0
        var digits = 0
        var inFraction = false
        while let byte = first {
            if byte == 0x2E, !inFraction {
                inFraction = true
            } else if byte >= 0x30, byte <= 0x39, digits < 18 {
                value = value * 10 + Double(byte - 0x30)
                if inFraction { scale *= 10 }
                digits += 1
            } else {
                break
            }
            advance()
        }
        guard digits > 0, isAtWordEnd else { return nil }
        return (negative ? -value : value) / scale
    }

    private var isAtWordEnd: Bool { first == nil || first == 0x20 || first == 0x09 || first == 0x0A }
}

/// A value read out of a text, and the lines that were not what the format says.
struct Parsed<Value> {
    var value: Value
    var faults: [LineFault] = []
}

extension Parsed: Sendable where Value: Sendable {}

/// A line that is not what the format says.
struct LineFault: Equatable, Sendable {
    /// Counted from 1.
    var line: Int
    var message: String
}

/// Counters of the kernel have 64 bits, numbers on the wire 53.
enum WireInteger {
    static let mask: UInt64 = 1 << 53 - 1

    /// A counter since boot: wraps, as its readers must expect of any counter.
    static func counter(_ value: UInt64) -> Int { Int(value & mask) }

    /// A size: the largest that can be said stands for anything beyond it.
    static func size(_ value: UInt64) -> Int { Int(min(value, mask)) }
}

extension String {
    /// Text out of bytes that may be anything: invalid UTF-8 and NUL become U+FFFD, blanks at both ends go.
    init(cleaning bytes: ArraySlice<UInt8>) {
        var slice = bytes
        while let first = slice.first, first <= 0x20 { slice = slice.dropFirst() }
        while let last = slice.last, last <= 0x20 { slice = slice.dropLast() }
        if slice.contains(0) {
            self.init(decoding: slice.map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
        } else {
            self.init(decoding: slice, as: UTF8.self)
        }
    }
}
