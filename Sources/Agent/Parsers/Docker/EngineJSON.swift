import Contracts

/// Leniently reading an engine's JSON: what is missing, `null` or of another type is absent.
extension JSONValue {
    /// Non-empty text.
    var text: String? {
        guard case .string(let text) = self, !text.isEmpty else { return nil }
        return text
    }

    var flag: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// A number of the wire: 0 … 2^53−1.
    var count: Int? {
        guard let value = integerValue, value >= 0, value <= JSONTreeDecoder.largestInteger else { return nil }
        return Int(value)
    }

    /// Non-empty texts of an array; nil where there are none.
    var texts: [String]? {
        let found = (arrayValue ?? []).compactMap(\.text)
        return found.isEmpty ? nil : found
    }

    /// An object's members with text values.
    var map: [String: String] {
        guard case .object(let object) = self else { return [:] }
        var result: [String: String] = [:]
        for member in object.members {
            if case .string(let text) = member.value { result[member.name] = text }
        }
        return result
    }

    /// A moment of an engine: RFC 3339 with nanoseconds and any offset; the year 1 means never.
    var moment: Timestamp? { text.flatMap(EngineTime.parse) }
}

enum EngineTime {
    static func parse(_ text: String) -> Timestamp? {
        guard let found = text.hasSuffix("Z") ? Timestamp(text) : shifted(text), found.milliseconds > 0 else {
            return nil
        }
        return found
    }

    /// `2026-11-21T09:42:36.123+01:00`
    private static func shifted(_ text: String) -> Timestamp? {
        let offset = text.suffix(6)
        guard offset.count == 6, let sign = offset.first, sign == "+" || sign == "-" else { return nil }
        let parts = offset.dropFirst().split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, parts[0] < 24, parts[1] < 60, let local = Timestamp(text.dropLast(6) + "Z") else {
            return nil
        }
        let minutes = Int64(parts[0] * 60 + parts[1])
        return local.adding(milliseconds: (sign == "+" ? -minutes : minutes) * 60_000)
    }
}

/// Labels as they may leave the machine.
struct LabelRedaction: Sendable {
    var isAllowed: Bool
    /// Case-insensitive substrings of label names.
    var patterns: [String]

    init(_ settings: CollectionSettings) {
        isAllowed = settings.labels
        patterns = settings.redactedLabels.map { $0.lowercased() }
    }

    /// User and password of the URLs in a value are cut out, whatever the label is called.
    static func withoutUser(_ value: String) -> String {
        var rest = value[...]
        var result = ""
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !$0.isWhitespace && !"/?#\"'`,".contains($0) }
            if let at = authority.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        }
        return result + rest
    }

    func apply(_ labels: [String: String]) -> [String: String]? {
        guard isAllowed, !labels.isEmpty else { return nil }
        var result = labels
        for name in labels.keys {
            let lower = name.lowercased()
            if patterns.contains(where: { lower.contains($0) }) {
                result[name] = "[redacted]"
            } else if let value = result[name] {
                result[name] = Self.withoutUser(value)
            }
        }
        return result
    }
}
