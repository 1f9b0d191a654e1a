import Contracts

/// The words after a command's name, taken apart by its syntax.
///
/// The rules are those of getopt_long(3): `--name value` and `--name=value`, `-o value` and `-ovalue`, `--` ends the
/// options, and where an option is given twice the last word counts.
struct CommandArguments: Sendable, Equatable {
    private(set) var positional: String?
    private(set) var asksForHelp = false
    private(set) var asksForVersion = false
    private var values: [String: String] = [:]
    private var flags: Set<String> = []

    init(_ words: some Sequence<String>, syntax: CommandSyntax) throws(UsageError) {
        var rest = Array(words)[...]
        var isOption = true
        while let word = rest.popFirst() {
            if isOption, word == "--" {
                isOption = false
            } else if isOption, word.hasPrefix("--") {
                try takeLong(word.dropFirst(2), &rest, syntax)
            } else if isOption, word.hasPrefix("-"), word != "-" {
                try takeShort(word.dropFirst(), &rest, syntax)
            } else {
                guard syntax.positional != nil else { throw UsageError("'\(word)' is more than \(syntax.name) takes") }
                guard positional == nil else { throw UsageError("'\(word)' is one too many") }
                positional = word
            }
        }
        guard let wanted = syntax.positional, !wanted.isOptional, positional == nil, !asksForHelp, !asksForVersion
        else { return }
        throw UsageError("<\(wanted.name)> is missing: \(wanted.help)")
    }

    private mutating func takeLong(
        _ word: Substring, _ rest: inout ArraySlice<String>, _ syntax: CommandSyntax
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        switch name {
        case "help": asksForHelp = true
        case "version": asksForVersion = true
        default:
            guard let option = syntax.option(named: name) else {
                let known = syntax.options.map(\.name) + ["help", "version"]
                throw UsageError(
                    "there is no option --\(name)" + Suggestion.words(for: name, among: known, prefix: "--"))
            }
            try take(option, "--\(name)", parts.count > 1 ? String(parts[1]) : nil, &rest)
        }
    }

    private mutating func takeShort(
        _ word: Substring, _ rest: inout ArraySlice<String>, _ syntax: CommandSyntax
    ) throws(UsageError) {
        guard let letter = word.first else { return }
        if word == "h" {
            asksForHelp = true
            return
        }
        guard let option = syntax.option(short: letter) else { throw UsageError("there is no option -\(letter)") }
        let value = word.dropFirst()
        try take(option, "-\(letter)", value.isEmpty ? nil : String(value.trimmingPrefix("=")), &rest)
    }

    private mutating func take(
        _ option: CommandSyntax.Option, _ written: String, _ value: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        guard let placeholder = option.value else {
            guard value == nil else { throw UsageError("\(written) takes no value") }
            flags.insert(option.name)
            return
        }
        guard let value = value ?? rest.popFirst() else { throw UsageError("\(written) needs a <\(placeholder)>") }
        values[option.name] = value
    }

    func flag(_ name: String) -> Bool { flags.contains(name) }
    func value(_ name: String) -> String? { values[name] }

    /// The value as one of a closed set of words; nil where the option is not given.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type = Choice.self
    ) throws(UsageError) -> Choice? where Choice.RawValue == String {
        guard let text = values[name] else { return nil }
        return try Self.choice(text, what: name)
    }

    /// One of a closed set of words.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String, what: String, of type: Choice.Type = Choice.self
    ) throws(UsageError) -> Choice where Choice.RawValue == String {
        guard let found = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue)
            throw UsageError("there is no \(what) '\(text)'; it is one of \(words.joined(separator: ", "))")
        }
        return found
    }
}

/// What somebody meant who mistyped.
enum Suggestion {
    /// `; did you mean --config?` where a known word is near enough, nothing otherwise.
    static func words(for word: String, among known: [String], prefix: String = "") -> String {
        NearestNames.find(word, among: known).first.map { "; did you mean \(prefix)\($0)?" } ?? ""
    }
}
