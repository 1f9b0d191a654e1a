extension StringProtocol {
    /// Without white space and control characters at both ends.
    var trimmed: String {
        var bytes = Array(utf8)[...]
        while let first = bytes.first, first <= 0x20 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last <= 0x20 { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The non-empty words between spaces and tabs.
    var words: [Self.SubSequence] { split(whereSeparator: { $0 == " " || $0 == "\t" }) }
}
