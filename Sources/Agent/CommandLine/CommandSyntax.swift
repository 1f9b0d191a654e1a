/// What a command is called and what it takes: the one source of its parsing, its help, its man page and completions.
struct CommandSyntax: Sendable {
    /// What a shell offers for a value.
    enum Completion: Sendable {
        case none, file, directory
        case list([String])
    }

    /// A word without a dash; `-` itself is one.
    struct Positional: Sendable {
        var name: String
        var help: String
        var isOptional = false
        var completion = Completion.none
    }

    struct Option: Sendable {
        /// The long name without its dashes.
        var name: String
        var short: Character?
        /// What stands for its value in the help; nil for a flag, which has none.
        var value: String?
        var help: String
        /// Shown by the help where the option has one.
        var defaultValue: String?
        var completion = Completion.none

        static func flag(_ name: String, _ help: String) -> Option { Option(name: name, help: help) }
    }

    var name: String
    var abstract: String
    var discussion: String
    var positional: Positional?
    /// Without those that every command has: `--help`, `--version`.
    var options: [Option] = []

    func option(named name: String) -> Option? { options.first { $0.name == name } }
    func option(short: Character) -> Option? { options.first { $0.short == short } }
}

/// A command of the program.
protocol Command: Sendable {
    static var syntax: CommandSyntax { get }

    /// - Throws: `UsageError` for a value that the command does not take.
    init(_ arguments: CommandArguments) throws(UsageError)

    func run() async throws
}

/// Why a command line cannot be understood; ends the program with 64, and its usage is shown.
struct UsageError: Error, Equatable {
    var message: String

    init(_ message: String) { self.message = message }
}

/// Ends the program with a status where everything has been said.
struct ExitStatus: Error, Equatable {
    var code: AgentError.Code

    init(_ code: AgentError.Code) { self.code = code }
}
