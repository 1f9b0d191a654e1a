import ArgumentParser
import HubAPI

/// `vigie events`
struct EventList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List what changed, the newest first.",
        discussion: """
            EXAMPLES:
              vigie events --since 1d
              vigie events --machine web-01 --severity warning
              vigie events --since 2026-11-01T00:00:00Z -o json
            """)

    @Option(help: ArgumentHelp("Only this machine.", valueName: "name")) var machine: String?
    @Option(help: ArgumentHelp("Only events of this type.", valueName: "type")) var type: String?
    @Option(help: ArgumentHelp("Only info, warning or critical ones.", valueName: "severity")) var severity: String?
    @Option(help: ArgumentHelp("From then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.", valueName: "time"))
    var since: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        query.add("machine", machine)
        query.add("type", type)
        query.add("severity", severity)
        query.add("since", since)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/events", query, columns: EventColumns.list, empty: "nothing of that kind happened")
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
    ]

    private static func style(_ severity: String) -> Style {
        switch severity {
        case "critical": .bad
        case "warning": .warning
        default: .plain
        }
    }
}
