/// Lower-case hexadecimal text of bytes.
package enum Hexadecimal {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String { encode(Array(bytes), after: "") }

    /// The digits after a prefix; made in place, since each snapshot has three digests.
    static func encode(_ bytes: [UInt8], after prefix: String) -> String {
        let start = prefix.utf8.count
        let length = start + 2 * bytes.count
        return String(unsafeUninitializedCapacity: length) { output in
            _ = output.update(fromContentsOf: prefix.utf8)
            for (index, byte) in bytes.enumerated() {
                output[start + 2 * index] = digit(byte >> 4)
                output[start + 2 * index + 1] = digit(byte & 0xF)
            }
            return length
        }
    }

    /// The bytes of an even number of hexadecimal digits of either case, or nil.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x57
        case 0x41...0x46: digit - 0x37
        default: nil
        }
    }
}

/// Base64 in both alphabets of RFC 4648.
package enum Base64 {
    package enum Alphabet: Sendable {
        /// `+` and `/`, padded with `=`.
        case standard
        /// `-` and `_`, without padding.
        case url
    }

    package static func encode(_ bytes: some Sequence<UInt8>, _ alphabet: Alphabet = .standard) -> String {
        let digits = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(alphabet == .url ? "-_" : "+/")".utf8)
        let input = Array(bytes)
        var text: [UInt8] = []
        text.reserveCapacity((input.count + 2) / 3 * 4)
        for start in stride(from: 0, to: input.count, by: 3) {
            let group = input[start..<min(start + 3, input.count)]
            var word: UInt32 = 0
            for index in 0..<3 { word = word << 8 | UInt32(index < group.count ? group[start + index] : 0) }
            for index in 0..<4 {
                if index <= group.count {
                    text.append(digits[Int(word >> UInt32(18 - 6 * index) & 63)])
                } else if alphabet == .standard {
                    text.append(0x3D)
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads either alphabet, with whole padding or none; white space between digits is passed over (PEM). Nil for
    /// anything else.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text.utf8 {
            let value: UInt32
            switch character {
            case 0x41...0x5A: value = UInt32(character - 0x41)
            case 0x61...0x7A: value = UInt32(character - 0x61 + 26)
            case 0x30...0x39: value = UInt32(character - 0x30 + 52)
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            case 0x3D:
                padding += 1
                continue
            case 0x0A, 0x0D, 0x20, 0x09: continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            word = word << 6 | value
            count += 1
            if count == 4 {
                bytes += [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
                word = 0
                count = 0
            }
        }
        guard padding == 0 || (count > 1 && count + padding == 4) else { return nil }
        switch count {
        case 0: break
        case 2: bytes.append(UInt8(word >> 4 & 255))
        case 3: bytes += [UInt8(word >> 10 & 255), UInt8(word >> 2 & 255)]
        default: return nil
        }
        return bytes
    }
}
