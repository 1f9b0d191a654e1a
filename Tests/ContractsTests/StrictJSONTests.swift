import Contracts
import Testing

/// What the wire's reader takes and refuses, beyond what examples show.
@Suite("strict JSON")
struct StrictJSONTests {
    private func read(_ text: String) throws -> JSONValue { try StrictJSON.read(Array(text.utf8)).root }

    /// Where and why the reader stops, nil where it does not.
    private func failure(_ bytes: [UInt8]) -> StrictJSON.Failure? {
        do {
            _ = try StrictJSON.read(bytes)
            return nil
        } catch { return error }
    }

    private func failure(_ text: String) -> StrictJSON.Failure? { failure(Array(text.utf8)) }

    // MARK: - Accepted

    @Test(
        "y: valid documents of every sort",
        arguments: [
            "{}", "[]", "0", "-0", "\"\"", "true", "false", "null", " \t\r\n[ \t\r\n] \t\r\n", "[1]", "[1,2]",
            "[[],[]]",
            "[null,true,false]", "{\"\":0}", "{\"a\":{}}", "{\"a\":[],\"b\":[]}", "{ \"a\" : 1 , \"b\" : 2 }", "0.0",
            "-0.0",
            "1e1", "1E1", "1e+1", "1e-1", "1.5E-07", "0e0", "0E+0", "123456789012345678", "9223372036854775807",
            "-9223372036854775808", "123456789012345678901234567890", "1.7976931348623157e308", "5e-324", "1e-400",
            "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0001\"", "\"\\u00e9\"", "\"\\uD83D\\uDE00\"", "\"\\uFFFF\"",
            "\"\u{7f}\"", "\"\u{e9}\u{1F600}\u{FFFD}\"", "\"\u{2028}\u{2029}\"", "\"\u{FEFF}inside\"",
            "\"/* no comment */\"", "\"[{,:}]\"",
        ])
    func accepts(_ text: String) {
        #expect(failure(text) == nil)
    }

    @Test("values come out as what they are")
    func values() throws {
        #expect(
            try read(#"{"b":true,"i":-12,"n":1.5,"s":"a\u00e9\uD83D\uDE00\n","a":[null,{}]}"#)
                == .object(
                    JSONObject([
                        .init("b", .bool(true)), .init("i", .integer(-12)), .init("n", .number(1.5)),
                        .init("s", .string("a\u{e9}\u{1F600}\n")), .init("a", .array([.null, .object(JSONObject())])),
                    ])))
        #expect(try read("9223372036854775807") == .integer(.max))
        #expect(try read("-9223372036854775808") == .integer(.min))
        #expect(try read("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try read("1.0") == .number(1))
        #expect(try read("-0") == .integer(0))
        #expect(try read("1e2") == .number(100))
    }

    // MARK: - Refused

