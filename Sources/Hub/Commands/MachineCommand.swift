import ArgumentParser
import Contracts

/// `vigie-hub machine`
struct MachineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Machines as such: name, token, end.",
        subcommands: [
            MachineList.self, MachineRename.self, MachineTag.self, MachineSplitCommand.self, MachineRetire.self,
            MachineRevoke.self, MachineDelete.self,
        ])
}

/// `vigie-hub machine list`
struct MachineList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every machine, retired ones too.",
        discussion: "Example:\n  vigie-hub machine list -o json")

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let (store, _) = try data.open()
        let rows = try store.read { try $0.rows(MachineStatements.list) }.map { row in
            AdminRow([
                ("name", .text(row["name"])), ("state", .string(Self.state(row))),
                ("machine_id", .text(row["machine_uuid"])),
                ("created_at", .time(row["created_at"])), ("last_seen_at", .time(row["last_seen_at"])),
                ("snapshots", .integer(row["snapshots"].integer ?? 0)),
            ])
        }
        try AdminRow.show(rows, format.output)
    }

    private static func state(_ row: SQLRow) -> String {
        if !row["retired_at"].isNull { return "retired" }
        return row["tokens"].integer == 0 ? "revoked" : "enrolled"
    }
}

/// `vigie-hub machine rename`
struct MachineRename: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a machine another name on this hub.",
        discussion: "Example:\n  vigie-hub machine rename web-01-2 web-02")

    @OptionGroup var data: DataOptions

    @Argument(help: "Its name now.")
    var name: String

    @Argument(help: "Its new name.")
    var newName: String

    func validate() throws {
        guard MachineName.isValid(newName) else {
            throw ValidationError("the name may have lower-case letters, digits, dots and dashes")
        }
    }

    func run() throws {
        let (store, _) = try data.open()
        try store.administer("machine.rename", name, detail: newName) {
            try MachineAdministration(connection: $0).rename(name, to: newName)
        }
        Terminal.say("\(name) is now \(newName)")
    }
}

/// `vigie-hub machine retire`
struct MachineRetire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Take a machine out of service; what it reported stays.",
        discussion: """
            Its token ends, nobody waits for it, and lists leave it out. A new string from vigie-hub enrollment create \
            --machine NAME brings it back.

            Example:
              vigie-hub machine retire old-db
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "Its name.")
    var name: String

    func run() throws {
        let (store, _) = try data.open()
        try store.administer("machine.retire", name) {
            try MachineAdministration(connection: $0).retire(name, at: Clock.now())
        }
        Terminal.say("retired \(name)")
    }
}

/// `vigie-hub machine revoke`
struct MachineRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a machine's token; works at once.",
        discussion: """
            For a token that somebody else may have. The machine keeps what it has and says that it must enrol again; \
            vigie-hub enrollment create --machine NAME makes the string for that.

            Example:
              vigie-hub machine revoke web-01
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "Its name.")
    var name: String

    func run() throws {
        let (store, _) = try data.open()
        let count = try store.administer("machine.revoke", name) {
            try MachineAdministration(connection: $0).revoke(name, reason: "revoked", at: Clock.now())
        }
        Terminal.say(count == 0 ? "\(name) has no token in force" : "revoked the token of \(name)")
    }
}

/// `vigie-hub machine delete`
struct MachineDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Erase a machine and everything it ever sent.",
        discussion: """
            Identity, tokens, tables, history and archive; it cannot be undone. Asks first, unless told --yes.

            Example:
              vigie-hub machine delete web-01
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "Its name.")
    var name: String

    @Flag(help: "Do not ask.")
    var yes = false

    func run() throws {
        let (store, _) = try data.open()
        _ = try store.read { try MachineAdministration(connection: $0).find(name) }
        guard yes || Terminal.confirm("This erases \(name) and its whole archive.") else {
            Terminal.complain("vigie-hub: nothing was erased; answer yes, or give --yes")
            throw ExitCode(1)
        }
        try store.erase { store in
            try store.administer("machine.delete", name) { try MachineAdministration(connection: $0).delete(name) }
        }
        Terminal.say("erased \(name)")
    }
}
