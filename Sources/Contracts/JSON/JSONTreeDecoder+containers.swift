struct KeyedTree<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let pointer: String
    let collector: JSONTreeDecoder.Collector?
    /// Only for large objects: a dictionary asks for each of its own names, which by searching would cost the square
    /// of their number, and a sender chooses that number.
    private let index: [String: JSONValue]?
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { object.members.compactMap { Key(stringValue: $0.name) } }

    init(object: JSONObject, pointer: String, collector: JSONTreeDecoder.Collector?) {
        self.object = object
        self.pointer = pointer
        self.collector = collector
        index =
            object.members.count > 64
            ? Dictionary(object.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) : nil
    }

    private func member(_ name: String) -> JSONValue? {
        if let index { return index[name] }
        return object[name]
    }

    func contains(_ key: Key) -> Bool { member(key.stringValue) != nil }

    /// A `null` is a value that no type of the wire has: not nil, so that it is read, and refused.
    func decodeNil(forKey key: Key) throws -> Bool { false }

    private func child(_ key: Key) throws -> JSONTreeDecoder {
        let name = key.stringValue
        // Where nothing is collected the pointer is of no use: the collecting pass comes after the first violation.
        let place = collector == nil ? "" : pointer + "/" + Violation.step(name)
        guard let value = member(name) else {
            throw JSONTreeDecoder.Stop(violation: Violation(pointer: place, message: "is required"))
        }
        return JSONTreeDecoder(value: value, pointer: place, collector: collector)
    }

    /// In the collecting pass a bad leaf is noted and replaced, so that its neighbours are still looked at.
    private func leaf<T>(_ key: Key, or substitute: T, _ read: (JSONTreeDecoder) throws -> T) throws -> T {
        guard let collector else { return try read(child(key)) }
        do { return try read(child(key)) } catch let error as JSONTreeDecoder.Stop {
            collector.add(error.violation.pointer, error.violation.message)
            return substitute
        }
    }

    private func optional<T>(_ key: Key, _ read: (JSONTreeDecoder) throws -> T) throws -> T? {
        guard contains(key) else { return nil }
        guard let collector else { return try read(child(key)) }
        do { return try read(child(key)) } catch let error as JSONTreeDecoder.Stop {
            collector.add(error.violation.pointer, error.violation.message)
            return nil
        }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try leaf(key, or: false) { try $0.bool() } }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try leaf(key, or: "") { try $0.string() } }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try leaf(key, or: 0) { try $0.double() } }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try leaf(key, or: 0) { try $0.count() } }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try leaf(key, or: 0) { try $0.integer() } }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        guard let collector else { return try child(key).decode(type) }
        do { return try child(key).decode(type) } catch let error as JSONTreeDecoder.Stop {
            guard let substitute = Substitutes.value(of: type) else { throw error }
            collector.add(error.violation.pointer, error.violation.message)
            return substitute
        }
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(key) { try $0.bool() } }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try optional(key) { try $0.string() }
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try optional(key) { try $0.double() }
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(key) { try $0.count() } }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try optional(key) { try $0.integer() }
    }
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        try optional(key) { try $0.decode(type) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try child(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try child(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        JSONTreeDecoder(value: .object(object), pointer: pointer, collector: collector)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
}

/// Values that stand in for what could not be read while the collecting pass looks on; they never leave it.
enum Substitutes {
    static func value<T: Decodable>(of type: T.Type) -> T? {
        switch type {
        // Leaves arrive here as the values of a dictionary, whose decoding is generic.
        case is String.Type: "" as? T
        case is Int.Type: 0 as? T
        case is Int64.Type: Int64(0) as? T
        case is Double.Type: 0.0 as? T
        case is Bool.Type: false as? T
        case is Timestamp.Type: Timestamp(milliseconds: 0) as? T
        case is Percent.Type: Percent(clamping: 0) as? T
        case is Identifier.Type: Identifier(milliseconds: 0, random: (0, 0)) as? T
        case is Digest.Type: Digest(sha256: [UInt8](repeating: 0, count: 32)) as? T
        case let list as any EmptyInitializable.Type: list.init() as? T
        // An object of the wire made from nothing: its own required members are substituted in turn, unnoted.
        default:
            try? T(
                from: JSONTreeDecoder(
                    value: .object(JSONObject()), pointer: "", collector: JSONTreeDecoder.Collector()))
        }
    }
}

protocol EmptyInitializable { init() }
extension Array: EmptyInitializable {}
extension Dictionary: EmptyInitializable {}

struct UnkeyedTree: UnkeyedDecodingContainer {
    let values: [JSONValue]
    let pointer: String
    let collector: JSONTreeDecoder.Collector?
    var codingPath: [any CodingKey] { [] }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }
    var currentIndex = 0

    private mutating func next() throws -> JSONTreeDecoder {
        let place = collector == nil ? "" : "\(pointer)/\(currentIndex)"
        guard currentIndex < values.count else {
            throw JSONTreeDecoder.Stop(violation: Violation(pointer: place, message: "is required"))
        }
        defer { currentIndex += 1 }
        return JSONTreeDecoder(value: values[currentIndex], pointer: place, collector: collector)
    }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard let collector else { return try next().decode(type) }
        // A bad element is noted; the next good one stands in for it, so that the whole array is looked at.
        while true {
            do { return try next().decode(type) } catch let error as JSONTreeDecoder.Stop {
                guard !isAtEnd else { throw error }
                collector.add(error.violation.pointer, error.violation.message)
            }
        }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try next() }
}

struct SingleTree: SingleValueDecodingContainer {
    let decoder: JSONTreeDecoder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.bool() }
    func decode(_ type: String.Type) throws -> String { try decoder.string() }
    func decode(_ type: Double.Type) throws -> Double { try decoder.double() }
    func decode(_ type: Int.Type) throws -> Int { try decoder.count() }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer() }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
}
