import ArgumentParser
import Contracts
import Foundation
import Transport

/// `vigie-hub enrollment`
struct EnrollmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrollment", abstract: "Strings with which machines are enrolled.",
        subcommands: [EnrollmentCreate.self, EnrollmentList.self, EnrollmentRevoke.self])
}

/// `vigie-hub enrollment create`
struct EnrollmentCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a string, and print the one command to run on a machine.",
        discussion: """
            The string carries the hub's URLs, what to trust, and a token; it is shown once. With --machine a \
            reinstalled machine gets its old identity, and its old token ends.

            Examples:
              vigie-hub enrollment create
              vigie-hub enrollment create --uses 50 --ttl 8h --tag rack-3 --tag web
              vigie-hub enrollment create --machine web-01
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    @Option(help: "How many machines may use it.")
    var uses = 1

    @Option(help: "How long it is good: 30m, 1h, 7d.")
    var ttl = Period(seconds: 3600)

    @Option(name: .customLong("tag"), help: "A tag for the machines that use it; repeatable.")
    var tags: [String] = []

    @Option(help: "Name of a machine that was reinstalled and enrols again.")
    var machine: String?

    func validate() throws {
        guard (1...1_000_000).contains(uses) else { throw ValidationError("--uses must be between 1 and 1000000") }
        guard machine == nil || uses == 1 else { throw ValidationError("--machine is for one use") }
        for tag in tags where !MachineName.isValid(tag) {
            throw ValidationError("--tag \(tag): use lower-case letters, digits, dots and dashes")
        }
    }

    private struct Answer: Encodable {
        let id: Int64
        let enrollmentString: String
        let command: String
        let expiresAt: Timestamp
        let uses: Int
        let tags: [String]
        let machine: String?

        enum CodingKeys: String, CodingKey {
            case id, command, uses, tags, machine
            case enrollmentString = "enrollment_string"
            case expiresAt = "expires_at"
        }
    }

    func run() throws {
        let (store, configuration) = try data.open()
        let announcement = try HubAnnouncement.find(in: store, configuration: configuration)
        let token = EnrollmentToken(at: Clock.now(), goodFor: ttl.seconds)
        let id = try store.administer("enrollment.create", machine, detail: "uses \(uses)") { connection in
            let machineID = try machine.map { try MachineAdministration(connection: connection).find($0) }
            return try token.allow(uses: uses, tags: tags, for: machineID, in: connection)
        }
        let string = try token.string(announcement)
        // By way of standard input: a process list shows arguments to everybody.
        let command = "echo \(string) | sudo vigie-agent enroll -"
        if format.output == .json {
            let answer = Answer(
                id: id, enrollmentString: string, command: command, expiresAt: token.expiresAt, uses: uses, tags: tags,
                machine: machine)
            Terminal.say(String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self))
            return
        }
        Terminal.say(string)
        Terminal.complain(
            "\nGood for \(uses) \(uses == 1 ? "machine" : "machines") until \(token.expiresAt). On each, run")
        Terminal.complain("  \(command)")
    }
}

/// `vigie-hub enrollment list`
struct EnrollmentList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "What was made, and what is left of it.",
        discussion: "Example:\n  vigie-hub enrollment list -o json")

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let (store, _) = try data.open()
        let now = Clock.now()
        let rows = try store.read { try $0.rows(TrustStatements.enrollmentList) }.map { row in
            AdminRow([
                ("id", .integer(row["id"].integer ?? 0)), ("state", .string(Self.state(row, now))),
                ("uses_left", .integer(row["uses_left"].integer ?? 0)),
                ("uses_total", .integer(row["uses_total"].integer ?? 0)), ("expires_at", .time(row["expires_at"])),
                ("last_used_at", .time(row["last_used_at"])), ("tags", .text(row["tags"])),
                ("machine", .text(row["machine"])),
            ])
        }
        try AdminRow.show(rows, format.output)
    }

    private static func state(_ row: SQLRow, _ now: Timestamp) -> String {
        if !row["revoked_at"].isNull { return "revoked" }
        if row["uses_left"].integer == 0 { return "used up" }
        return (row["expires_at"].integer ?? 0) <= now.milliseconds ? "expired" : "open"
    }
}

/// `vigie-hub enrollment revoke`
struct EnrollmentRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a string; machines that used it stay enrolled.",
        discussion: "Example:\n  vigie-hub enrollment revoke 7")

    @OptionGroup var data: DataOptions

    @Argument(help: "Its id, from vigie-hub enrollment list.")
    var id: Int64

    func run() throws {
        let (store, _) = try data.open()
        let changed = try store.administer("enrollment.revoke", String(id)) {
            try $0.run(TrustStatements.enrollmentRevoke, id, Clock.now())
        }
        guard changed == 1 else {
            throw CommandFailure(.noInput, "there is no open enrolment \(id); vigie-hub enrollment list shows them")
        }
        Terminal.say("revoked enrolment \(id)")
    }
}

extension HubAnnouncement {
    /// What a serving hub announced last; the configuration's URLs come first.
    static func find(in store: SQLiteStore, configuration: HubConfiguration) throws -> HubAnnouncement {
        guard var found = try store.read({ try HubAnnouncement.read($0) }) else {
            throw CommandFailure(
                .noInput, "this hub has never served, so its URL is not known; start it with vigie-hub serve first")
        }
        if !configuration.server.urls.isEmpty { found.urls = configuration.server.urls }
        return found
    }
}