    @Test(
        "n: what is no JSON, or not strict",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "a", "\u{FEFF}{}",
            "{}{}",
            "[] []", "1 2", "[1]x", "//c\n1", "/**/1", "1//c", "#1", "\u{a0}1", "\u{c}1", "\u{b}[]", "+1", "-", "--1",
            "-a",
            ".5", "-.5", "5.", "1.e1", "1e", "1e+", "1E-", "1e1.5", "01", "-01", "00", "0x1", "1_000", "1,5", "0b1",
            "1a",
            "1e400", "-1e400", "1e99999999999", "\"", "\"a", "\"\\\"", "\"\\", "\"\\x\"", "\"\\u\"", "\"\\u12\"",
            "\"\\u123\"",
            "\"\\u12G4\"", "\"\\U0041\"", "\"\\'\"", "\"\\a\"", "\"\\0\"", "\"\\u{41}\"", "\"a\nb\"", "\"a\tb\"",
            "\"\u{0}\"",
            "\"\u{1f}\"", "\"\\u0000\"", "\"a\\u0000b\"", "{\"\\u0000\":1}", "\"\\uD800\"", "\"\\uDBFF\"",
            "\"\\uDC00\"",
            "\"\\uDFFFa\"", "\"\\uD800a\"", "\"\\uD800\\n\"", "\"\\uD800\\uD800\"", "\"\\uD800\\u0041\"",
            "\"\\uDC00\\uD800\"",
            "\"\\uD83D\\\"", "\"\\uD83D\\u\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]",
            "[1:2]",
            "[1}", "[\"a\":1]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}",
            "{\"a\"}",
            "{\"a\" 1}", "{\"a\",1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}",
            "{[]:1}",
            "{\"a\":1]", "{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"\\u0061\":2}",
            "[{\"x\":{\"a\":1,\"a\":2}}]",
            "{\"\":1,\"\":2}", "<html></html>",
        ])
    func refuses(_ text: String) {
        #expect(failure(text) != nil)
    }

    @Test(
        "n: bytes that are no UTF-8, in a value and in a name",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82],
            [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
            [0xFF, 0xFE],
        ] as [[UInt8]])
    func invalidUTF8(_ bad: [UInt8]) {
        let quote: [UInt8] = [0x22]
        #expect(failure(quote + bad + quote)?.reason == "invalid UTF-8")
        // After an escape another loop reads on.
        #expect(failure(quote + [0x5C, 0x6E] + bad + quote)?.reason == "invalid UTF-8")
        #expect(failure([0x7B] + quote + bad + quote + [0x3A, 0x31, 0x7D])?.reason == "invalid UTF-8")
        #expect(failure(bad) != nil)
    }

    @Test("UTF-16 and UTF-32 are no JSON of the wire")
    func otherEncodings() {
        #expect(failure([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]) != nil)
        #expect(failure([0x00, 0x7B, 0x00, 0x7D]) != nil)
        #expect(failure([0x7B, 0x00, 0x00, 0x00, 0x7D, 0x00, 0x00, 0x00]) != nil)
    }

    @Test("32 levels are read, 33 are not", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func depth(_ open: String, _ close: String) {
        func nested(_ levels: Int) -> String {
            let middle = open == "[" ? "" : "1"
            return String(repeating: open, count: levels) + middle + String(repeating: close, count: levels)
        }
        #expect(failure(nested(32)) == nil)
        #expect(failure(nested(33))?.reason == "nested deeper than 32 levels")
        // It stops there: what follows is not looked at, so that depth costs nothing.
        #expect(failure(String(repeating: open, count: 1_000_000))?.offset == 32 * open.utf8.count)
    }

    @Test("neighbours do not add to the depth")
    func breadth() {
        #expect(failure("[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]") == nil)
    }

    @Test("duplicates are seen among few and among many names, and named by their place")
    func duplicates() {
        for count in [1, 15, 16, 17, 100, 5000] {
            let members = (0..<count).map { "\"n\($0)\":0" }
            #expect(failure("{" + members.joined(separator: ",") + "}") == nil)
            for again in [0, count / 2, count - 1] {
                let text = "{" + members.joined(separator: ",") + ",\"n\(again)\":1}"
                let found = failure(text)
                #expect(found?.offset == text.utf8.count - "\"n\(again)\":1}".utf8.count)
                #expect(found?.reason == "duplicate member")
            }
        }
        #expect(failure("{\"\u{e9}\":1,\"e\u{301}\":2}")?.reason == "duplicate member")
    }

    @Test("a document cut anywhere is refused, and never read beyond its end")
    func truncated() throws {
        let text = #"{"a":[1,-2.5e+3,true,false,null],"b":{"ü":"\u00e9\uD83D\uDE00\\\"x"},"payload":{"c":[{}]}} "#
        let bytes = Array(text.utf8)
        #expect(failure(bytes) == nil)
        for end in 0..<(bytes.count - 1) {
            let found = try #require(failure(Array(bytes[..<end])), "cut at \(end)")
            #expect(found.offset <= end)
        }
    }

    @Test("any byte in the place of any other is read or refused, without a crash")
    func everyByte() {
        let bytes = Array(#"{"a":[1,-2.5e3,true,null],"b":"\u00e9é\n"}"#.utf8)
        var refused = 0
        for index in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var spoiled = bytes
                spoiled[index] = byte
                if let failure = failure(spoiled) {
                    refused += 1
                    #expect(failure.offset <= spoiled.count)
                }
            }
        }
        #expect(refused > bytes.count * 150)
    }

    @Test("long numbers and strings are read to their end")
    func long() throws {
        #expect(failure(String(repeating: "1", count: 400)) != nil)
        #expect(try read("0." + String(repeating: "3", count: 100_000)) == .number(1.0 / 3))
        #expect(try read("\"" + String(repeating: "a", count: 1_000_000) + "\"").stringValue?.utf8.count == 1_000_000)
        #expect(try read("\"" + String(repeating: "\\n", count: 10_000) + "\"").stringValue?.utf8.count == 10_000)
    }

    // MARK: - The watched member

    @Test("the watched member's bytes are found as they stand")
    func watched() throws {
        let text = #"{"x":{"payload":1}, "payload" : {"a": [1, 2 ]} , "y":0}"#
        let document = try StrictJSON.read(Array(text.utf8), watching: "payload")
        let range = try #require(document.watched?.range)
        #expect(String(decoding: Array(text.utf8)[range], as: UTF8.self) == #"{"a": [1, 2 ]}"#)
        #expect(document.watched?.isLast == false)
        let last = try StrictJSON.read(Array(#"{"payload":null }"#.utf8), watching: "payload")
        #expect(last.watched?.isLast == true)
        #expect(try StrictJSON.read(Array(#"{"x":{"payload":1}}"#.utf8), watching: "payload").watched == nil)
        #expect(try StrictJSON.read(Array(#"[{"payload":1}]"#.utf8), watching: "payload").watched?.range == nil)
    }

    // MARK: - Both ways

    @Test("what canonical bytes say is read back, whatever is in the strings")
    func roundTrip() throws {
        var random = Xorshift(seed: 0x5eed_0002)
        for _ in 0..<300 {
            let value = JSONValue.random(depth: 4, &random)
            let bytes = try CanonicalJSON.encode(value)
            let read = try StrictJSON.read(bytes).root
            #expect(read.normalized == value.normalized)
            #expect(try CanonicalJSON.encode(read) == bytes)
        }
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, _ random: inout Xorshift) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: -9_007_199_254_740_991...9_007_199_254_740_991, using: &random))
        case 3: return .number(.random(in: -1e6...1e6, using: &random))
        case 4: return .string(text(&random))
        case 5:
            return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, &random) })
        default:
            let members = (0..<Int.random(in: 0...4, using: &random)).map { index in
                JSONObject.Member("\(index)" + text(&random), .random(depth: depth - 1, &random))
            }
            return .object(JSONObject(members))
        }
    }

    private static func text(_ random: inout Xorshift) -> String {
        let sorts: [ClosedRange<UInt32>] = [
            1...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let sort = sorts[Int.random(in: 0..<sorts.count, using: &random)]
            if let scalar = Unicode.Scalar(UInt32.random(in: sort, using: &random)) { text.append(scalar) }
        }
        return String(text)
    }
}
