import Contracts

/// JSON for columns that hold lists and objects. Nothing to say is NULL.
enum JSONText {
    /// The canonical text of a list or dictionary, NULL where it is absent or empty.
    static func encode(_ value: (some Encodable & Swift.Collection)?) throws -> SQLValue {
        guard let value, !value.isEmpty else { return .null }
        return .text(String(decoding: try CanonicalJSON.encode(value), as: UTF8.self))
    }

    /// An array of strings, without the cost of an encoder.
    static func strings(_ values: [String]?) -> SQLValue { array(values) { $1.item($0) } }

    /// An array of objects, without the cost of an encoder: it is written for every metrics snapshot.
    static func objects<Item>(_ items: [Item]?, _ members: (Item, inout JSONWriter) -> Void) -> SQLValue {
        array(items) { item, writer in writer.item("{", "}") { members(item, &$0) } }
    }

    /// An array of short arrays, for what is kept by the thousand.
    static func arrays<Item>(_ items: [Item], _ write: (Item, inout JSONWriter) -> Void) -> SQLValue {
        array(items) { item, writer in writer.item("[", "]") { write(item, &$0) } }
    }

    private static func array<Item>(_ items: [Item]?, _ write: (Item, inout JSONWriter) -> Void) -> SQLValue {
        guard let items, !items.isEmpty else { return .null }
        var writer = JSONWriter(capacity: 256, keepsFraction: true)
        writer.begin("[")
        for item in items { write(item, &writer) }
        writer.end("]")
        return .text(writer.finish().text)
    }
}
