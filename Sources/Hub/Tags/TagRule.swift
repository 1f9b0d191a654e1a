/// A rule that gives machines a tag: `hostname like 'web-*' and os_codename = bookworm`.
///
/// Conditions are joined by `and`. Each compares a field with a text by `=`, `!=`, `like` or `not like`; in patterns `*`
/// stands for any letters and `?` for one. A field of several values (`image`) fits where one of them does. A machine of
/// which a field is not known fits no condition about it, so that a tag does not come and go with what could be read.
struct TagRule: Equatable, Sendable {
    /// What rules may ask of a machine.
    enum Field: String, CaseIterable, Sendable {
        case name, hostname, kind, virtualization, hardware, kernel, architecture, image
        case osFamily = "os_family"
        case osID = "os_id"
        case osVersion = "os_version"
        case osCodename = "os_codename"
        case timeZone = "time_zone"
        case agentVersion = "agent_version"
    }

    struct Condition: Equatable, Sendable {
        var field: Field
        var isNegated: Bool
        /// A text that must be equal, or one with wildcards.
        var text: String
        var isPattern: Bool

        func fits(_ values: [String]) -> Bool {
            guard !values.isEmpty else { return false }
            let found = values.contains { isPattern ? Wildcard.matches($0, text) : $0 == text }
            return found != isNegated
        }
    }

    /// Why a text is no rule.
    struct Malformed: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    var conditions: [Condition]

    func fits(_ facts: [Field: [String]]) -> Bool { conditions.allSatisfy { $0.fits(facts[$0.field] ?? []) } }

    init(_ text: String) throws(Malformed) {
        var words = try Self.words(text)[...]
        var conditions: [Condition] = []
        repeat {
            conditions.append(try Self.condition(&words))
            guard let next = words.popFirst() else { break }
            guard !next.isQuoted, next.text.lowercased() == "and" else {
                throw Malformed(description: "\"and\" or the end was expected, not \"\(next.text)\"")
            }
        } while true
        self.conditions = conditions
    }

    private static func condition(_ words: inout ArraySlice<Word>) throws(Malformed) -> Condition {
        guard let name = words.popFirst() else { throw Malformed(description: "a condition is missing") }
        guard !name.isQuoted, let field = Field(rawValue: name.text.lowercased()) else {
            let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
            throw Malformed(description: "there is no field \"\(name.text)\"; there are \(known)")
        }
        var comparison = words.popFirst()?.text.lowercased() ?? ""
        if comparison == "not" { comparison += " " + (words.popFirst()?.text.lowercased() ?? "") }
        guard ["=", "!=", "like", "not like"].contains(comparison) else {
            throw Malformed(description: "after \(field.rawValue) comes =, !=, like or not like, not \"\(comparison)\"")
        }
        guard let value = words.popFirst() else {
            throw Malformed(description: "after \(field.rawValue) \(comparison) a text is missing")
        }
        return Condition(
            field: field, isNegated: ["!=", "not like"].contains(comparison), text: value.text,
            isPattern: comparison.hasSuffix("like"))
    }

    private struct Word {
        var text: String
        var isQuoted = false
    }

    /// Words are parted by blanks; one in single or double quotes may have them. `=` and `!=` need no blanks.
    private static func words(_ text: String) throws(Malformed) -> [Word] {
        var words: [Word] = []
        var rest = text[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: first) else {
                    throw Malformed(description: "a quotation mark \(first) has no partner")
                }
                words.append(Word(text: String(rest[..<end]), isQuoted: true))
                rest = rest[rest.index(after: end)...]
            } else if rest.hasPrefix("!=") || first == "=" {
                let sign = rest.prefix(first == "=" ? 1 : 2)
                words.append(Word(text: String(sign)))
                rest = rest.dropFirst(sign.count)
            } else {
                let word = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != "'" && $0 != "\"" && $0 != "!" }
                guard !word.isEmpty else { throw Malformed(description: "\"\(first)\" is not understood") }
                words.append(Word(text: String(word)))
                rest = rest.dropFirst(word.count)
            }
        }
        return words
    }
}

/// Patterns with `*` for any letters and `?` for one.
enum Wildcard {
    /// In time that grows with the product of the lengths at most, whatever the pattern.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let text = Array(text.unicodeScalars)
        let pattern = Array(pattern.unicodeScalars)
        var position = 0
        var place = 0
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
