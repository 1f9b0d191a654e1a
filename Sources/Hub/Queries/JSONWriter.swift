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
    /// Days written lately, each at the place that its number gives it: in a list most times are of a few.
    private var days: [Day] = []

    private struct Day {
        static let count = 32
        /// `2026-11-26T`
        static let length = 11
        var number = Int64.min
        var words = SIMD16<UInt8>()
    }

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

        // Inlined, so that a name whose length the compiler knows is a few moves and no call.
        @inline(__always) func append(_ source: UnsafePointer<UInt8>, _ length: Int) {
            if count + length > capacity { grow(by: length) }
            (start + count).update(from: source, count: length)
            count += length
        }

        @inline(__always) func append(_ byte: UInt8) {
            if count == capacity { grow(by: 1) }
            start[count] = byte
            count += 1
        }

        @inline(never) private func grow(by length: Int) {
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

    /// Bytes written so far.
    var count: Int { store.count }

    /// What was written. Nothing is to be written after it.
    consuming func finish() -> WrittenJSON { WrittenJSON(store) }

    @inline(__always) mutating func raw(_ text: StaticString) {
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

    @inline(__always) mutating func name(_ name: StaticString) {
        if isFirst {
            isFirst = false
            store.append(name.utf8Start + 1, name.utf8CodeUnitCount - 1)
        } else {
            store.append(name.utf8Start, name.utf8CodeUnitCount)
        }
    }

    @inline(__always) mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        string(value)
    }

    @inline(__always) mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        self.name(name)
        raw(value ? "true" : "false")
    }

    @inline(__always) mutating func member(_ name: StaticString, _ value: Int?) { member(name, value.map(Int64.init)) }

    @inline(__always) mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        self.name(name)
        integer(value)
    }

    @inline(__always) mutating func member(_ name: StaticString, _ value: Double?) {
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

    @inline(__always) mutating func member(_ name: StaticString, _ value: Percent?) { member(name, value?.value) }

    @inline(__always) mutating func member(_ name: StaticString, _ value: Timestamp?) {
        member(name, time: value?.milliseconds)
    }

    /// A moment in milliseconds since 1970.
    @inline(__always) mutating func member(_ name: StaticString, time milliseconds: Int64?) {
        guard let milliseconds else { return }
        self.name(name)
        time(milliseconds)
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

    /// Digits, in a string or as a value.
    mutating func integer(_ value: Int64) {
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

    private mutating func time(_ moment: Int64) {
        let milliseconds = min(max(moment, Timestamp.earliest.milliseconds), Timestamp.latest.milliseconds)
        let inDay = ((milliseconds % 86_400_000) + 86_400_000) % 86_400_000
        store.append(0x22)
        day((milliseconds - inDay) / 86_400_000)
        let (seconds, rest) = inDay.quotientAndRemainder(dividingBy: 1000)
        digits(seconds / 3600, 2)
        store.append(0x3A)
        digits(seconds / 60 % 60, 2)
        store.append(0x3A)
        digits(seconds % 60, 2)
        store.append(0x2E)
        digits(rest, 3)
        store.append(0x5A)
        store.append(0x22)
    }

    /// `2026-11-26T`, of the day with this number since 1970.
    private mutating func day(_ number: Int64) {
        if days.isEmpty { days = [Day](repeating: Day(), count: Day.count) }
        let place = Int(number & Int64(Day.count - 1))
        if days[place].number != number {
            days[place].number = number
            for (index, byte) in Timestamp(milliseconds: number * 86_400_000).description.utf8.prefix(Day.length)
                .enumerated()
            {
                days[place].words[index] = byte
            }
        }
        withUnsafeBytes(of: days[place].words) { words in
            store.append(words.baseAddress!.assumingMemoryBound(to: UInt8.self), Day.length)
        }
    }

    private mutating func digits(_ value: Int64, _ width: Int) {
        if width == 3 { store.append(0x30 + UInt8(value / 100 % 10)) }
        store.append(0x30 + UInt8(value / 10 % 10))
        store.append(0x30 + UInt8(value % 10))
    }

    private mutating func string(_ value: String) { string { $0.part(value) } }

    /// A string of which `body` writes the parts.
    mutating func string(_ body: (inout JSONWriter) -> Void) {
        store.append(0x22)
        body(&self)
        store.append(0x22)
    }

    /// Text inside a string.
    mutating func part(_ text: String) {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return false }
            if let start = bytes.baseAddress { store.append(start, bytes.count) }
            return true
        }
        if !isPlain { escaped(text) }
    }

    /// Text inside a string, of bytes of which nobody has said that they are UTF-8.
    mutating func part(_ text: UnsafeBufferPointer<UInt8>) {
        var strange: UInt8 = 0
        // Without a way out in the middle the compiler takes many at once.
        for byte in text { strange |= byte < 0x20 || byte > 0x7E || byte == 0x22 || byte == 0x5C ? 1 : 0 }
        guard strange == 0 else { return escaped(String(decoding: text, as: UTF8.self)) }
        if let start = text.baseAddress { store.append(start, text.count) }
    }

    private mutating func escaped(_ text: String) {
        var quoted: [UInt8] = []
        CanonicalJSON.append(quoted: text, to: &quoted)
        quoted.withUnsafeBufferPointer { text in
            if let start = text.baseAddress { store.append(start + 1, text.count - 2) }
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
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if count > 0 { buffer.baseAddress?.update(from: store.start, count: count) }
            initialized = count
        }
    }

    /// All of it.
    var text: String { String(decoding: bytes(in: 0..<count), as: UTF8.self) }

    /// Valid as long as this is.
    func bytes(in place: Range<Int>) -> UnsafeRawBufferPointer {
        precondition(place.upperBound <= count)
        return UnsafeRawBufferPointer(start: store.start + place.lowerBound, count: place.count)
    }
}
