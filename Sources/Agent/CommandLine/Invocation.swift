import Contracts

/// What a command line asks for.
enum Invocation {
    /// A text for standard output: help, version, what man pages are made of.
    case show(String)
    case run(any Command)

    /// Why it cannot be understood, for standard error.
    struct Wrong: Error, Equatable {
        var text: String
    }

    static func read(_ words: [String], commands: [any Command.Type], help: CommandHelp) -> Result<Invocation, Wrong> {
        guard let first = words.first else { return .success(.show(help.text)) }
        switch first {
        case "--help", "-h": return .success(.show(help.text))
        case "--version": return .success(.show(Vigie.version + "\n"))
        case "--experimental-dump-help":
            return .success(.show(((try? CanonicalJSON.pretty(help.document)) ?? "")))
        case "help":
            guard let name = words.dropFirst().first else { return .success(.show(help.text)) }
            guard let command = commands.first(where: { $0.syntax.name == name }) else {
                return unknown(name, commands, help)
            }
            return .success(.show(help.text(of: command.syntax)))
        default: break
        }
        guard let command = commands.first(where: { $0.syntax.name == first }) else {
            return unknown(first, commands, help)
        }
        let syntax = command.syntax
        do throws(UsageError) {
            let arguments = try CommandArguments(words.dropFirst(), syntax: syntax)
            if arguments.asksForHelp { return .success(.show(help.text(of: syntax))) }
            if arguments.asksForVersion { return .success(.show(Vigie.version + "\n")) }
            return .success(.run(try command.init(arguments)))
        } catch {
            let name = "\(help.program) \(syntax.name)"
            return .failure(
                Wrong(text: "Error: \(error.message)\n\(help.usage(of: syntax))\nSee '\(name) --help'.\n"))
        }
    }

    private static func unknown(
        _ word: String, _ commands: [any Command.Type], _ help: CommandHelp
    ) -> Result<Invocation, Wrong> {
        let names = commands.map { $0.syntax.name }
        let what = word.hasPrefix("-") ? "option" : "command"
        return .failure(
            Wrong(
                text: "Error: there is no \(what) '\(word)'\(Suggestion.words(for: word, among: names))\n"
                    + "USAGE: \(help.program) <\(names.joined(separator: "|"))>\nSee '\(help.program) --help'.\n"))
    }
}
