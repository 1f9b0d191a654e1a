extension String {
    /// What may be written to a terminal: machines choose these texts, and an escape sequence in a container's name
    /// must not drive the operator's screen.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            scalars.append(scalar == "\n" || scalar == "\t" ? " " : scalar.isUnprintable ? "\u{FFFD}" : scalar)
        }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls, and what changes the direction of text (CVE-2021-42574).
    fileprivate var isUnprintable: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || (0x202A...0x202E).contains(value)
            || (0x2066...0x2069).contains(value)
    }
}
