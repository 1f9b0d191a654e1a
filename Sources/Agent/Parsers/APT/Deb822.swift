/// The stanza format of dpkg's and APT's files, deb822(5), read in one pass over the bytes without making strings.
struct Deb822 {
    /// A paragraph: fields as ranges of the bytes, in their order.
    struct Stanza {
        fileprivate(set) var fields: [(name: Range<Int>, value: Range<Int>)] = []
        /// Line of its first field, from 1.
        fileprivate(set) var line = 0
        fileprivate let bytes: [UInt8]

        /// The field's text without white space at the ends of its lines; nil where it is absent. Names are compared
        /// without case.
        subscript(_ name: StaticString) -> String? {
            guard let range = range(name) else { return nil }
            return Deb822.text(bytes[range])
        }

        /// Where the field's value stands in the file.
        func range(_ name: StaticString) -> Range<Int>? {
            for field in fields where Deb822.equal(bytes, field.name, name) { return field.value }
            return nil
        }

        /// The field's non-empty words, over all of its lines.
        func words(_ name: StaticString) -> [String] {
            guard let text = self[name] else { return [] }
            return text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).map(String.init)
        }
    }

    /// What stands between fields and is neither field, continuation, comment nor empty.
    struct Malformed: Equatable {
        var line: Int
    }

    /// Calls the body with every paragraph; answers the lines that belong to none. Stops early where it answers false.
    @discardableResult
    static func forEach(in bytes: [UInt8], _ body: (Stanza) -> Bool) -> [Malformed] {
        var malformed: [Malformed] = []
        var stanza = Stanza(bytes: bytes)
        stanza.fields.reserveCapacity(32)
        var position = 0
        var line = 0
        while position < bytes.count {
            let start = position
            var end = start
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            position = end + 1
            line += 1
            var stop = end
            while stop > start, isSpace(bytes[stop - 1]) { stop -= 1 }
            if stop == start {
                if !stanza.fields.isEmpty {
                    guard body(stanza) else { return malformed }
                    stanza.fields.removeAll(keepingCapacity: true)
                }
            } else if bytes[start] == 0x23 {
                continue
            } else if bytes[start] == 0x20 || bytes[start] == 0x09 {
                if stanza.fields.isEmpty {
                    malformed.append(Malformed(line: line))
                } else {
                    let last = stanza.fields.count - 1
                    stanza.fields[last].value = stanza.fields[last].value.lowerBound..<stop
                }
            } else {
                var colon = start
                while colon < stop, bytes[colon] != 0x3A, bytes[colon] > 0x20 { colon += 1 }
                guard colon > start, colon < stop, bytes[colon] == 0x3A else {
                    malformed.append(Malformed(line: line))
                    continue
                }
                var value = colon + 1
                while value < stop, isSpace(bytes[value]) { value += 1 }
                if stanza.fields.isEmpty { stanza.line = line }
                stanza.fields.append((start..<colon, value..<max(value, stop)))
            }
        }
        if !stanza.fields.isEmpty { _ = body(stanza) }
        return malformed
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private static func equal(_ bytes: [UInt8], _ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            var byte = bytes[range.lowerBound + offset]
            var wanted = name.utf8Start[offset]
            if byte >= 0x41, byte <= 0x5A { byte |= 0x20 }
            if wanted >= 0x41, wanted <= 0x5A { wanted |= 0x20 }
            if byte != wanted { return false }
        }
        return true
    }

    /// NUL and invalid UTF-8 become U+FFFD, continuation lines lose their indentation, and comment lines within a
    /// value are left out.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(0x0A) else { return decode(bytes) }
        var lines: [String] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) where line.first != 0x23 {
            lines.append(decode(line).trimmed)
        }
        return lines.joined(separator: "\n")
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(0) else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
    }
}
