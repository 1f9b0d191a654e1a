import Contracts
import Foundation
import Testing

/// Our encoder beside Foundation's, which every Swift programmer knows.
@Suite("JSON encoder")
struct JSONTreeEncoderTests {
    private static func foundation(_ value: some Encodable, pretty: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func ours(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }

    private struct Everything: Encodable {
        var a = Int8.min, b = Int16.min, c = Int32.min, d = Int64.min, e = Int.max
        var f = UInt8.max, g = UInt16.max, h = UInt32.max, i = UInt64(Int64.max), j = UInt(7)
        var k = true, l = -0.5, m = 1e100, n = 3.0, o = "\u{0}\u{1}\u{8}\t\n\u{c}\r\u{1f}\"\\/é€😀\u{7f}"
        var p: [Int?] = [1, nil, 3], q: [String: [Double]] = ["z": [], "a": [0.1, 2]], r: String?
        var s: [[String: Bool]] = [[:], ["t": false]], u = Float(0.25)
        var v = CodeUnit.one
        enum CodeUnit: String, Encodable { case one = "1" }
    }

    @Test("every type of the standard library is written as Foundation writes it")
    func everything() throws {
        #expect(try Self.ours(Everything()) == Self.foundation(Everything()))
        #expect(try Self.ours([5]) == "[5]")
        #expect(try Self.ours("x") == #""x""#)
        #expect(try Self.ours(JSONValue.null) == "null")
        #expect(try Self.ours([String: Int]()) == "{}")
        #expect(try Self.ours(1e22) == Self.foundation(1e22))
        #expect(try Self.ours(123_456_789.0) == "123456789")
        #expect(try Self.ours(-0.0) == Self.foundation(-0.0))
        #expect(try Self.ours(Double.leastNonzeroMagnitude) == Self.foundation(Double.leastNonzeroMagnitude))
    }

    /// A type that asks for nested containers and fills them in turns.
    private struct Nested: Encodable {
        enum Key: String, CodingKey { case list, object, own }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            var object = container.nestedContainer(keyedBy: Key.self, forKey: .object)
            try list.encode(1)
            try object.encode("x", forKey: .own)
            var inner = list.nestedContainer(keyedBy: Key.self)
            try list.encodeNil()
            try inner.encode(2, forKey: .own)
            var deep = list.nestedUnkeyedContainer()
            try deep.encode(contentsOf: [true, false])
            try [3].encode(to: container.superEncoder(forKey: .own))
            try 4.encode(to: container.superEncoder())
            #expect(list.count == 4)
        }
    }

    @Test("nested containers may be filled after they were handed out")
    func nested() throws {
        #expect(
            try Self.ours(Nested())
                == #"{"list":[1,{"own":2},null,[true,false]],"object":{"own":"x"},"own":[3],"super":4}"#)
        #expect(try Self.ours(Nested()) == Self.foundation(Nested()))
    }

    private class Base: Encodable { var first = 1 }
    private final class Derived: Base {
        var second = 2
        enum CodingKeys: CodingKey { case second }
        override func encode(to encoder: any Encoder) throws {
            try super.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(second, forKey: .second)
        }
    }

    @Test("a class and its superclass write into one object")
    func inheritance() throws {
        #expect(try Self.ours(Derived()) == #"{"first":1,"second":2}"#)
    }

    @Test("what JSON cannot say is an error, not a made-up value")
    func refused() {
        #expect(throws: EncodingError.self) { try CanonicalJSON.encode([Double.infinity]) }
        #expect(throws: EncodingError.self) { try CanonicalJSON.encode(Double.nan) }
        #expect(throws: EncodingError.self) { try CanonicalJSON.encode(UInt64.max) }
    }

    @Test("indented text is laid out as Foundation lays it out")
    func pretty() throws {
        let value = ["b": [1, 2], "a": []]
        #expect(try CanonicalJSON.pretty(value) == Self.foundation(value, pretty: true) + "\n")
    }
}
