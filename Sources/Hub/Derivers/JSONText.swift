import Contracts

/// JSON for columns that hold lists and objects. Nothing to say is NULL.
enum JSONText {
    /// The canonical text of a list or dictionary, NULL where it is absent or empty.
    static func encode(_ value: (some Encodable & Swift.Collection)?) throws -> SQLValue {
        guard let value, !value.isEmpty else { return .null }
        return .text(String(decoding: try CanonicalJSON.encode(value), as: UTF8.self))
    }

    /// An array of strings, without the cost of an encoder.
    static func strings(_ values: [String]?) -> SQLValue {
        array(values ?? []) { value, bytes in CanonicalJSON.append(quoted: value, to: &bytes) }
    }

    /// An array of objects, without the cost of an encoder: it is written for every metrics snapshot.
    static func objects<Item>(_ items: [Item]?, _ members: (Item) -> [(StaticString, SQLValue)]) -> SQLValue {
        array(items ?? []) { item, bytes in
            var separator = UInt8(ascii: "{")
            for (name, value) in members(item) where !value.isNull {
                bytes.append(separator)
                separator = UInt8(ascii: ",")
                bytes.append(UInt8(ascii: "\""))
                bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
                bytes.append(UInt8(ascii: "\""))
                bytes.append(UInt8(ascii: ":"))
                append(value, to: &bytes)
            }
            if separator == UInt8(ascii: "{") { bytes.append(separator) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// An array of short arrays, for what is kept by the thousand; absent members are null.
    static func arrays<Item>(_ items: [Item], _ members: (Item) -> [SQLValue]) -> SQLValue {
        array(items) { item, bytes in
            var separator = UInt8(ascii: "[")
            for value in members(item) {
                bytes.append(separator)
                separator = UInt8(ascii: ",")
                append(value, to: &bytes)
            }
            if separator == UInt8(ascii: "[") { bytes.append(separator) }
            bytes.append(UInt8(ascii: "]"))
        }
    }

    private static func array<Item>(_ items: [Item], _ write: (Item, inout [UInt8]) -> Void) -> SQLValue {
        guard !items.isEmpty else { return .null }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        var separator = UInt8(ascii: "[")
        for item in items {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            write(item, &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    private static func append(_ value: SQLValue, to bytes: inout [UInt8]) {
        switch value {
        case .text(let string): CanonicalJSON.append(quoted: string, to: &bytes)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .real(let number): bytes.append(contentsOf: (number.isFinite ? String(number) : "0").utf8)
        case .null, .blob: bytes.append(contentsOf: "null".utf8)
        }
    }
}
