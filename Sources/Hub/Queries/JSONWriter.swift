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
            makeRoom(length)
            (start + count).update(from: source, count: length)
            count += length
        }

        @inline(__always) func append(_ byte: UInt8) {
            makeRoom(1)
            start[count] = byte
            count += 1
        }

        /// - Parameter write: gets room for that many bytes, and answers how many it has written.
        @inline(__always) func append(
            atMost length: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int
        ) {
            makeRoom(length)
            count += write(start + count)
        }

        /// Copies text that stands in JSON as it is; where it does not, answers false, and nothing is written.
        ///
        /// - Parameter isUTF8: whether that is known; only ASCII is copied otherwise.
        @inline(__always) func append(plain text: UnsafeBufferPointer<UInt8>, isUTF8: Bool) -> Bool {
            guard let source = UnsafeRawPointer(text.baseAddress) else { return true }
            let length = text.count
            makeRoom(length)
            let target = UnsafeMutableRawPointer(start + count)
            var arePlain: UInt64 = .max
            if length < 8 {
                var word: UInt64 = 0x2020_2020_2020_2020
                for place in 0..<length {
                    word = word << 8 | UInt64(text[place])
                    target.storeBytes(of: text[place], toByteOffset: place, as: UInt8.self)
                }
                arePlain = Self.plain(word, isUTF8)
            } else {
                var place = 0
                while true {
                    let word = source.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    target.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
                    arePlain &= Self.plain(word, isUTF8)
                    guard place < length - 8 else { break }
                    // Some of the last eight may be among those before.
                    place = min(place + 8, length - 8)
                }
            }
            guard ~arePlain & 0x8080_8080_8080_8080 == 0 else { return false }
            count += length
            return true
        }

        /// Sets the highest bit of each of eight bytes that is plain: no control character, `"` or `\`.
        @inline(__always) private static func plain(_ bytes: UInt64, _ isUTF8: Bool) -> UInt64 {
            // What is added to a byte without its highest bit carries into that from a limit on.
            let low = bytes & 0x7F7F_7F7F_7F7F_7F7F
            let isNoControl = low &+ 0x6060_6060_6060_6060
            let isNoQuote = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isNoBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
            let isPlain = isNoControl & isNoQuote & isNoBackslash
            return isUTF8 ? isPlain | bytes : isPlain & ~bytes
        }

        @inline(__always) private func makeRoom(_ length: Int) {
            if count + length > capacity { grow(by: length) }
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
    @inline(__always) mutating func begin(_ text: StaticString = "{") {
        raw(text)
        isFirst = true
    }

    @inline(__always) mutating func end(_ text: StaticString = "}") {
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

    /// An item of an array, of bytes of which nobody has said that they are UTF-8.
    mutating func item(_ text: UnsafeBufferPointer<UInt8>) {
        name(",")
        string { $0.part(text) }
    }

    /// An item of an array; null where there is nothing to say.
    mutating func item(_ value: Double?) {
        name(",")
        if let value, value.isFinite { number(value) } else { raw("null") }
    }

    /// An item of an array that has members or items itself.
    @inline(__always) mutating func item(
        _ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void
    ) {
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
            store.append(atMost: 3) { start in
                start[0] = 0x2E
                Self.put(UInt32(truncatingIfNeeded: rest), at: start + 1)
                return rest % 10 > 0 ? 3 : 2
            }
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
        store.append(atMost: 20) { start in
            var length = value < 0 ? 2 : 1
            var above: UInt64 = 10
            // No magnitude of an Int64 reaches 10 to the 19th, which a UInt64 holds.
            while value.magnitude >= above {
                length += 1
                above &*= 10
            }
            var rest = value.magnitude
            var place = length
            repeat {
                place -= 1
                start[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 { start[0] = 0x2D }
            return length
        }
    }

    private mutating func time(_ moment: Int64) {
        let milliseconds = min(max(moment, Timestamp.earliest.milliseconds), Timestamp.latest.milliseconds)
        let inDay = UInt32(truncatingIfNeeded: ((milliseconds % 86_400_000) + 86_400_000) % 86_400_000)
        let words = day((milliseconds - Int64(inDay)) / 86_400_000)
        let seconds = inDay / 1000
        store.append(atMost: 26) { start in
            start[0] = 0x22
            UnsafeMutableRawPointer(start + 1).storeBytes(of: words, as: SIMD16<UInt8>.self)
            Self.put(seconds / 3600, at: start + 12)
            start[14] = 0x3A
            Self.put(seconds / 60 % 60, at: start + 15)
            start[17] = 0x3A
            Self.put(seconds % 60, at: start + 18)
            start[20] = 0x2E
            start[21] = 0x30 + UInt8(truncatingIfNeeded: inDay % 1000 / 100)
            Self.put(inDay % 100, at: start + 22)
            start[24] = 0x5A
            start[25] = 0x22
            return 26
        }
    }

    /// Two digits.
    @inline(__always) private static func put(_ value: UInt32, at place: UnsafeMutablePointer<UInt8>) {
        place[0] = 0x30 + UInt8(truncatingIfNeeded: value / 10)
        place[1] = 0x30 + UInt8(truncatingIfNeeded: value % 10)
    }

    /// `2026-11-26T`, of the day with this number since 1970; five bytes follow.
    @inline(__always) private mutating func day(_ number: Int64) -> SIMD16<UInt8> {
        let place = Int(number & Int64(Day.count - 1))
        if days.isEmpty || days[place].number != number { remember(number, place) }
        return days[place].words
    }

    @inline(never) private mutating func remember(_ number: Int64, _ place: Int) {
        if days.isEmpty { days = [Day](repeating: Day(), count: Day.count) }
        days[place].number = number
        let text = Timestamp(milliseconds: number * 86_400_000).description.utf8
        for (index, byte) in text.prefix(Day.length).enumerated() { days[place].words[index] = byte }
    }

    private mutating func string(_ value: String) { string { $0.part(value) } }

    /// A string of which `body` writes the parts.
    @inline(__always) mutating func string(_ body: (inout JSONWriter) -> Void) {
        store.append(0x22)
        body(&self)
        store.append(0x22)
    }

    /// The first items of an array, as they stand somewhere already, commas between them.
    mutating func items(_ json: UnsafeRawBufferPointer) {
        guard !json.isEmpty, let start = json.baseAddress else { return }
        store.append(start.assumingMemoryBound(to: UInt8.self), json.count)
        isFirst = false
    }

    /// Text inside a string.
    mutating func part(_ text: String) {
        var text = text
        if !text.withUTF8({ store.append(plain: $0, isUTF8: true) }) { escaped(text) }
    }

    /// Text inside a string, of bytes of which nobody has said that they are UTF-8.
    mutating func part(_ text: UnsafeBufferPointer<UInt8>) {
        if !store.append(plain: text, isUTF8: false) { escaped(String(decoding: text, as: UTF8.self)) }
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
