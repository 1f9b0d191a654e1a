/// One array of `/proc/mdstat` (md(4)).
struct MDArray: Equatable, Sendable {
    var name: String
    var level: String?
    /// `active`, `inactive`, `degraded`, `recovering`, `resyncing`.
    var state: String
    var devicesTotal: Int?
    var devicesActive: Int?
    var sizeBytes: Int?
    /// Sorted.
    var members: [String]

    static func parse(_ text: String) -> Parsed<[MDArray]> {
        var result = Parsed<[MDArray]>(value: [])
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("Personalities") || line.hasPrefix("unused devices") { continue }
            if let first = line.first, first != " ", first != "\t" {
                if let array = heading(line) {
                    result.value.append(array)
                } else {
                    result.faults.append(LineFault(line: index + 1, message: "no array, state and members"))
                }
            } else if !result.value.isEmpty {
                detail(line, &result.value[result.value.count - 1])
            }
        }
        return result
    }

    /// `md0 : active (auto-read-only) raid1 sdb1[1](F) sda1[0]`
    private static func heading(_ line: Substring) -> MDArray? {
        let words = line.words
        guard words.count >= 3, words[1] == ":", words[2] == "active" || words[2] == "inactive" else { return nil }
        var array = MDArray(name: String(words[0]), state: String(words[2]), members: [])
        for word in words.dropFirst(3) where !word.hasPrefix("(") {
            if let bracket = word.firstIndex(of: "[") {
                array.members.append(String(word[..<bracket]))
            } else if array.level == nil {
                array.level = String(word)
            }
        }
        array.members.sort()
        return array
    }

    /// `1047552 blocks super 1.2 [2/1] [U_]`, and the lines of a running recovery.
    private static func detail(_ line: Substring, _ array: inout MDArray) {
        let words = line.words
        if words.count >= 2, words[1] == "blocks" {
            if let blocks = UInt64(words[0]), blocks < 1 << 43 { array.sizeBytes = WireInteger.size(blocks * 1024) }
            for word in words where word.hasPrefix("[") && word.hasSuffix("]") {
                let counts = word.dropFirst().dropLast().split(separator: "/")
                if counts.count == 2, let total = Int(counts[0]), let active = Int(counts[1]), total >= 0, active >= 0 {
                    array.devicesTotal = total
                    array.devicesActive = active
                    if active < total, array.state == "active" { array.state = "degraded" }
                }
            }
        } else if array.state != "inactive" {
            // "check" reads everything and changes nothing: the array is as it was.
            if line.contains("recovery") { array.state = "recovering" }
            if line.contains("resync") || line.contains("reshape") { array.state = "resyncing" }
        }
    }
}
