/// Canonical bytes: member names in the order of their UTF-8, no white space, `/` not escaped. Equal values give equal
/// bytes, so that a digest tells whether state changed.
package enum CanonicalJSON {
    /// - Throws: `EncodingError` for what JSON cannot say: a number that is not finite, or beyond 64 bits.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        var writer = JSONWriting(indents: false)
        try writer.append(JSONTreeEncoder.encode(value))
        return writer.bytes
    }

    /// The same, indented, for people and golden files; ends with a newline.
    package static func pretty(_ value: some Encodable) throws -> String {
        var writer = JSONWriting(indents: true)
        try writer.append(JSONTreeEncoder.encode(value))
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}

extension CanonicalJSON {
    /// A string with its quotes; escapes what RFC 8259 asks for and nothing else.
    package static func append(quoted text: String, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        var text = text
        text.withUTF8 { characters in
            if characters.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
                bytes.append(contentsOf: characters)
            } else {
                for byte in characters { append(escaped: byte, to: &bytes) }
            }
        }
        bytes.append(0x22)
    }

    private static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C: bytes += [0x5C, byte]
        case 0x20...: bytes.append(byte)
        case 0x08: bytes += "\\b".utf8
        case 0x09: bytes += "\\t".utf8
        case 0x0A: bytes += "\\n".utf8
        case 0x0C: bytes += "\\f".utf8
        case 0x0D: bytes += "\\r".utf8
        default: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
        }
    }
}

/// Writes a `JSONValue` with sorted member names.
private struct JSONWriting {
    private(set) var bytes: [UInt8] = []
    private let indents: Bool
    private var level = 0

    init(indents: Bool) {
        self.indents = indents
        bytes.reserveCapacity(1024)
    }

    mutating func append(_ value: JSONValue) throws {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(String(number))
        case .number(let number): try append(number)
        case .string(let text): append(quoted: text)
        case .array(let values):
            try enclose(0x5B, 0x5D, values) { writer, item in try writer.append(item) }
        case .object(let object):
            let sorted = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            try enclose(0x7B, 0x7D, sorted) { writer, member in
                writer.append(quoted: member.name)
                writer.append(writer.indents ? " : " : ":")
                try writer.append(member.value)
            }
        }
    }

    private mutating func enclose<Item>(
        _ open: UInt8, _ close: UInt8, _ items: [Item], _ write: (inout JSONWriting, Item) throws -> Void
    ) throws {
        bytes.append(open)
        level += 1
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            newLine()
            try write(&self, item)
        }
        level -= 1
        // Between the two of nothing an empty line, as Foundation's encoder leaves it.
        if items.isEmpty, indents { bytes.append(0x0A) }
        newLine()
        bytes.append(close)
    }

    private mutating func newLine() {
        guard indents else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// The shortest digits that read back as the same double; a whole number is written without a fraction.
    private mutating func append(_ number: Double) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(
                number, .init(codingPath: [], debugDescription: "JSON has no number \(number)"))
        }
        var digits = Array(number.description.utf8)
        if digits.suffix(2) == [0x2E, 0x30] { digits.removeLast(2) }
        bytes.append(contentsOf: digits)
    }

    private mutating func append(quoted text: String) { CanonicalJSON.append(quoted: text, to: &bytes) }
}
