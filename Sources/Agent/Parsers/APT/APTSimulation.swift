/// What `apt-get -s` printed: the actions that APT would take, and what it leaves alone.
struct APTSimulation: Equatable {
    /// `Inst`: a package that would be unpacked.
    struct Installation: Equatable {
        var name: String
        /// Of the new version; `all` where it fits every one.
        var architecture: String
        /// The suffix of the name, where the package is of a foreign architecture.
        var qualifier: String?
        /// Absent for a package that is not installed now.
        var currentVersion: String?
        var targetVersion: String
    }

    /// `Remv` or `Purg`.
    struct Removal: Equatable {
        var name: String
        var qualifier: String?
        var version: String?
    }

    /// A package whose dependencies are not met now, and what it misses.
    struct Unmet: Equatable {
        var name: String
        var qualifier: String?
        var detail: String
    }

    var installations: [Installation] = []
    var removals: [Removal] = []
    /// Under APT's heading of that name; 2.6 has none and lists them as kept back.
    var deferredByPhasing: Set<String> = []
    var unmet: [Unmet] = []
    /// Under the heading of what is "no longer required": after the actions above, as autoremove would see it.
    var unneeded: [Removal] = []
    /// The closing "N upgraded, …" was there: the output is whole.
    var isComplete = false

    var changesNothing: Bool { isComplete && installations.isEmpty && removals.isEmpty }

    init(_ text: String) {
        var section = Section.none
        for line in text.split(separator: "\n") {
            if line.hasPrefix(" ") {
                read(line, in: section)
                continue
            }
            section = .none
            if line.hasPrefix("Inst ") {
                if let found = Self.installation(line.dropFirst(5)) { installations.append(found) }
            } else if line.hasPrefix("Remv ") || line.hasPrefix("Purg ") {
                if let found = Self.removal(line.dropFirst(5)) { removals.append(found) }
            } else if line.hasSuffix(":") {
                section = Section(heading: line)
            } else if Self.isSummary(line) {
                isComplete = true
            }
        }
    }

    private enum Section {
        case none, deferred, unmet, unneeded

        init(heading: Substring) {
            let text = heading.lowercased()
            if text.contains("due to phasing") {
                self = .deferred
            } else if text.contains("unmet dependencies") || text.hasPrefix("unsatisfied dependencies") {
                self = .unmet
            } else if text.contains("no longer required") {
                self = .unneeded
            } else {
                self = .none
            }
        }
    }

    private mutating func read(_ line: Substring, in section: Section) {
        switch section {
        case .none: break
        case .unneeded:
            for word in line.words {
                let (name, qualifier) = Self.split(word)
                unneeded.append(Removal(name: name, qualifier: qualifier, version: nil))
            }
        case .deferred: for word in line.words { deferredByPhasing.insert(String(word)) }
        case .unmet:
            // " name : Depends: other (>= 1) but it is not installed", and more lines of the same that are indented.
            let words = line.words
            if words.count > 2, words[1] == ":" {
                let (name, qualifier) = Self.split(words[0])
                unmet.append(Unmet(name: name, qualifier: qualifier, detail: words[2...].joined(separator: " ")))
            } else if !unmet.isEmpty {
                unmet[unmet.count - 1].detail += "; " + words.joined(separator: " ")
            }
        }
    }

    /// `name[:arch] [old] (new label:version/suite, … [arch]) [what breaks meanwhile]`
    private static func installation(_ line: Substring) -> Installation? {
        guard let nameEnd = line.firstIndex(of: " ") else { return nil }
        let (name, qualifier) = split(line[..<nameEnd])
        var rest = line[nameEnd...].drop { $0 == " " }
        var current: String?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            current = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...].drop { $0 == " " }
        }
        // The parenthesis has labels of any text inside; the architecture is its last word.
        guard rest.first == "(", let close = closing(of: rest) else { return nil }
        let words = rest[..<close].dropFirst().words
        guard words.count >= 2, let target = words.first, let last = words.last, last.first == "[", last.last == "]"
        else { return nil }
        return Installation(
            name: name, architecture: String(last.dropFirst().dropLast()), qualifier: qualifier,
            currentVersion: current, targetVersion: String(target))
    }

    /// Where the first parenthesis closes; labels may contain pairs of their own.
    private static func closing(of text: Substring) -> Substring.Index? {
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    private static func removal(_ line: Substring) -> Removal? {
        guard let first = line.words.first else { return nil }
        let (name, qualifier) = split(first)
        var version: String?
        if let open = line.firstIndex(of: "["), let close = line[open...].firstIndex(of: "]") {
            version = String(line[line.index(after: open)..<close])
        }
        return Removal(name: name, qualifier: qualifier, version: version)
    }

    private static func split(_ name: Substring) -> (String, String?) {
        guard let colon = name.firstIndex(of: ":") else { return (String(name), nil) }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }

    /// "3 upgraded, 1 newly installed, 0 to remove and 2 not upgraded."
    private static func isSummary(_ line: Substring) -> Bool {
        line.contains(" upgraded, ") && line.contains(" newly installed, ") && line.hasSuffix("not upgraded.")
    }
}
