import ArgumentParser
import HubAPI

/// `vigie containers`
struct ContainerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "containers",
        abstract: "List containers in every state.",
        discussion: """
            --unhealthy takes what an operator should look at: a failing health check, a restart loop, dead, stopped
            for lack of memory. --restarting takes what the engine restarts now, has within ten minutes, or again and again.

            EXAMPLES:
              vigie containers --unhealthy
              vigie containers --machine web-01 --state exited
              vigie containers --image 'nginx:*' --tag web
            """)

    @OptionGroup var machines: MachineOptions
    @Flag(help: "Only containers that need a look.") var unhealthy = false
    @Flag(help: "Only containers that do not come to rest.") var restarting = false
    @Option(help: ArgumentHelp("Only containers in this state: running, exited, …", valueName: "state"))
    var state: String?
    @Option(help: ArgumentHelp("Only of this image; * and ? stand for others.", valueName: "pattern"))
    var image: String?
    @Option(help: ArgumentHelp("Only of this compose project.", valueName: "project")) var stack: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add(flag: "unhealthy", unhealthy)
        query.add(flag: "restarting", restarting)
        query.add("state", state)
        query.add("image", image)
        query.add("stack", stack)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/containers", query, columns: ContainerColumns.list, empty: "no such container is known")
    }
}

/// Columns that tell of containers.
enum ContainerColumns {
    static let list: [Column<ContainerAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("CONTAINER", "name") { .text($0.name) },
        .csv("id") { .text($0.id) },
        Column("IMAGE", "image") { .text($0.image) },
        Column("STATE", "state", style: { style($0) }) { Value.text($0.state).unless(unknownSince: $0.unknownSince) },
        Column("HEALTH", "health", style: { $0.health == "unhealthy" ? .bad : .plain }) { .text($0.health) },
        Column("EXIT", "exit_code") { $0.state == "running" ? .absent : .integer($0.exitCode) },
        .csv("oom_killed") { .flag($0.oomKilled) },
        Column("RESTARTS", "restart_count", .roomy) { .integer($0.restartCount) },
        .csv("restart_policy") { .text($0.restartPolicy) },
        Column("STACK", "compose_project", .roomy) { .text($0.composeProject) },
        .csv("compose_service") { .text($0.composeService) },
        Column("SINCE", "since", .tableOnly) { .time($0.state == "running" ? $0.startedAt : $0.finishedAt) },
        .csv("started_at") { .time($0.startedAt) },
        .csv("finished_at") { .time($0.finishedAt) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    static func style(_ container: ContainerAnswer) -> Style {
        switch container.state {
        case _ where container.unknownSince != nil: .faint
        case "running": .good
        case "restarting", "dead": .bad
        default: .warning
        }
    }
}
