import Contracts
import Foundation
import Testing

@testable import Hub

/// The writer against `CanonicalJSON`, which nobody has made fast.
@Suite struct JSONWriterTests {
    private static func written(_ body: (inout JSONWriter) -> Void) -> String {
        // Without room, so that each piece has to get it.
        var writer = JSONWriter(capacity: 1)
        body(&writer)
        return writer.finish().text
    }

    private static func expected(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }

    @Test(arguments: (0..<128).map { String(UnicodeScalar(UInt8($0))) } + ["é", "東", "😀"])
    func `A character is escaped wherever it stands`(character: String) throws {
        for length in [0, 1, 6, 7, 8, 9, 15, 16, 17, 24] {
            for place in 0...length {
                let text =
                    String(repeating: "x", count: place) + character + String(repeating: "y", count: length - place)
                let expected = try Self.expected([text])
                #expect(Self.written { $0.member(",\"a\":", [text]) } == "\"a\":\(expected)")
                var copy = text
                copy.withUTF8 { bytes in
                    let written = Self.written {
                        $0.begin("[")
                        $0.item(bytes)
                        $0.end("]")
                    }
                    #expect(written == expected)
                }
            }
        }
    }

    @Test func `Text may be empty, and bytes that are no UTF-8 become the replacement character`() {
        #expect(Self.written { $0.member(",\"a\":", "") } == "\"a\":\"\"")
        for length in [1, 7, 8, 9, 16] {
            let bytes = [UInt8](repeating: 0x61, count: length - 1) + [0xFF]
            bytes.withUnsafeBufferPointer { bytes in
                let text = Self.written { writer in writer.string { $0.part(bytes) } }
                #expect(text == "\"\(String(repeating: "a", count: length - 1))\u{FFFD}\"")
            }
        }
    }

    @Test(
        arguments: [
            0, 1, 9, 10, 99, 100, 101, 999_999, 1_000_000, 9_999_999_999, 1_000_000_000_000_000_000, .max, .max - 1,
            -1, -9, -10, -99, -100, .min, .min + 1,
        ] as [Int64])
    func `A whole number has its digits`(number: Int64) {
        #expect(Self.written { $0.integer(number) } == number.description)
    }

    @Test(arguments: [
        0, 0.01, 0.1, 0.5, 0.99, 1, 1.05, 9.9, 10.25, 99.99, 100, 1234.5, -0.5, 1e-9, 1e300, 0.125, 33.333,
    ])
    func `A number is written as the encoder does`(number: Double) throws {
        #expect(Self.written { $0.member(",\"a\":", number) } == "\"a\":\(try Self.expected(number))")
    }

    @Test(
        arguments: [
            0, 1, 999, 1000, 59_999, 60_000, 3_599_999, 86_399_999, 86_400_000, 951_782_400_000, 1_795_748_530_072, -1,
            -86_400_000, -86_400_001, 253_402_300_799_999, -62_135_596_800_000,
        ] as [Int64])
    func `A moment is written as the encoder does`(milliseconds: Int64) throws {
        let expected = try Self.expected(Timestamp(milliseconds: milliseconds))
        // The second comes from the days that are remembered.
        let written = Self.written {
            $0.member(",\"a\":", time: milliseconds)
            $0.member(",\"b\":", time: milliseconds)
        }
        #expect(written == "\"a\":\(expected),\"b\":\(expected)")
    }

    @Test func `A moment that no year has is the first or the last one`() {
        let written = Self.written {
            $0.member(",\"a\":", time: .min)
            $0.member(",\"b\":", time: .max)
        }
        #expect(written == #""a":"0001-01-01T00:00:00.000Z","b":"9999-12-31T23:59:59.999Z""#)
    }

    /// Days that share a place among those that are remembered.
    @Test func `No day is taken for another`() throws {
        let days = (0..<200).map { Int64($0) * 86_400_000 * 31 } + (0..<200).map { Int64($0) * 86_400_000 * 32 }
        let expected = try days.map { try Self.expected(Timestamp(milliseconds: $0)) }.joined(separator: ",")
        let written = Self.written { writer in for day in days { writer.member(",", time: day) } }
        #expect(written == expected)
    }
}
