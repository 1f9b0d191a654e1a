import Contracts

/// Lets a `Decodable` type read from nothing, and notes which members it asks for, of what types, and whether it could
/// do without them.
package struct ShapeDecoder: Decoder {
    package var codingPath: [any CodingKey] { [] }
    package var userInfo: [CodingUserInfoKey: Any] { [:] }
    fileprivate let notes = Notes()

    /// The form of a type, or an error where the type asks for something that the wire does not have.
    package static func shape<T: Decodable>(of type: T.Type) throws -> Shape { try look(at: type).shape }

    /// A value of the type that has every member, beside its form.
    package static func look<T: Decodable>(at type: T.Type) throws -> (value: T, shape: Shape) {
        if let leaf = leaves.first(where: { $0.type == type }) {
            return (try JSONTreeDecoder.decode(type, from: leaf.sample), leaf.shape)
        }
        if let list = type as? any Listed.Type {
            let (value, shape) = try list.look()
            guard let value = value as? T else { throw Unfit(what: "\(type)") }
            return (value, shape)
        }
        if let words = type as? any CaseIterable.Type, let value = words.first as? T, value is any RawRepresentable {
            return (value, .string)
        }
        let decoder = ShapeDecoder()
        let value = try T(from: decoder)
        guard decoder.notes.keyed else { throw Unfit(what: "\(type) is no object, and no known leaf") }
        // It asked which names there are, and for none of its own.
        if decoder.notes.namesAsked, decoder.notes.members.isEmpty { return (value, .free) }
        let name = String(describing: type)
        return (value, .object(Shape.Object(name: name, members: decoder.notes.members)))
    }

    package struct Unfit: Error {
        package var what: String
    }

    private static let leaves: [(type: any Any.Type, sample: JSONValue, shape: Shape)] = [
        (Int.self, .integer(1), .count),
        (Int64.self, .integer(-1), .integer),
        (Double.self, .number(1.5), .number),
        (Bool.self, .bool(true), .boolean),
        (String.self, .string("text"), .string),
        (Percent.self, .number(12.5), .percent),
        (Timestamp.self, .string("2026-11-21T07:42:36.123Z"), .timestamp),
        (Identifier.self, .string("0194e7c2-7b7b-7000-8000-000000000000"), .identifier),
        (Digest.self, .string("sha256:" + String(repeating: "0", count: 64)), .digest),
        (JSONValue.self, .null, .any),
    ]

    fileprivate final class Notes {
        var members: [String: Shape.Member] = [:]
        var keyed = false
        var namesAsked = false
    }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        notes.keyed = true
        return KeyedDecodingContainer(Keyed<Key>(notes: notes))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Unfit(what: "an unkeyed container") }

    package func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw Unfit(what: "a single value of no known leaf type")
    }
}

extension CaseIterable {
    fileprivate static var first: Self? { allCases.first }
}

/// Arrays and maps, whose element types a metatype alone does not tell.
private protocol Listed {
    static func look() throws -> (value: Any, shape: Shape)
}

extension Array: Listed where Element: Decodable {
    static func look() throws -> (value: Any, shape: Shape) {
        let element = try ShapeDecoder.look(at: Element.self)
        return ([element.value], .array(element.shape))
    }
}

extension Dictionary: Listed where Key == String, Value: Decodable {
    static func look() throws -> (value: Any, shape: Shape) {
        let value = try ShapeDecoder.look(at: Value.self)
        return (["name": value.value], .map(value.shape))
    }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let notes: ShapeDecoder.Notes
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] {
        notes.namesAsked = true
        return []
    }

    private func note<T: Decodable>(_ type: T.Type, _ key: Key, required: Bool) throws -> T {
        let (value, shape) = try ShapeDecoder.look(at: type)
        notes.members[key.stringValue] = Shape.Member(shape: shape, required: required)
        return value
    }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) throws -> Bool { false }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try note(type, key, required: true) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try note(type, key, required: true) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try note(type, key, required: true) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try note(type, key, required: true) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try note(type, key, required: true) }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try note(type, key, required: true) }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try note(type, key, required: false) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try note(type, key, required: false)
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try note(type, key, required: false)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try note(type, key, required: false) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try note(type, key, required: false) }
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try note(type, key, required: false)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw ShapeDecoder.Unfit(what: "a nested container at \(key)") }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw ShapeDecoder.Unfit(what: "a nested container at \(key)")
    }

    func superDecoder() throws -> any Decoder { throw ShapeDecoder.Unfit(what: "a super decoder") }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ShapeDecoder.Unfit(what: "a super decoder") }
}
