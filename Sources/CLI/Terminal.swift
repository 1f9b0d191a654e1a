import Glibc

/// Where the answer is printed: how wide that is, and whether it shows colours.
struct Terminal {
    /// Columns; nil where there is no terminal, and so no limit.
    var width: Int?
    var hasColours: Bool

    static let none = Terminal(width: nil, hasColours: false)

    /// What standard output is. `NO_COLOR` (no-color.org), `TERM=dumb` and pipes have no colours.
    static func standardOutput(environment: [String: String]) -> Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return none }
        var size = winsize()
        let answered = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        let width = answered && size.ws_col > 0 ? Int(size.ws_col) : 80
        let plain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return Terminal(width: width, hasColours: !plain && environment["TERM"] != "dumb")
    }
}

/// How a cell stands out.
enum Style: String {
    case plain = ""
    case good = "32"
    case warning = "33"
    case bad = "31"
    case faint = "2"
    case strong = "1"

    func paint(_ text: String, on terminal: Terminal) -> String {
        guard terminal.hasColours, self != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}

extension String {
    /// Columns that it takes on a terminal.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// The start of it that fits, with `…` in place of what does not.
    func fitted(_ width: Int) -> String {
        guard columns > width else { return self }
        guard width > 0 else { return "" }
        var result = ""
        var taken = 0
        for character in self {
            guard taken + character.columns <= width - 1 else { break }
            result.append(character)
            taken += character.columns
        }
        return result + "…"
    }
}

extension Character {
    /// Two for East Asian wide characters and emoji (Unicode Standard Annex 11), else one.
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first, scalar.value >= 0x300 else { return 1 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        case 0x200B...0x200F, 0xFEFF, 0x300...0x36F: return 0
        default: return 1
        }
    }
}
