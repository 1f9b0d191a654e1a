import Testing

@testable import Agent

/// Words of a command line, and what they are taken for.
struct CommandArgumentsTests {
    private static let syntax = CommandSyntax(
        name: "measure", abstract: "", discussion: "",
        positional: .init(name: "thing", help: "What to measure."),
        options: [
            .init(name: "output", short: "o", value: "format", help: ""), .flag("exact", ""),
            .init(name: "state-dir", value: "path", help: ""),
        ])

    @Test(arguments: [
        ["--output", "json", "disk"], ["--output=json", "disk"], ["-o", "json", "disk"], ["-ojson", "disk"],
        ["disk", "-o=json"], ["--output", "text", "disk", "--output", "json"], ["-o", "json", "--", "disk"],
    ])
    func `An option takes its value in every way that getopt knows`(words: [String]) throws {
        let arguments = try CommandArguments(words, syntax: Self.syntax)
        #expect(arguments.value("output") == "json")
        #expect(arguments.positional == "disk")
        #expect(!arguments.flag("exact"))
    }

    @Test func `What looks like an option is a value behind its option, and a word behind two dashes`() throws {
        let arguments = try CommandArguments(["--state-dir", "--exact", "--", "--output"], syntax: Self.syntax)
        #expect(arguments.value("state-dir") == "--exact")
        #expect(arguments.positional == "--output")
        #expect(try CommandArguments(["-"], syntax: Self.syntax).positional == "-")
        #expect(try CommandArguments(["--state-dir=a=b", "x"], syntax: Self.syntax).value("state-dir") == "a=b")
        #expect(try CommandArguments(["--output=", "x"], syntax: Self.syntax).value("output") == "")
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var words: [String]
        var message: String
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Wrong(words: [], message: "<thing> is missing: What to measure."),
        Wrong(words: ["disk", "fan"], message: "'fan' is one too many"),
        Wrong(words: ["disk", "--outptu", "json"], message: "there is no option --outptu; did you mean --output?"),
        Wrong(words: ["disk", "--colour"], message: "there is no option --colour"),
        Wrong(words: ["disk", "-x"], message: "there is no option -x"),
        Wrong(words: ["disk", "--output"], message: "--output needs a <format>"),
        Wrong(words: ["disk", "-o"], message: "-o needs a <format>"),
        Wrong(words: ["disk", "--exact=yes"], message: "--exact takes no value"),
    ])
    func `A wrong word is named, with what was probably meant`(wrong: Wrong) {
        #expect(throws: UsageError(wrong.message)) { try CommandArguments(wrong.words, syntax: Self.syntax) }
    }

    @Test func `Help is given though something is missing`() throws {
        #expect(try CommandArguments(["-h"], syntax: Self.syntax).asksForHelp)
        #expect(try CommandArguments(["--help"], syntax: Self.syntax).asksForHelp)
        #expect(try CommandArguments(["--version"], syntax: Self.syntax).asksForVersion)
    }

    @Test func `A word outside of a closed set is refused with the set`() throws {
        let arguments = try CommandArguments(["disk", "-o", "yaml"], syntax: Self.syntax)
        #expect(throws: UsageError("there is no output 'yaml'; it is one of text, json")) {
            try OutputFormat(arguments)
        }
    }

    @Test func `Commands and their options have names of their own, and are all in the help`() {
        let names = VigieAgent.commands.map { $0.syntax.name }
        #expect(Set(names).count == names.count)
        for command in VigieAgent.commands {
            let options = command.syntax.options
            #expect(Set(options.map(\.name)).count == options.count)
            let help = VigieAgent.help.text(of: command.syntax)
            for option in options { #expect(help.contains("--\(option.name)")) }
            #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("Example: ") })
            #expect(VigieAgent.help.text.contains("  \(command.syntax.name)"))
        }
    }
}
