import ArgumentParser
import Contracts
import HubAPI

/// `vigie host-keys …`
struct HostKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host-keys", abstract: "The SSH host keys of the machines.",
        subcommands: [HostKeyList.self, HostKeyApprove.self, HostKeyRevoke.self],
        defaultSubcommand: HostKeyList.self)
}

/// `vigie host-keys list`
struct HostKeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List SSH host keys, or write them as a known_hosts file.",
        discussion: """
            A key is trusted where an operator approved it, or where it is one of the first that the machine showed
            (first_seen). One that came later is changed (another of its type was there before) or added, and one that
            is no such key is invalid: none of these is ever in --known-hosts, they are named on standard error until
            `vigie host-keys approve`. Names are the machine's name, its host name and its addresses; what more than
            one machine has is left out.

            EXAMPLES:
              vigie host-keys web-01
              vigie host-keys --status changed
              vigie host-keys --known-hosts > ~/.ssh/known_hosts.fleet
              ssh -o UserKnownHostsFile=~/.ssh/known_hosts.fleet web-01
            """)

    @OptionGroup var machines: MachineArgument
    @Option(help: ArgumentHelp("Only approved, first_seen, changed, added or invalid ones.", valueName: "status"))
    var status: String?
    @Flag(help: "Print the trusted ones as ssh reads them, in place of a table.") var knownHosts = false
    @Flag(help: "With --known-hosts: only those that an operator approved.") var approved = false
    @OptionGroup var options: ListOptions

    func validate() throws {
        if approved, !knownHosts { throw ValidationError("--approved goes with --known-hosts.") }
        if knownHosts, status != nil { throw ValidationError("--known-hosts decides by itself: leave --status out.") }
    }

    func run() async throws {
        let session = try options.session()
        var query = Query()
        machines.add(to: &query)
        query.add("status", status)
        // A file that leaves machines out would be taken for the whole.
        query.add("limit", options.limit ?? (knownHosts ? 100_000 : nil))
        guard knownHosts else {
            return try await session.list(
                "/v1/host-keys", query, columns: HostKeyColumns.list, empty: "no such host key is known")
        }
        let answer: ListAnswer<HostKeyAnswer> = try await session.hub.get("/v1/host-keys", query)
        let file = KnownHosts(answer.items, onlyApproved: approved)
        Printing.output(file.text)
        Printing.error(file.warnings.map { "vigie: \($0)\n" }.joined())
        Printing.error(Notices.text(answer, now: session.output.now))
    }
}

/// `vigie host-keys approve`
struct HostKeyApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Vouch for host keys of a machine.",
        discussion: """
            Compare the fingerprint with what the machine's own console says (ssh-keygen -lf
            /etc/ssh/ssh_host_ed25519_key.pub) first: a new key is a reinstallation, or somebody in between. Needs a
            token of scope operate.

            EXAMPLES:
              vigie host-keys approve web-01 SHA256:uNiVztksCsDhcc0u9e8BrrXTHEfYxqvs4eWsPaTbHzs
              vigie host-keys approve web-01 --all
            """)

    @Argument(help: "The machine's name, or its machine_id.") var machine: String
    @Argument(help: "Fingerprints as `vigie host-keys` lists them.") var fingerprints: [String] = []
    @Flag(help: "All keys that the machine shows now.") var all = false
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func validate() throws {
        guard all == fingerprints.isEmpty else { throw ValidationError("Give fingerprints, or --all.") }
    }

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        var chosen = fingerprints
        if all {
            var query = Query()
            query.add("machine", machine)
            let answer: ListAnswer<HostKeyAnswer> = try await session.hub.get("/v1/host-keys", query)
            chosen = answer.items.filter { $0.status != .approved && $0.status != .invalid }.map(\.fingerprint)
            guard !chosen.isEmpty else {
                return Printing.output(
                    try session.output.list(answer.items, columns: HostKeyColumns.list, empty: "no key is known"))
            }
        }
        try await session.decide(HostKeyDecision(approve: chosen), machine)
    }
}

/// `vigie host-keys revoke`
struct HostKeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take back that host keys of a machine are approved.",
        discussion: """
            Needs a token of scope operate. A key that was the machine's first is trusted as such again, where no other
            of its type is approved.

            EXAMPLE:
              vigie host-keys revoke web-01 SHA256:uNiVztksCsDhcc0u9e8BrrXTHEfYxqvs4eWsPaTbHzs
            """)

    @Argument(help: "The machine's name, or its machine_id.") var machine: String
    @Argument(help: "Fingerprints as `vigie host-keys` lists them.") var fingerprints: [String]
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        try await session.decide(HostKeyDecision(revoke: fingerprints), machine)
    }
}

extension Session {
    /// Tells the hub what an operator decides, and prints what stands there then.
    fileprivate func decide(_ decision: HostKeyDecision, _ machine: String) async throws {
        let answer: ListAnswer<HostKeyAnswer> = try await hub.post(
            "/v1/machines/\(machine.pathStep)/host-keys", decision)
        Printing.output(try output.list(answer.items, columns: HostKeyColumns.list, empty: "no key is known"))
    }
}

/// Columns that tell of host keys.
enum HostKeyColumns {
    static let list: [Column<HostKeyAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("TYPE", "type") { .text($0.type) },
        Column("FINGERPRINT", "fingerprint") { .text($0.fingerprint) },
        .csv("public_key") { .text($0.publicKey) },
        Column("STATUS", "status", style: { style($0.status) }) { .text($0.status.rawValue) },
        Column("FIRST SEEN", "first_seen_at") { .time($0.firstSeenAt) },
        Column("APPROVED", "approved_at") { .time($0.approvedAt) },
        .csv("approved_by") { .text($0.approvedBy) },
        .csv("names") { .list($0.names) },
        .csv("withheld_names") { .list($0.withheldNames) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    private static func style(_ status: HostKeyStatus) -> Style {
        switch status {
        case .approved: .good
        case .firstSeen: .plain
        case .changed, .added: .warning
        case .invalid: .bad
        }
    }
}
