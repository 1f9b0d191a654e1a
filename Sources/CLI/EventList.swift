import ArgumentParser
import Contracts
import HubAPI

/// `vigie events`
struct EventList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List what changed, the newest first, or as it happens.",
        discussion: """
            --follow prints each event when the hub learns of it, one line each (with -o json one object a line), until
            it is interrupted; with --since it begins with those. An event that was long under way comes with its own
            time.

            EXAMPLES:
              vigie events --since 1d
              vigie events --machine web-01 --severity warning
              vigie events --follow --tag web
              vigie events --follow -o json | jq .message
            """)

    @OptionGroup var machines: MachineOptions
    @Option(help: ArgumentHelp("Only events of this type.", valueName: "type")) var type: String?
    @Option(help: ArgumentHelp("Only info, warning or critical ones.", valueName: "severity")) var severity: String?
    @Option(help: ArgumentHelp("From then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.", valueName: "time"))
    var since: String?
    @Flag(name: .shortAndLong, help: "Go on, and print what comes.") var follow = false
    @OptionGroup var options: ListOptions

    /// Between two looks at the feed.
    static let pause = Duration.seconds(2)

    func run() async throws {
        let session = try options.session()
        var query = Query()
        machines.add(to: &query)
        query.add("type", type)
        query.add("severity", severity)
        guard follow else {
            query.add("since", since)
            query.add("limit", options.limit)
            return try await session.list(
                "/v1/events", query, columns: EventColumns.list, empty: "nothing of that kind happened")
        }
        let (chosen, since, limit) = (query, since, options.limit)
        try await Interruption.run {
            try await Self.follower(session, chosen, since: since, limit: limit).run()
        }
    }

    private static func follower(_ session: Session, _ query: Query, since: String?, limit: Int?) -> EventFollower {
        var isFirst = true
        return EventFollower(
            ask: { cursor in
                var question = query
                question.add("after", cursor)
                return try await session.hub.get("/v1/events/feed", question)
            },
            earlier: {
                guard let since else { return ListAnswer(items: [], truncated: false) }
                var question = query
                question.add("since", since)
                question.add("limit", limit)
                return try await session.hub.get("/v1/events", question)
            },
            pause: { try await Task.sleep(for: pause) },
            show: { events in
                guard !events.isEmpty || isFirst else { return }
                Printing.output(try session.output.eventLines(events, isFirst: isFirst))
                isFirst = false
            },
            warn: { Printing.error("vigie: \($0.printable)\n") })
    }
}

/// Columns that tell of events.
enum EventColumns {
    static let list: [Column<EventAnswer>] = [
        Column("WHEN", "at") { .time($0.at) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("SEVERITY", "severity", style: { style($0.severity) }) { .text($0.severity) },
        Column("TYPE", "type") { .text($0.type) },
        .csv("subject") { .text($0.subject) },
        Column("WHAT", "message") { .text($0.message) },
        .csv("source") { .text($0.source) },
        .csv("id") { .text($0.id) },
    ]

    static func style(_ severity: String) -> Style {
        switch severity {
        case "critical": .bad
        case "warning": .warning
        default: .plain
        }
    }
}
