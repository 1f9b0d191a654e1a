/// Makes a `JSONValue` of a wire type: the counterpart of `JSONTreeDecoder`, and what keeps Foundation out of the agent.
package struct JSONTreeEncoder: Encoder {
    package let codingPath: [any CodingKey] = []
    package let userInfo: [CodingUserInfoKey: Any] = [:]
    fileprivate let node = Node()

    fileprivate init() {}

    /// - Throws: `EncodingError` for an integer beyond 64 bits, and what the type itself throws.
    package static func encode<T: Encodable>(_ value: T) throws -> JSONValue {
        if let tree = value as? JSONValue { return tree }
        let encoder = JSONTreeEncoder()
        try value.encode(to: encoder)
        return encoder.node.value
    }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.become(.object([]))
        return KeyedEncodingContainer(KeyedNode(node: node))
    }

    package func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.become(.array([]))
        return UnkeyedNode(node: node)
    }

    package func singleValueContainer() -> any SingleValueEncodingContainer { SingleNode(node: node) }

    /// A value under construction; a class, because a nested container goes on after it was handed out.
    fileprivate final class Node {
        enum Part {
            case value(JSONValue)
            case node(Node)

            var value: JSONValue {
                switch self {
                case .value(let value): value
                case .node(let node): node.value
                }
            }
        }

        enum Content {
            case value(JSONValue)
            case array([Part])
            case object([(name: String, part: Part)])
        }

        /// Nothing encoded is an empty object, as a type without members is.
        private(set) var content: Content?

        var value: JSONValue {
            switch content {
            case nil: .object(JSONObject())
            case .value(let value): value
            case .array(let parts): .array(parts.map(\.value))
            case .object(let members): .object(JSONObject(members.map { .init($0.name, $0.part.value) }))
            }
        }

        /// A type may ask for the same container twice, as a class and its superclass do.
        func become(_ kind: Content) {
            switch (content, kind) {
            case (.array, .array), (.object, .object): break
            default: content = kind
            }
        }

        func add(_ part: Part) {
            guard case .array(var parts) = content else { return }
            // Its own reference is given up first, so that appending does not copy.
            content = nil
            parts.append(part)
            content = .array(parts)
        }

        func add(_ name: String, _ part: Part) {
            guard case .object(var members) = content else { return }
            content = nil
            members.append((name, part))
            content = .object(members)
        }

        var count: Int {
            if case .array(let parts) = content { parts.count } else { 0 }
        }
    }
}

/// Leaves that every container takes alike.
private enum Leaf {
    static func integer(_ value: some BinaryInteger) throws -> JSONValue {
        guard let number = Int64(exactly: value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "\(value) does not fit 64 bits"))
        }
        return .integer(number)
    }
}

private struct KeyedNode<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONTreeEncoder.Node
    var codingPath: [any CodingKey] { [] }

    private func add(_ key: Key, _ value: JSONValue) { node.add(key.stringValue, .value(value)) }

    func encodeNil(forKey key: Key) { add(key, .null) }
    func encode(_ value: Bool, forKey key: Key) { add(key, .bool(value)) }
    func encode(_ value: String, forKey key: Key) { add(key, .string(value)) }
    func encode(_ value: Double, forKey key: Key) { add(key, .number(value)) }
    func encode(_ value: Float, forKey key: Key) { add(key, .number(Double(value))) }
    func encode(_ value: Int, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode(_ value: Int64, forKey key: Key) { add(key, .integer(value)) }
    func encode(_ value: Int32, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode(_ value: Int16, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode(_ value: Int8, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode(_ value: UInt, forKey key: Key) throws { add(key, try Leaf.integer(value)) }
    func encode(_ value: UInt64, forKey key: Key) throws { add(key, try Leaf.integer(value)) }
    func encode(_ value: UInt32, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode(_ value: UInt16, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode(_ value: UInt8, forKey key: Key) { add(key, .integer(Int64(value))) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { add(key, try JSONTreeEncoder.encode(value)) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { nested(key.stringValue).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(key.stringValue).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { nested("super") }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key.stringValue) }

    private func nested(_ name: String) -> JSONTreeEncoder {
        let encoder = JSONTreeEncoder()
        node.add(name, .node(encoder.node))
        return encoder
    }
}

private struct UnkeyedNode: UnkeyedEncodingContainer {
    let node: JSONTreeEncoder.Node
    var codingPath: [any CodingKey] { [] }
    var count: Int { node.count }

    private func add(_ value: JSONValue) { node.add(.value(value)) }

    func encodeNil() { add(.null) }
    func encode(_ value: Bool) { add(.bool(value)) }
    func encode(_ value: String) { add(.string(value)) }
    func encode(_ value: Double) { add(.number(value)) }
    func encode(_ value: Float) { add(.number(Double(value))) }
    func encode(_ value: Int) { add(.integer(Int64(value))) }
    func encode(_ value: Int64) { add(.integer(value)) }
    func encode(_ value: Int32) { add(.integer(Int64(value))) }
    func encode(_ value: Int16) { add(.integer(Int64(value))) }
    func encode(_ value: Int8) { add(.integer(Int64(value))) }
    func encode(_ value: UInt) throws { add(try Leaf.integer(value)) }
    func encode(_ value: UInt64) throws { add(try Leaf.integer(value)) }
    func encode(_ value: UInt32) { add(.integer(Int64(value))) }
    func encode(_ value: UInt16) { add(.integer(Int64(value))) }
    func encode(_ value: UInt8) { add(.integer(Int64(value))) }
    func encode<T: Encodable>(_ value: T) throws { add(try JSONTreeEncoder.encode(value)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }

    private func nested() -> JSONTreeEncoder {
        let encoder = JSONTreeEncoder()
        node.add(.node(encoder.node))
        return encoder
    }
}

private struct SingleNode: SingleValueEncodingContainer {
    let node: JSONTreeEncoder.Node
    var codingPath: [any CodingKey] { [] }

    private func set(_ value: JSONValue) { node.become(.value(value)) }

    func encodeNil() { set(.null) }
    func encode(_ value: Bool) { set(.bool(value)) }
    func encode(_ value: String) { set(.string(value)) }
    func encode(_ value: Double) { set(.number(value)) }
    func encode(_ value: Float) { set(.number(Double(value))) }
    func encode(_ value: Int) { set(.integer(Int64(value))) }
    func encode(_ value: Int64) { set(.integer(value)) }
    func encode(_ value: Int32) { set(.integer(Int64(value))) }
    func encode(_ value: Int16) { set(.integer(Int64(value))) }
    func encode(_ value: Int8) { set(.integer(Int64(value))) }
    func encode(_ value: UInt) throws { set(try Leaf.integer(value)) }
    func encode(_ value: UInt64) throws { set(try Leaf.integer(value)) }
    func encode(_ value: UInt32) { set(.integer(Int64(value))) }
    func encode(_ value: UInt16) { set(.integer(Int64(value))) }
    func encode(_ value: UInt8) { set(.integer(Int64(value))) }
    func encode<T: Encodable>(_ value: T) throws { set(try JSONTreeEncoder.encode(value)) }
}
