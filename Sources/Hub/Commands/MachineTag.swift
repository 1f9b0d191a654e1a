import ArgumentParser
import Contracts

/// `vigie-hub machine tag`
struct MachineTag: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Give a machine tags, and take them away.",
        discussion: """
            +TAG gives, -TAG takes away. Tags that the hub gives by itself or by rule (vigie-hub tag rule) are not touched.

            Examples:
              vigie-hub machine tag web-01 +rack-3
              vigie-hub machine tag web-01 +web -db
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "The machine's name.")
    var name: String

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("+TAG or -TAG, one or more.", valueName: "change"))
    var changes: [String] = []

    private var parsed: [(gives: Bool, tag: String)] {
        changes.filter { $0 != "--" }.map { ($0.hasPrefix("+"), String($0.dropFirst())) }
    }

    func validate() throws {
        guard !parsed.isEmpty else { throw ValidationError("say which tags: +web gives one, -web takes one away") }
        for change in changes where change != "--" {
            guard change.hasPrefix("+") || change.hasPrefix("-"), MachineName.isValid(String(change.dropFirst())) else {
                throw ValidationError(
                    "\(change): write +TAG or -TAG; a tag may have lower-case letters, digits, dots and dashes")
            }
        }
    }

    func run() throws {
        let (store, _) = try data.open()
        let tags = try store.administer("machine.tag", name, detail: changes.joined(separator: " ")) { connection in
            let machine = try MachineAdministration(connection: connection).find(name)
            for change in parsed {
                try connection.run(change.gives ? MachineStatements.tag : MachineStatements.untag, machine, change.tag)
            }
            return try connection.rows(MachineStatements.tags, machine).compactMap { $0[0].text }
        }
        Terminal.say("\(name): \(tags.isEmpty ? "no tags of operators" : tags.joined(separator: " "))")
    }
}
