import ArgumentParser
import Contracts
import Transport

/// `vigie-hub client`
struct ClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Operators' programs that may ask this hub.",
        subcommands: [ClientCreate.self, ClientList.self, ClientRevoke.self])
}

extension Scope: ExpressibleByArgument {}

/// `vigie-hub client create`
struct ClientCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a client, and print its login string once.",
        discussion: """
            Examples:
              vigie-hub client create laptop --scope read
              vigie-hub client create monitoring --scope read --ttl 365d -o json
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "A name for it, as laptop.")
    var name: String

    @Option(help: "read, operate (acknowledge, tag) or admin.")
    var scope: Scope

    @Option(help: "When it ends, as 90d (default: never).")
    var ttl: Period?

    func validate() throws {
        guard MachineName.isValid(name) else {
            throw ValidationError("the name may have lower-case letters, digits, dots and dashes")
        }
    }

    private struct Answer: Encodable {
        let name: String
        let scope: String
        let loginString: String
        let expiresAt: Timestamp?

        enum CodingKeys: String, CodingKey {
            case name, scope
            case loginString = "login_string"
            case expiresAt = "expires_at"
        }
    }

    func run() throws {
        let (store, configuration) = try data.open()
        let announcement = try HubAnnouncement.find(in: store, configuration: configuration)
        let token = SecureRandom.token()
        let now = Clock.now()
        let expiresAt = ttl.map { now.adding(milliseconds: Int64($0.seconds) * 1000) }
        let made = try store.administer("client.create", name, detail: scope.rawValue) {
            try $0.run(TrustStatements.clientInsert, name, TokenHash.of(token), scope.rawValue, now, expiresAt)
        }
        guard made == 1 else {
            throw CommandFailure(.usage, "there is a client \(name) already; take another name")
        }
        let string = try ConnectionString(
            purpose: .login, urls: announcement.urls, trust: announcement.trust, token: token
        ).encoded()
        if format.output == .json {
            let answer = Answer(name: name, scope: scope.rawValue, loginString: string, expiresAt: expiresAt)
            Terminal.say(String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self))
            return
        }
        Terminal.say(string)
        Terminal.complain("\nShown once. Where \(name) works, run\n  vigie login \(string)")
    }
}

/// `vigie-hub client list`
struct ClientList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Who may ask, with what scope, and when they last did.",
        discussion: "Example:\n  vigie-hub client list")

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let (store, _) = try data.open()
        let rows = try store.read { try $0.rows(TrustStatements.clientList) }.map { row in
            AdminRow([
                ("name", .text(row["name"])), ("scope", .text(row["scope"])), ("created_at", .time(row["created_at"])),
                ("last_seen_at", .time(row["last_seen_at"])), ("expires_at", .time(row["expires_at"])),
                ("revoked_at", .time(row["revoked_at"])),
            ])
        }
        try AdminRow.show(rows, format.output)
    }
}

/// `vigie-hub client revoke`
struct ClientRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a client's token; works at once.",
        discussion: "Example:\n  vigie-hub client revoke laptop")

    @OptionGroup var data: DataOptions

    @Argument(help: "Its name.")
    var name: String

    func run() throws {
        let (store, _) = try data.open()
        let changed = try store.administer("client.revoke", name) {
            try $0.run(TrustStatements.clientRevoke, name, Clock.now())
        }
        guard changed == 1 else {
            throw CommandFailure(.noInput, "no client \(name) has a token; vigie-hub client list shows them")
        }
        Terminal.say("revoked \(name)")
    }
}
