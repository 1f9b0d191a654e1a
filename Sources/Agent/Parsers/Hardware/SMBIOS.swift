/// The tables of `/sys/firmware/dmi/tables/DMI`: structures of a formatted part and strings (SMBIOS 3.7, chapter 6).
struct SMBIOS: Sendable {
    /// Readable by root alone.
    static let path = "/sys/firmware/dmi/tables/DMI"

    struct Structure: Sendable {
        var type: UInt8
        /// Type, length, handle and the fields of the type.
        var formatted: ArraySlice<UInt8>
        var strings: [ArraySlice<UInt8>]

        func byte(_ offset: Int) -> Int? {
            let index = formatted.startIndex + offset
            return index < formatted.endIndex ? Int(formatted[index]) : nil
        }

        func word(_ offset: Int) -> Int? {
            guard let low = byte(offset), let high = byte(offset + 1) else { return nil }
            return high << 8 | low
        }

        func doubleWord(_ offset: Int) -> Int? {
            guard let low = word(offset), let high = word(offset + 2) else { return nil }
            return high << 16 | low
        }

        /// The string that the field refers to by number; nil for none, and for fillers.
        func text(_ offset: Int) -> String? {
            guard let number = byte(offset), number > 0, number <= strings.count else { return nil }
            return DMIText.meaningful(String(cleaning: strings[number - 1]))
        }
    }

    var structures: [Structure]
    /// Where the table ends before its end marker: it is cut off or damaged from here.
    var faultOffset: Int?

    static func parse(_ bytes: [UInt8]) -> SMBIOS {
        var table = SMBIOS(structures: [])
        var offset = 0
        while offset < bytes.count {
            guard offset + 4 <= bytes.count else { return table.cut(at: offset) }
            let type = bytes[offset]
            let length = Int(bytes[offset + 1])
            guard length >= 4, offset + length <= bytes.count else { return table.cut(at: offset) }
            guard let (strings, next) = strings(bytes, from: offset + length) else { return table.cut(at: offset) }
            table.structures.append(
                Structure(type: type, formatted: bytes[offset..<(offset + length)], strings: strings))
            // Type 127 ends the table; what follows is whatever lay in memory.
            if type == 127 { return table }
            offset = next
        }
        // Tables before SMBIOS 2.7 may end without a marker.
        return table
    }

    private func cut(at offset: Int) -> SMBIOS {
        var copy = self
        copy.faultOffset = offset
        return copy
    }

    /// Strings up to the empty one that ends them, and where the next structure begins.
    private static func strings(_ bytes: [UInt8], from start: Int) -> ([ArraySlice<UInt8>], Int)? {
        var strings: [ArraySlice<UInt8>] = []
        var index = start
        while true {
            guard let end = bytes[index...].firstIndex(of: 0) else { return nil }
            if end == index {
                // A structure without strings ends with two zeros, one with strings with the last one's and one more.
                return (strings, strings.isEmpty ? index + 2 : index + 1)
            }
            strings.append(bytes[index..<end])
            index = end + 1
            guard index < bytes.count else { return nil }
        }
    }
}
