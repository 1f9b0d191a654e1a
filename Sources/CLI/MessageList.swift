import ArgumentParser
import HubAPI

/// `vigie messages`
struct MessageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages",
        abstract: "List what is worth an eye: what is open first, then the worst.",
        discussion: """
            A message begins with the first snapshot that shows something, and ends with the first one that shows it no \
            more. One that becomes worse is another message. Those that are over are listed for a week, or from --since \
            on.

            EXAMPLES:
              vigie messages --open
              vigie messages --machine web-01 --since 30d
              vigie messages --open --tag web
              vigie messages --open --severity critical -o json
            """)

    @Flag(help: "Only those that are not over.") var open = false
    @OptionGroup var machines: MachineOptions
    @Option(help: ArgumentHelp("Only info, warning or critical ones.", valueName: "severity")) var severity: String?
    @Option(
        help: ArgumentHelp(
            "Only what began or ended from then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.",
            valueName: "time"))
    var since: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        query.add(flag: "open", open)
        machines.add(to: &query)
        query.add("severity", severity)
        query.add("since", since)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/messages", query, columns: MessageColumns.list,
            empty: open ? "nothing is open" : "there is no message of that kind")
    }
}

/// `vigie message …`
struct MessageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message", abstract: "One message.", subcommands: [MessageAcknowledge.self])
}

/// `vigie message ack`
struct MessageAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack",
        abstract: "Tell everybody that you have taken note of a message.",
        discussion: """
            It stays open until its cause is gone. If the cause comes back, or becomes worse, that is another message, \
            which nobody has acknowledged yet. Needs a token of scope operate.

            EXAMPLES:
              vigie message ack 3f9a21c07b5e4d18 --note "new disk is ordered"
            """)

    @Argument(help: "The message's id, or enough of its beginning.") var id: String
    @Option(help: "What there is to say about it.") var note: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        let message: MessageAnswer = try await session.hub.post(
            "/v1/messages/\(id.pathStep)/acknowledge", AcknowledgeRequest(note: note))
        Printing.output(try session.output.list([message], columns: MessageColumns.list, empty: ""))
    }
}

/// Columns that tell of messages.
enum MessageColumns {
    static let list: [Column<MessageAnswer>] = [
        Column("SEVERITY", "severity", style: { style($0) }) { .text($0.severity) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("WHAT", "message") { .text($0.message) },
        Column("SINCE", "first_seen_at") { .time($0.firstSeenAt) },
        .csv("last_seen_at") { .time($0.lastSeenAt) },
        Column("OVER", "closed_at") { .time($0.closedAt) },
        .csv("source") { .text($0.source) },
        .csv("category") { .text($0.category) },
        Column("CODE", "code") { .text($0.code) },
        .csv("component") { .text($0.component) },
        Column("ACKNOWLEDGED", "acknowledged", .tableOnly) { .text($0.acknowledgement.map(words)) },
        .csv("acknowledged_at") { .time($0.acknowledgement?.at) },
        .csv("acknowledged_by") { .text($0.acknowledgement?.by) },
        .csv("note") { .text($0.acknowledgement?.note) },
        Column("ID", "id") { .text($0.id) },
    ]

    private static func words(_ acknowledgement: Acknowledgement) -> String {
        "by \(acknowledgement.by)" + (acknowledgement.note.map { ": \($0)" } ?? "")
    }

    private static func style(_ message: MessageAnswer) -> Style {
        guard message.closedAt == nil, message.acknowledgement == nil else { return .faint }
        switch message.severity {
        case "critical": return .bad
        case "warning": return .warning
        default: return .plain
        }
    }
}
