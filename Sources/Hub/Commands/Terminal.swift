import Foundation

/// Standard output, standard error, and whether people look at them.
enum Terminal {
    static func say(_ line: String) { put(line + "\n", 1) }

    static func complain(_ line: String) { put(line + "\n", 2) }

    /// Progress: rewritten in place on a terminal, nothing in a pipe.
    static func progress(_ line: String) {
        guard isatty(2) == 1 else { return }
        put("\r\u{1B}[K\(line)", 2)
    }

    static func endProgress() {
        guard isatty(2) == 1 else { return }
        put("\r\u{1B}[K", 2)
    }

    /// Asks and answers whether it was `yes`; without a terminal to ask on it is not.
    static func confirm(_ question: String) -> Bool {
        guard isatty(0) == 1 else { return false }
        put("\(question) Type yes to go on: ", 2)
        return readLine()?.trimmingCharacters(in: .whitespaces) == "yes"
    }

    /// Columns as wide as their longest value; nothing but the header where there are no rows.
    static func table(_ header: [String], _ rows: [[String]]) {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        for row in [header] + rows {
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            say(cells.joined(separator: "  ").replacing(/\s+$/, with: ""))
        }
    }

    private static func put(_ text: String, _ file: Int32) { put(Array(text.utf8), file) }

    static func put(_ bytes: [UInt8], _ file: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
