import Testing
import Transport

struct GzipTests {
    let text = Array(String(repeating: "the lookout in the crow's nest. ", count: 5000).utf8)

    @Test func roundTrip() throws {
        for level: Int32 in [0, 1, 6, 9] {
            let packed = try Gzip.compress(text, level: level)
            #expect(try Gzip.inflate(packed, limit: text.count) == text)
        }
        #expect(try Gzip.inflate(Gzip.compress([]), limit: 0) == [])
    }

    @Test func equalInputGivesEqualBytes() throws {
        #expect(try Gzip.compress(text) == Gzip.compress(text))
    }

    @Test func stopsAtTheLimit() throws {
        let packed = try Gzip.compress(text)
        #expect(throws: Gzip.Failure.tooLarge(limit: text.count - 1)) {
            try Gzip.inflate(packed, limit: text.count - 1)
        }
        // 64 MiB of zeros must not be inflated to see that they are too much.
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 64 << 20), level: 9)
        #expect(throws: Gzip.Failure.tooLarge(limit: 1000)) { try Gzip.inflate(bomb, limit: 1000) }
    }

    @Test func severalMembersAreOneText() throws {
        let packed = try Gzip.compress(Array("one ".utf8)) + Gzip.compress(Array("two".utf8))
        #expect(try Gzip.inflate(packed, limit: 100) == Array("one two".utf8))
    }

    @Test func everyTruncationIsRefused() throws {
        let packed = try Gzip.compress(Array("a short text that is cut".utf8))
        for count in 0..<packed.count {
            #expect(throws: Gzip.Failure.truncated, "cut after \(count)") {
                try Gzip.inflate(Array(packed[..<count]), limit: 1000)
            }
        }
    }

    @Test func damageIsRefused() throws {
        let packed = try Gzip.compress(text)
        var wrongSum = packed
        wrongSum[packed.count - 8] ^= 1
        #expect(throws: Gzip.Failure.notGzip) { try Gzip.inflate(wrongSum, limit: text.count) }
        #expect(throws: Gzip.Failure.notGzip) { try Gzip.inflate(Array("{\"not\": \"gzip\"}".utf8), limit: 100) }
        #expect(throws: Gzip.Failure.notGzip) {
            try Gzip.inflate(packed + Array("trailing garbage".utf8), limit: text.count)
        }
    }
}
