import Inflate
import TestSupport
import Testing
import Transport

struct GzipTests {
    /// Both take and refuse the same of all that is here, for the same reason.
    enum Way: CaseIterable {
        case gzip, body

        func inflate(_ bytes: [UInt8], limit: Int) throws(Gzip.Failure) -> [UInt8] {
            switch self {
            case .gzip: try Gzip.inflate(bytes, limit: limit)
            case .body: try BodyInflater.inflate(bytes, limit: limit)
            }
        }
    }

    let text = Array(String(repeating: "the lookout in the crow's nest. ", count: 5000).utf8)

    @Test(arguments: Way.allCases) func roundTrip(way: Way) throws {
        for level: Int32 in [0, 1, 6, 9] {
            let packed = try Gzip.compress(text, level: level)
            #expect(try way.inflate(packed, limit: text.count) == text)
        }
        #expect(try way.inflate(Gzip.compress([]), limit: 0) == [])
    }

    @Test func equalInputGivesEqualBytes() throws {
        #expect(try Gzip.compress(text) == Gzip.compress(text))
    }

    @Test(arguments: Way.allCases) func stopsAtTheLimit(way: Way) throws {
        let packed = try Gzip.compress(text)
        #expect(throws: Gzip.Failure.tooLarge(limit: text.count - 1)) {
            try way.inflate(packed, limit: text.count - 1)
        }
        // 64 MiB of zeros must not be inflated to see that they are too much.
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 64 << 20), level: 9)
        #expect(throws: Gzip.Failure.tooLarge(limit: 1000)) { try way.inflate(bomb, limit: 1000) }
    }

    @Test(arguments: Way.allCases) func severalMembersAreOneText(way: Way) throws {
        let packed = try Gzip.compress(Array("one ".utf8)) + Gzip.compress(Array("two".utf8))
        #expect(try way.inflate(packed, limit: 100) == Array("one two".utf8))
    }

    @Test(arguments: Way.allCases) func everyTruncationIsRefused(way: Way) throws {
        let packed = try Gzip.compress(Array("a short text that is cut".utf8))
        for count in 0..<packed.count {
            #expect(throws: Gzip.Failure.truncated, "cut after \(count)") {
                try way.inflate(Array(packed[..<count]), limit: 1000)
            }
        }
    }

    @Test(arguments: Way.allCases) func damageIsRefused(way: Way) throws {
        let packed = try Gzip.compress(text)
        var wrongSum = packed
        wrongSum[packed.count - 8] ^= 1
        #expect(throws: Gzip.Failure.notGzip) { try way.inflate(wrongSum, limit: text.count) }
        #expect(throws: Gzip.Failure.notGzip) { try way.inflate(Array("{\"not\": \"gzip\"}".utf8), limit: 100) }
        #expect(throws: Gzip.Failure.notGzip) {
            try way.inflate(packed + Array("trailing garbage".utf8), limit: text.count)
        }
    }

    @Test(arguments: Way.allCases) func oddHeadersAndTrailers(way: Way) throws {
        let short = Array("a text that becomes no smaller: 0123456789".utf8)
        let packed = try Gzip.compress(short)
        // With a name, and with a checksum of the header that is wrong (RFC 1952, 2.3).
        var named = packed
        named[3] = 0x08
        named.insert(contentsOf: Array("name\0".utf8), at: 10)
        #expect(try way.inflate(named, limit: 100) == short)
        var summed = packed
        summed[3] = 0x02
        summed.insert(contentsOf: [0, 0], at: 10)
        #expect(throws: Gzip.Failure.notGzip) { try way.inflate(summed, limit: 100) }
        // A trailer that says another length.
        for length: UInt8 in [0, 1, 41, 43, 255] {
            var wrong = packed
            wrong[packed.count - 4] = length
            #expect(throws: Gzip.Failure.notGzip) { try way.inflate(wrong, limit: 300) }
        }
    }

    @Test func whateverIsDamaged() throws {
        var random = SplitMix(state: 20_261_126)
        for round in 0..<2000 {
            let length = Int.random(in: 0...300, using: &random)
            let plain = (0..<length).map { _ in UInt8.random(in: 97...104, using: &random) }
            var packed = try Gzip.compress(plain, level: Int32.random(in: 0...9, using: &random))
            for _ in 0..<(round % 4) {
                let place = Int.random(in: 0..<packed.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: packed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: packed.removeSubrange(place...)
                default: packed.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
                if packed.isEmpty { break }
            }
            func outcome(_ way: Way) -> Result<[UInt8], Gzip.Failure> {
                Result { () throws(Gzip.Failure) in try way.inflate(packed, limit: 250) }
            }
            #expect(outcome(.body) == outcome(.gzip), "round \(round)")
        }
    }
}
