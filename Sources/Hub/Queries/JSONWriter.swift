import Contracts
import Foundation

/// Writes JSON as `CanonicalJSON` does, member by member: for answers so large, or given so often, that an encoder would be
/// most of their cost (measured: 50 ms for 1 MB), and for columns that each snapshot writes. Members of answers are written
/// in the order of their names; what is nil is left out.
///
/// Names are given as they stand between two values, `,"name":`, so that each is one copy; the comma is left out before
/// the first member.
struct JSONWriter {
    private let store: Store
    private let keepsFraction: Bool
    private var isFirst = true
    /// Days written lately: in a list most times are of a few.
    private var days: [Int64: [UInt8]] = [:]

    /// - Parameters:
    ///   - capacity: bytes to begin with.
    ///   - keepsFraction: whether what is no count is written with one, `41.0`, so that SQLite reads it as such.
    init(capacity: Int = 1 << 20, keepsFraction: Bool = false) {
        store = Store(capacity: capacity)
        self.keepsFraction = keepsFraction
    }

    /// Memory that is written without asking an array for every few bytes whether it may be, and that grows where it is:
    /// the system moves pages, not bytes.
    fileprivate final class Store {
        private(set) var start: UnsafeMutablePointer<UInt8>
        private(set) var count = 0
        private var capacity: Int

        init(capacity: Int) {
            self.capacity = capacity
            start = Self.memory(nil, capacity)
        }

        deinit { free(start) }

        func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
            if count + length > capacity { grow(by: length) }
            (start + count).update(from: source, count: length)
            count += length
        }

        func append(_ byte: UInt8) {
            if count == capacity { grow(by: 1) }
            start[count] = byte
            count += 1
        }

        private func grow(by length: Int) {
            capacity = max(capacity * 2, count + length)
            start = Self.memory(start, capacity)
        }

