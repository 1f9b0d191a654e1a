import ArgumentParser
import HubAPI

/// `vigie stacks`
struct StackList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stacks",
        abstract: "List compose projects and whether all that they want runs.",
        discussion: """
            A stack is running, partial (less runs than is wanted), unhealthy or stopped.

            EXAMPLES:
              vigie stacks
              vigie stacks --status partial
              vigie stacks --machine web-01 -o json
            """)

    @OptionGroup var machines: MachineOptions
    @Option(help: ArgumentHelp("Only running, partial, unhealthy or stopped ones.", valueName: "status"))
    var status: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("status", status)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/stacks", query, columns: Self.columns,
            empty: status == nil ? "no compose project is known" : "no compose project is like that")
    }

    static let columns: [Column<StackAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("STACK", "project") { .text($0.project) },
        Column("STATUS", "status", style: { $0.status == "running" ? .good : .warning }) {
            Value.text($0.status).unless(unknownSince: $0.unknownSince)
        },
        Column("WANTED", "containers_wanted") { .integer(sum($0, \.wanted)) },
        Column("RUNNING", "containers_running", style: { sum($0, \.running) < sum($0, \.wanted) ? .bad : .plain }) {
            .integer(sum($0, \.running))
        },
        Column("HEALTHY", "containers_healthy", style: { sum($0, \.healthy) < sum($0, \.running) ? .bad : .plain }) {
            .integer(sum($0, \.healthy))
        },
        Column("SERVICES", "services") { .list($0.services.map(\.name)) },
        Column("DIRECTORY", "working_directory", .roomy) { .text($0.workingDirectory) },
        .csv("source") { .text($0.source) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    private static func sum(_ stack: StackAnswer, _ count: KeyPath<StackServiceAnswer, Int>) -> Int {
        stack.services.reduce(0) { $0 + $1[keyPath: count] }
    }
}
