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
        guard let values, !values.isEmpty else { return .null }
        var text = "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            append(value, to: &text)
        }
        return .text(text + "]")
    }

    /// An array of objects, without the cost of an encoder: it is written for every metrics snapshot.
    static func objects<Item>(_ items: [Item]?, _ members: (Item) -> [(String, SQLValue)]) -> SQLValue {
        guard let items, !items.isEmpty else { return .null }
        var text = "["
        for (index, item) in items.enumerated() {
            text += index > 0 ? ",{" : "{"
            var first = true
            for (name, value) in members(item) where !value.isNull {
                if !first { text += "," }
                first = false
                text += "\"\(name)\":"
                append(value, to: &text)
            }
            text += "}"
        }
        return .text(text + "]")
    }

    /// An array of short arrays, for what is kept by the thousand; absent members are null.
    static func arrays<Item>(_ items: [Item], _ members: (Item) -> [SQLValue]) -> SQLValue {
        guard !items.isEmpty else { return .null }
        var text = "["
        for (index, item) in items.enumerated() {
            text += index > 0 ? ",[" : "["
            for (place, value) in members(item).enumerated() {
                if place > 0 { text += "," }
                append(value, to: &text)
            }
            text += "]"
        }
        return .text(text + "]")
    }

    private static func append(_ value: SQLValue, to text: inout String) {
        switch value {
        case .text(let string): append(string, to: &text)
        case .integer(let number): text += String(number)
        case .real(let number): text += number.isFinite ? String(number) : "0"
        case .null, .blob: text += "null"
        }
    }

    private static func append(_ string: String, to text: inout String) {
        text += "\""
        if string.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
            text += string
        } else {
            for scalar in string.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case "\n": text += "\\n"
                case "\r": text += "\\r"
                case "\t": text += "\\t"
                case _ where scalar.value < 0x20:
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
