/// os-release(5): shell assignments.
struct OSRelease: Equatable, Sendable {
    private(set) var fields: [String: String] = [:]

    subscript(_ name: String) -> String? {
        guard let value = fields[name], !value.isEmpty else { return nil }
        return value
    }

    static func parse(_ text: String) -> Parsed<OSRelease> {
        var result = Parsed(value: OSRelease())
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let assignment = line.trimmed
            if assignment.isEmpty || assignment.hasPrefix("#") { continue }
            guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
                result.faults.append(LineFault(line: index + 1, message: "no NAME=value"))
                continue
            }
            let name = String(assignment[..<equals])
            let value = unquote(assignment[assignment.index(after: equals)...])
            if value.utf8.count <= 1024, result.value.fields.count < 256 { result.value.fields[name] = value }
        }
        return result
    }

    private static func unquote(_ raw: Substring) -> String {
        guard let quote = raw.first, quote == "\"" || quote == "'", raw.count >= 2, raw.last == quote else {
            return String(raw)
        }
        let inside = raw.dropFirst().dropLast()
        if quote == "'" { return String(inside) }
        var value = ""
        var escaped = false
        for character in inside {
            if !escaped, character == "\\" {
                escaped = true
            } else {
                value.append(character)
                escaped = false
            }
        }
        return value
    }
}
