import Contracts
import TestSupport
import Testing

/// The short way must never say anything that the long way does not say.
@Suite("canonical reader")
struct CanonicalReaderTests {
    private static func long(_ bytes: [UInt8]) -> MetricsV1? {
        guard let root = try? StrictJSON.read(bytes).root else { return nil }
        return try? JSONTreeDecoder.decode(MetricsV1.self, from: root)
    }

    private static func short<Value: CanonicalReadable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        bytes.withUnsafeBytes { buffer in
            var reader = CanonicalReader(buffer)
            guard let value = try? Value(from: &reader), reader.isAtEnd else { return nil }
            return value
        }
    }

    private static func canonicalExamples() throws -> [[UInt8]] {
        try Contract(.metrics).examples("valid").map { path in
            let root = try StrictJSON.read(Repository.bytes(path)).root
            return try CanonicalJSON.encode(JSONTreeDecoder.decode(MetricsV1.self, from: root))
        }
    }

    @Test("each valid payload, as an agent writes it, goes the short way")
    func examples() throws {
        for bytes in try Self.canonicalExamples() {
            #expect(Self.short(MetricsV1.self, bytes) == Self.long(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            #expect(Self.short(MetricsV1.self, bytes) != nil)
        }
    }

    @Test("each valid envelope with a payload and without volatile, as an agent writes it, goes the short way")
    func envelopes() throws {
        var taken = 0
        for path in try Contract.envelope.examples("valid") {
            let root = try StrictJSON.read(Repository.bytes(path)).root
            let head = try JSONTreeDecoder.decode(EnvelopeHead.self, from: root)
            let document = try EnvelopeDocument.join(head: head, payload: Array(#"{"load":{}}"#.utf8))
            let short = document.withUnsafeBytes { EnvelopeHead.canonical($0) }
            #expect((short == nil) == (head.volatile != nil), "\(path)")
            guard let short else { continue }
            taken += 1
            #expect(short.head == head)
            #expect(String(decoding: document[short.payload], as: UTF8.self) == #"{"load":{}}"#)
            let headAlone = try EnvelopeDocument.join(head: head, payload: nil)
            #expect(headAlone.withUnsafeBytes { EnvelopeHead.canonical($0) } == nil)
        }
        #expect(taken >= 4)
    }

    @Test("a spoiled payload is taken by the long way too, with the same values, or not at all")
    func spoiled() throws {
        var random = SplitMix(state: 11)
        var taken = 0
        for example in try Self.canonicalExamples() {
            for _ in 0..<20_000 {
                var bytes = example
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    let other = bytes[Int.random(in: 0..<bytes.count, using: &random)]
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = other
                    case 1: bytes.insert(other, at: place)
                    case 2: bytes.remove(at: place)
                    default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    }
                }
                guard let short = Self.short(MetricsV1.self, bytes) else { continue }
                taken += 1
                if short != Self.long(bytes) {
                    Issue.record("the two ways differ on \(String(decoding: bytes, as: UTF8.self))")
                    return
                }
            }
        }
        #expect(taken > 1000)
    }

    @Test(
        "numbers are what the long way makes of them",
        arguments: [
            "0", "-0", "1", "-1", "00", "01", "-01", "1.", ".5", "0.5", "-0.0", "0.1", "12.25", "100", "100.01", "1e3",
            "1E3", "1.5e-3", "9007199254740991", "9007199254740992", "9007199254740993", "999999999999999999",
            "1234567890123456789", "0.30000000000000004", "123456789.12345678", "0.000000000000000001",
            "17.123456789012345", "+1", "1x", "-", "", "1 ", " 1", "Infinity",
        ])
    func numbers(_ text: String) throws {
        let bytes = Array(text.utf8)
        let tree = try? StrictJSON.read(bytes).root
        let double = tree.flatMap { try? JSONTreeDecoder.decode(Double.self, from: $0) }
        if let short = Self.short(Double.self, bytes) {
            #expect(short.bitPattern == double?.bitPattern)
        }
        let count = tree.flatMap { try? JSONTreeDecoder.decode(Int.self, from: $0) }
        if let short = Self.short(Int.self, bytes) { #expect(short == count) }
    }

    @Test("numbers as an agent writes them go the short way, to the last bit")
    func writtenNumbers() throws {
        var random = SplitMix(state: 5)
        for _ in 0..<50_000 {
            let whole = Double(Int64.random(in: 0...999_999_999, using: &random))
            let number = whole / [1, 10, 100, 1000].randomElement(using: &random)!
            let bytes = try CanonicalJSON.encode([number])
            #expect(Self.short([Double].self, bytes)?.first?.bitPattern == number.bitPattern)
        }
    }

    @Test(
        "what agents do not write is left to the long way",
        arguments: [
            #"{"load":null}"#, #"{ "load":{}}"#, #"{"later":1,"load":{}}"#, #"{"uptime_seconds":1,"booted_at":1}"#,
            #"{"uptime_seconds":1,"uptime_seconds":1}"#, #"{"uptime_seconds":1,}"#, #"{,"uptime_seconds":1}"#,
            #"{"uptime_seconds":1}x"#, #"{"failed_units":["a\u0062"]}"#, #"{"failed_units":["a",]}"#,
            "{\"failed_units\":[\"\u{1}\"]}", #"{"failed_units":["a"}"#, "{", "[]", "",
        ])
    func misses(_ text: String) { #expect(Self.short(MetricsV1.self, Array(text.utf8)) == nil) }

    @Test("text beyond ASCII is checked")
    func text() {
        #expect(Self.short([String].self, Array(#"["é"]"#.utf8)) == ["é"])
        #expect(Self.short([String].self, [0x5B, 0x22, 0xC3, 0x22, 0x5D]) == nil)
    }
}
