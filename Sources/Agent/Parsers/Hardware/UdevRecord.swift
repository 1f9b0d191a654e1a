/// One record of udev's database below `/run/udev/data`: `E:NAME=value` lines among others.
enum UdevRecord {
    static func properties(_ text: String) -> [String: String] {
        var properties: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("E:") {
            let assignment = line.dropFirst(2)
            guard let equals = assignment.firstIndex(of: "="), properties.count < 1024 else { continue }
            let value = assignment[assignment.index(after: equals)...]
            if value.utf8.count <= 1024 { properties[String(assignment[..<equals])] = String(value) }
        }
        return properties
    }
}
