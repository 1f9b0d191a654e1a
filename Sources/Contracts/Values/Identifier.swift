/// A UUID in its canonical text: 36 lower-case characters (RFC 9562).
package struct Identifier: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package var description: String { text }

    /// Takes canonical lower-case text, or answers nil.
    package init?(_ text: String) {
        var copy = text
        guard copy.withUTF8({ Self.isCanonical($0) }) else { return nil }
        self.text = text
    }

    /// Whether these bytes are canonical text.
    package static func isCanonical(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == 36 else { return false }
        guard bytes[8] == 0x2D, bytes[13] == 0x2D, bytes[18] == 0x2D, bytes[23] == 0x2D else { return false }
        let start = UnsafeRawPointer(bytes.baseAddress!)
        /// Eight bytes at once, those of dashes taken out.
        func word(at place: Int, without dashes: UInt64 = 0) -> UInt64 {
            let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            return word & ~dashes | 0x3030_3030_3030_3030 & dashes
        }
        return areHexadecimal(word(at: 0)) && areHexadecimal(word(at: 8, without: 0x0000_FF00_0000_00FF))
            && areHexadecimal(word(at: 16, without: 0xFF00_0000_00FF_0000)) && areHexadecimal(word(at: 24))
            && areHexadecimal(word(at: 28))
    }

    /// Whether eight bytes are digits or `a` to `f`: what is added to each carries into its highest bit from a limit on.
    @inline(__always) private static func areHexadecimal(_ bytes: UInt64) -> Bool {
        let high: UInt64 = 0x8080_8080_8080_8080
        guard bytes & high == 0 else { return false }
        let from0 = bytes &+ 0x5050_5050_5050_5050
        let above9 = bytes &+ 0x4646_4646_4646_4646
        let fromA = bytes &+ 0x1F1F_1F1F_1F1F_1F1F
        let aboveF = bytes &+ 0x1919_1919_1919_1919
        return (from0 & ~above9 | fromA & ~aboveF) & high == high
    }

    /// A UUIDv7: 48 bits of Unix milliseconds, then the random bits given, with version and variant set.
    package init(milliseconds: Int64, random: (UInt64, UInt64)) {
        let time = UInt64(bitPattern: milliseconds) & 0xFFFF_FFFF_FFFF
        let high = time << 16 | 0x7000 | random.0 & 0x0FFF
        let low = 0x8000_0000_0000_0000 | random.1 >> 2
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { bytes.append(0x2D) }
            let word = index < 16 ? high : low
            let nibble = UInt8(word >> UInt64((15 - index % 16) * 4) & 0xF)
            bytes.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
        }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// A UUIDv7 of this moment with random bits of the system's generator.
    package static func make(at moment: Timestamp) -> Identifier {
        Identifier(milliseconds: moment.milliseconds, random: (UInt64.random(in: 0 ... .max), .random(in: 0 ... .max)))
    }

    /// The moment inside a UUIDv7, nil for other versions.
    package var timestamp: Timestamp? {
        var milliseconds: Int64 = 0
        for (index, byte) in text.utf8.enumerated() where index != 8 {
            if index == 14 { return byte == 0x37 ? Timestamp(milliseconds: milliseconds) : nil }
            if index < 13 { milliseconds = milliseconds << 4 | Int64(byte < 0x40 ? byte - 0x30 : byte - 0x57) }
        }
        return nil
    }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Identifier(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be a UUID in lower case, as 0194e7c2-7b7b-7000-8000-000000000000"
            )
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
