import ArgumentParser
import HubAPI

/// `vigie docker …`
struct DockerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docker", abstract: "What container engines say that they did.",
        subcommands: [DockerEventList.self])
}

/// `vigie docker events`
struct DockerEventList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List what container engines did, the newest first.",
        discussion: """
            These are the engines' own events. What changed for an operator is `vigie events`.

            EXAMPLES:
              vigie docker events --since 1h
              vigie docker events --machine web-01 --action die
              vigie docker events --type image -o json
            """)

    @OptionGroup var machines: MachineOptions
    @Option(help: ArgumentHelp("From then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only of a container, or of an image.", valueName: "type")) var type: String?
    @Option(help: ArgumentHelp("Only this action: start, die, oom, pull, …", valueName: "action")) var action: String?
    @Option(help: ArgumentHelp("Only with this name; * and ? stand for others.", valueName: "pattern"))
    var name: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("since", since)
        query.add("type", type)
        query.add("action", action)
        query.add("name", name)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/docker-events", query, columns: DockerEventColumns.list, empty: "no engine told of such a thing")
    }
}

/// Columns that tell of an engine's events.
enum DockerEventColumns {
    static let list: [Column<DockerEventAnswer>] = [
        Column("WHEN", "at") { .time($0.at) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("TYPE", "type") { .text($0.type) },
        Column("ACTION", "action", style: { ["die", "oom", "kill"].contains($0.action) ? .warning : .plain }) {
            .text($0.action)
        },
        Column("NAME", "name") { .text($0.name) },
        Column("IMAGE", "image", .roomy) { .text($0.image) },
        Column("EXIT", "exit_code") { .integer($0.exitCode) },
        .csv("actor") { .text($0.actor) },
    ]
}
