/// A SHA-256 as the wire writes it: `sha256:` and 64 lower-case hexadecimal digits.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { text }

    package init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count == 71, bytes.starts(with: "sha256:".utf8) else { return nil }
        for byte in bytes.dropFirst(7) {
            guard (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return nil }
        }
        self.text = text
    }

    /// Takes the 32 bytes of a SHA-256.
    package init(sha256 bytes: [UInt8]) { text = Hexadecimal.encode(bytes, after: "sha256:") }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Digest(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be sha256: and 64 lower-case hexadecimal digits")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
