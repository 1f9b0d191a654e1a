import Contracts
import FoundationEssentials

/// Figures as people read them.
enum Units {
    /// Binary units with three figures at most: `512 B`, `3.4 GiB`, `119 GiB`.
    static func bytes(_ count: Int) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        let names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        // 1023.96 would be printed as 1024.0 of the smaller unit.
        while value >= 999.5, unit < names.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(decimal(value, value < 9.95 ? 1 : 0)) \(names[unit])"
    }

    static func percent(_ value: Double) -> String {
        // 99.6 is not full: only the whole is 100 %.
        let rounded = value.rounded()
        if rounded >= 100, value < 100 { return "99 %" }
        return "\(decimal(value, 0)) %"
    }

    /// `now`, `40 s ago`, `3 min ago`, `5 h ago`, `12 d ago`; a moment to come is `in 3 min`.
    static func ago(_ moment: Timestamp, now: Timestamp) -> String {
        let difference = now.milliseconds - moment.milliseconds
        if abs(difference) < 1000 { return "now" }
        let text = duration(seconds: Double(abs(difference)) / 1000)
        return difference < 0 ? "in \(text)" : "\(text) ago"
    }

    /// The largest unit that gives at least 2, so that rounding hides little: `90 min`, `36 h`, `13 d`.
    static func duration(seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e12)))
        return switch whole {
        case ..<120: "\(whole) s"
        case ..<7200: "\(whole / 60) min"
        case ..<172_800: "\(whole / 3600) h"
        default: "\(whole / 86_400) d"
        }
    }

    /// A fixed number of decimals, without the locale's opinion.
    static func decimal(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        let scaled = Int64((value * factor).rounded())
        let sign = scaled < 0 ? "-" : ""
        let whole = "\(sign)\(scaled.magnitude / UInt64(factor))"
        guard decimals > 0 else { return whole }
        let rest = "\(scaled.magnitude % UInt64(factor))"
        return whole + "." + String(repeating: "0", count: decimals - rest.count) + rest
    }

    /// `1,234`.
    static func grouped(_ number: Int) -> String {
        var digits = "\(number.magnitude)"
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// `1 machine`, `2 machines`.
    static func counted(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }
}
