import Contracts
import Testing

/// Typed reading, where the examples' own types do not reach.
@Suite("typed reading")
struct JSONTreeDecoderTests {
    private struct Inner: Codable, Equatable {
        var name: String
        var size: Int
        var at: Timestamp
    }

    private struct Outer: Codable, Equatable {
        var inner: Inner
        var list: [Inner]
        var map: [String: Int]
        var matrix: [[Int]]
        var maybe: Inner?
        var delta: Int64
    }

    private static let good = #"""
        {"inner":{"name":"a","size":1,"at":"2026-11-21T07:42:36Z"},"list":[],"map":{},"matrix":[[1],[]],"delta":-1}
        """#

    private func pointers(_ text: String) throws -> [String] {
        let root = try StrictJSON.read(Array(text.utf8)).root
        do {
            _ = try JSONTreeDecoder.decode(Outer.self, from: root, at: "/payload")
            #expect(JSONTreeDecoder.violations(of: Outer.self, in: root) == [])
            return []
        } catch {
            #expect(JSONTreeDecoder.violations(of: Outer.self, in: root, at: "/payload") == error.violations)
            return error.violations.map(\.pointer)
        }
    }

    @Test("a good document is read")
    func accepts() throws {
        #expect(try pointers(Self.good) == [])
    }

    @Test("of an empty object every required member is missed, each once, and nothing inside of them")
    func nothing() throws {
        let expected = ["inner", "list", "map", "matrix", "delta"].map { "/payload/\($0)" }
        #expect(try pointers("{}") == expected)
    }

    @Test("after a missing or spoiled object the rest is looked at")
    func goesOn() throws {
        #expect(
            try pointers(
                #"""
                {"list":[{"name":"a","size":1},{"size":-1,"at":"x"},5,{"name":"b","size":2,"at":"2026-11-21T07:42:36Z"},null],
                 "map":{"good":1,"bad":-1,"worse":"x"},"matrix":[[1,"2"],3,[4,5.5]],"maybe":[],"delta":"1"}
                """#) == [
                    "/payload/inner", "/payload/list/0/at", "/payload/list/1/name", "/payload/list/1/size",
                    "/payload/list/1/at", "/payload/list/2", "/payload/list/4", "/payload/map/bad",
                    "/payload/map/worse",
                    "/payload/matrix/0/1", "/payload/matrix/1", "/payload/matrix/2/1", "/payload/maybe",
                    "/payload/delta",
                ])
    }

    @Test("a list with nothing good in it is looked at to its end")
    func allBad() throws {
        let text = Self.good.replacing(#""list":[]"#, with: #""list":[1,2,{}]"#)
        #expect(
            try pointers(text) == [
                "/payload/list/0", "/payload/list/1", "/payload/list/2/name", "/payload/list/2/size",
                "/payload/list/2/at",
            ])
    }

    @Test("a whole value of the wrong type is one violation at its place")
    func whole() throws {
        for text in ["[]", "1", "\"a\"", "null", "true"] { #expect(try pointers(text) == ["/payload"]) }
    }

    @Test("violations are bounded")
    func bounded() throws {
        let text = Self.good.replacing(
            #""list":[]"#, with: #""list":["# + Array(repeating: "0", count: 5000).joined(separator: ",") + "]")
        #expect(try pointers(text).count == 200)
    }

    @Test(
        "integers: what is one, whatever its spelling",
        arguments: [
            ("0", true), ("-0", true), ("1.0", true), ("1e3", true), ("9007199254740991", true),
            ("9007199254740991.0", true), ("9007199254740992", false), ("9007199254740993", false), ("1e16", false),
            ("1e300", false), ("0.5", false), ("1e-1", false), ("-1", false), ("9223372036854775807", false),
            ("-9223372036854775808", false), ("18446744073709551616", false), ("true", false), ("\"1\"", false),
        ])
    func integers(_ text: String, _ fits: Bool) throws {
        let root = try StrictJSON.read(Array(text.utf8)).root
        #expect(((try? JSONTreeDecoder.decode(Int.self, from: root)) != nil) == fits)
        let negative = try StrictJSON.read(Array("[-9007199254740991,\(text)]".utf8)).root
        let signed = try? JSONTreeDecoder.decode([Int64].self, from: negative)
        #expect((signed != nil) == (fits || text == "-1"))
    }

    @Test("a map with very many names is read in time that grows with their number, not its square")
    func largeMap() throws {
        let members = (0..<200_000).map { JSONObject.Member("name-\($0)", .integer(Int64($0))) }
        let map = try JSONTreeDecoder.decode([String: Int].self, from: .object(JSONObject(members)))
        #expect(map.count == 200_000)
        #expect(map["name-199999"] == 199_999)
    }

    @Test("pointers escape what RFC 6901 asks for")
    func escaping() throws {
        let root = try StrictJSON.read(Array(#"{"a/b~c":"x","~1":null,"":true}"#.utf8)).root
        #expect(
            JSONTreeDecoder.violations(of: [String: Int].self, in: root).map(\.pointer) == ["/a~1b~0c", "/~01", "/"])
        #expect(Violation.step("plain") == "plain")
        #expect(Violation.step("~~//") == "~0~0~1~1")
    }
}