        private static func memory(
            _ old: UnsafeMutablePointer<UInt8>?, _ capacity: Int
        ) -> UnsafeMutablePointer<UInt8> {
            guard let new = realloc(old, capacity) else { fatalError("no memory for an answer of \(capacity) bytes") }
            return new.assumingMemoryBound(to: UInt8.self)
        }
    }

    /// Where the bytes are that `body` writes.
    mutating func place(_ body: (inout JSONWriter) -> Void) -> Range<Int> {
        let start = store.count
        body(&self)
        return start..<store.count
    }

    /// What was written. Nothing is to be written after it.
    consuming func finish() -> WrittenJSON { WrittenJSON(store) }

    mutating func raw(_ text: StaticString) {
        store.append(text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Opens an object or an array: no comma before the first member.
    mutating func begin(_ text: StaticString = "{") {
        raw(text)
        isFirst = true
    }

    mutating func end(_ text: StaticString = "}") {
        raw(text)
        isFirst = false
    }

    mutating func name(_ name: StaticString) {
        let skipped = isFirst ? 1 : 0
        isFirst = false
        store.append(name.utf8Start + skipped, name.utf8CodeUnitCount - skipped)
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        raw(value ? "true" : "false")
    }

    mutating func member(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        self.name(name)
        integer(Int64(value))
    }

    mutating func member(_ name: StaticString, _ value: Double?) {
        guard let value, value.isFinite else { return }
        self.name(name)
        number(value)
    }

    /// An item of an array.
    mutating func item(_ value: String) { member(",", value) }

    /// An item of an array; null where there is nothing to say.
    mutating func item(_ value: Double?) {
        name(",")
        if let value, value.isFinite { number(value) } else { raw("null") }
    }

    /// An item of an array that has members or items itself.
    mutating func item(_ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void) {
        name(",")
        begin(open)
        body(&self)
        end(close)
    }

    private mutating func number(_ value: Double) {
        // Percentages and loads have two decimals at most.
        let hundredths = (value * 100).rounded()
        guard value >= 0, value < 1e9, hundredths / 100 == value else {
            if !keepsFraction, let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
                integer(whole)
            } else {
                copy(value.description)
            }
            return
        }
        let (whole, rest) = Int64(hundredths).quotientAndRemainder(dividingBy: 100)
        integer(whole)
        if rest > 0 {
            store.append(0x2E)
            store.append(0x30 + UInt8(rest / 10))
            if rest % 10 > 0 { store.append(0x30 + UInt8(rest % 10)) }
        } else if keepsFraction {
            raw(".0")
        }
    }

    mutating func member(_ name: StaticString, _ value: Percent?) { member(name, value?.value) }

    mutating func member(_ name: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        self.name(name)
        time(value)
    }

    mutating func member(_ name: StaticString, _ values: [String]) {
        self.name(name)
        store.append(0x5B)
        for (index, value) in values.enumerated() {
            if index > 0 { store.append(0x2C) }
            string(value)
        }
        store.append(0x5D)
    }

    private mutating func integer(_ value: Int64) {
        if (0..<10).contains(value) {
            store.append(0x30 + UInt8(value))
        } else if (10..<100).contains(value) {
            digits(value, 2)
        } else {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
                var place = 20
                var rest = value.magnitude
                repeat {
                    place -= 1
                    digits[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                } while rest > 0
                if value < 0 {
                    place -= 1
                    digits[place] = 0x2D
                }
                store.append(digits.baseAddress! + place, 20 - place)
            }
        }
    }

    private mutating func time(_ moment: Timestamp) {
        let milliseconds = min(max(moment, Timestamp.earliest), Timestamp.latest).milliseconds
        let inDay = ((milliseconds % 86_400_000) + 86_400_000) % 86_400_000
        let day = milliseconds - inDay
        store.append(0x22)
        words(of: day).withUnsafeBufferPointer { text in text.baseAddress.map { store.append($0, text.count) } }
        digits(inDay / 3_600_000, 2)
        store.append(0x3A)
        digits(inDay / 60_000 % 60, 2)
        store.append(0x3A)
        digits(inDay / 1000 % 60, 2)
        store.append(0x2E)
        digits(inDay % 1000, 3)
        store.append(0x5A)
        store.append(0x22)
    }

    /// `2026-11-26T`, of the day that begins then.
    private mutating func words(of day: Int64) -> [UInt8] {
        if let known = days[day] { return known }
        if days.count == 64 { days = [:] }
        let words = Array(Timestamp(milliseconds: day).description.utf8.prefix(11))
        days[day] = words
        return words
    }

    private mutating func digits(_ value: Int64, _ width: Int) {
        if width == 3 { store.append(0x30 + UInt8(value / 100 % 10)) }
        store.append(0x30 + UInt8(value / 10 % 10))
        store.append(0x30 + UInt8(value % 10))
    }

    private mutating func string(_ value: String) {
        var value = value
        let isPlain = value.withUTF8 { text in
            guard !text.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return false }
            store.append(0x22)
            if let start = text.baseAddress { store.append(start, text.count) }
            store.append(0x22)
            return true
        }
        guard !isPlain else { return }
        var quoted: [UInt8] = []
        CanonicalJSON.append(quoted: value, to: &quoted)
        quoted.withUnsafeBufferPointer { text in
            if let start = text.baseAddress { store.append(start, text.count) }
        }
    }

    private func copy(_ text: String) {
        var text = text
        text.withUTF8 { text in
            if let start = text.baseAddress { store.append(start, text.count) }
        }
    }
}

/// Bytes of JSON that nobody writes to any more.
final class WrittenJSON: @unchecked Sendable {
    private let store: JSONWriter.Store

    fileprivate init(_ store: JSONWriter.Store) { self.store = store }

    var count: Int { store.count }

    /// All of it.
    var text: String { String(decoding: bytes(in: 0..<count), as: UTF8.self) }

    /// Valid as long as this is.
    func bytes(in place: Range<Int>) -> UnsafeRawBufferPointer {
        precondition(place.upperBound <= count)
        return UnsafeRawBufferPointer(start: store.start + place.lowerBound, count: place.count)
    }
}
