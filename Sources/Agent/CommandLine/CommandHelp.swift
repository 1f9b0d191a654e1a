import Contracts

/// What `--help` prints, in the form that vigie-hub and vigie have too.
struct CommandHelp {
    let program: String
    let abstract: String
    let discussion: String
    let commands: [CommandSyntax]

    private static let width = 80
    private static let column = 26

    /// Of the program itself.
    var text: String {
        var lines = overview(abstract, discussion) + ["USAGE: \(program) <subcommand>", "", "OPTIONS:"]
        lines += Self.common.flatMap { Self.row($0.0, $0.1) }
        lines += ["", "SUBCOMMANDS:"]
        lines += commands.flatMap { Self.row($0.name, $0.abstract) }
        lines += ["", "  See '\(program) help <subcommand>' for detailed help."]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Of one command.
    func text(of syntax: CommandSyntax) -> String {
        var lines = overview(syntax.abstract, syntax.discussion) + Self.wrapped(usage(of: syntax), indent: 7) + [""]
        if let positional = syntax.positional {
            lines += ["ARGUMENTS:"] + Self.row("<\(positional.name)>", positional.help) + [""]
        }
        lines.append("OPTIONS:")
        for option in syntax.options {
            let short = option.short.map { "-\($0), " } ?? ""
            let value = option.value.map { " <\($0)>" } ?? ""
            let standard = option.defaultValue.map { " (default: \($0))" } ?? ""
            lines += Self.row("\(short)--\(option.name)\(value)", option.help + standard)
        }
        lines += Self.common.flatMap { Self.row($0.0, $0.1) }
        return lines.joined(separator: "\n") + "\n"
    }

    func usage(of syntax: CommandSyntax) -> String {
        var words = ["USAGE: \(program) \(syntax.name)"]
        if let positional = syntax.positional {
            words.append(positional.isOptional ? "[<\(positional.name)>]" : "<\(positional.name)>")
        }
        for option in syntax.options {
            let value = option.value.map { " <\($0)>" } ?? ""
            words.append("[--\(option.name)\(value)]")
        }
        return words.joined(separator: " ")
    }

    private static let common = [
        ("--version", "Show the version."), ("-h, --help", "Show help information."),
    ]

    private func overview(_ abstract: String, _ discussion: String) -> [String] {
        var lines = Self.wrapped("OVERVIEW: \(abstract)", indent: 0) + [""]
        for line in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
            // What is indented, or an example, is to be copied as it stands.
            let isVerbatim = line.hasPrefix(" ") || line.hasPrefix("Example: ")
            lines += isVerbatim ? [String(line)] : Self.wrapped(String(line), indent: 0)
        }
        return lines + [""]
    }

    private static func row(_ head: String, _ text: String) -> [String] {
        let lines = wrapped(text, indent: 0, width: width - column)
        let margin = String(repeating: " ", count: column)
        guard head.count + 2 < column else { return ["  " + head] + lines.map { margin + $0 } }
        return [("  " + head).padded(to: column) + (lines.first ?? "")] + lines.dropFirst().map { margin + $0 }
    }

    /// Breaks between words; a line that goes on is indented.
    private static func wrapped(_ text: String, indent: Int, width: Int = Self.width) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += line.isEmpty ? String(word) : " " + word
            }
        }
        return lines + [line]
    }
}

extension CommandHelp {
    /// The same for programs, in the shape of swift-argument-parser's `--experimental-dump-help`, which writes the man
    /// pages of vigie-hub and vigie: man page and completions of the agent are made of it.
    var document: JSONValue {
        .object([
            (
                "command",
                Self.command(program, abstract, discussion, arguments: [], subcommands: commands.map(Self.command))
            )
        ])
    }

    private static func command(_ syntax: CommandSyntax) -> JSONValue {
        var arguments: [JSONValue] = []
        if let positional = syntax.positional {
            arguments.append(
                .object(
                    [
                        ("kind", .string("positional")), ("valueName", .string(positional.name)),
                        ("isOptional", .bool(positional.isOptional)), ("abstract", .string(positional.help)),
                    ] + completion(positional.completion)))
        }
        for option in syntax.options {
            var names = [JSONValue.object([("kind", .string("long")), ("name", .string(option.name))])]
            if let short = option.short {
                names.append(.object([("kind", .string("short")), ("name", .string(String(short)))]))
            }
            var members: [(String, JSONValue)] = [
                ("kind", .string(option.value == nil ? "flag" : "option")), ("names", .array(names)),
                ("isOptional", .bool(true)), ("abstract", .string(option.help)),
            ]
            if let value = option.value { members.append(("valueName", .string(value))) }
            if let standard = option.defaultValue { members.append(("defaultValue", .string(standard))) }
            arguments.append(.object(members + completion(option.completion)))
        }
        return Self.command(syntax.name, syntax.abstract, syntax.discussion, arguments: arguments, subcommands: [])
    }

    private static func command(
        _ name: String, _ abstract: String, _ discussion: String, arguments: [JSONValue], subcommands: [JSONValue]
    ) -> JSONValue {
        .object([
            ("commandName", .string(name)), ("abstract", .string(abstract)), ("discussion", .string(discussion)),
            ("arguments", .array(arguments)), ("subcommands", .array(subcommands)),
        ])
    }

    private static func completion(_ completion: CommandSyntax.Completion) -> [(String, JSONValue)] {
        switch completion {
        case .none: []
        case .file: [("completionKind", .object([("file", .object([]))]))]
        case .directory: [("completionKind", .object([("directory", .object([]))]))]
        case .list(let words):
            [("completionKind", .object([("list", .object([("values", .array(words.map(JSONValue.string)))]))]))]
        }
    }
}

extension JSONValue {
    fileprivate static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(JSONObject(members.map { .init($0.0, $0.1) }))
    }
}
