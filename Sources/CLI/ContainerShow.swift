import ArgumentParser
import Contracts
import HubAPI

/// `vigie container …`
struct ContainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "One container.", subcommands: [ContainerShow.self],
        defaultSubcommand: ContainerShow.self)
}

/// `vigie container show`
struct ContainerShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show everything that is known of a container.",
        discussion: """
            EXAMPLES:
              vigie container show blog-web-1
              vigie container show 4f2a --machine web-01 -o json
            """)

    @Argument(help: "The container's name, or the beginning of its id.") var name: String
    @Option(help: ArgumentHelp("The machine, where several have such a container.", valueName: "name"))
    var machine: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        var query = Query()
        query.add("machine", machine)
        let detail: ContainerDetail = try await session.hub.get("/v1/containers/\(name.pathStep)", query)
        Printing.output(try session.output.container(detail))
    }
}

extension Output {
    func container(_ detail: ContainerDetail) throws -> String {
        switch format {
        case .json: try CanonicalJSON.pretty(detail)
        case .csv: CSV.render([detail.container], columns: ContainerColumns.list)
        case .table: ContainerPage(detail: detail, output: self).text
        }
    }
}

/// A container on one page.
struct ContainerPage {
    let detail: ContainerDetail
    let output: Output

    var text: String {
        [
            facts, section("Ports", detail.ports, Self.ports), section("Networks", detail.networks, Self.networks),
            section("Mounts", detail.mounts, Self.mounts),
            section("Labels", detail.labels.sorted { $0.key < $1.key }.map(Label.init), Self.labels),
            section("Latest events", detail.events, DockerEventColumns.list.filter { $0.name != "machine" }),
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private struct Label {
        var name: String
        var value: String

        init(_ entry: (key: String, value: String)) {
            name = entry.key
            value = entry.value
        }
    }

    private var facts: String {
        let container = detail.container
        let state = Value.text(container.state).unless(unknownSince: container.unknownSince)
        let facts: [(String, Value, Style)] = [
            ("name", .text(container.name), .strong),
            ("machine", .text(container.machine), .plain),
            ("state", state, ContainerColumns.style(container)),
            ("health", .text(container.health), container.health == "unhealthy" ? .bad : .plain),
            ("exit code", container.state == "running" ? .absent : .integer(container.exitCode), .plain),
            ("out of memory", .text(container.oomKilled == true ? "killed" : nil), .bad),
            ("restarts", .integer(container.restartCount), .plain),
            ("policy", .text(container.restartPolicy), .plain),
            ("image", .text(container.image), .plain),
            ("digests", .list(detail.repoDigests ?? []), .faint),
            (
                "stack",
                .text([container.composeProject, container.composeService].compactMap { $0 }.joined(separator: "/")),
                .plain
            ),
            ("created", .time(detail.createdAt), .plain), ("started", .time(container.startedAt), .plain),
            ("finished", container.state == "running" ? .absent : .time(container.finishedAt), .plain),
            ("id", .text(container.id), .faint), ("image id", .text(detail.imageID), .faint),
        ]
        let rows = facts.filter { ![.absent, .text(""), .list([])].contains($0.1) }.map { fact in
            [Table.Cell(text: fact.0, style: .faint), .init(text: fact.1.human(now: output.now), style: fact.2)]
        }
        return Table(titles: ["", ""], rows: rows).render(on: output.terminal)
    }

    private func section<Item>(_ title: String, _ items: [Item], _ columns: [Column<Item>]) -> String {
        output.section(title, items, columns)
    }

    private static let ports: [Column<ContainerPortAnswer>] = [
        Column("CONTAINER", "container_port") { .text("\($0.containerPort)/\($0.transport)") },
        Column("HOST", "host_port") { port in
            .text(port.hostPort.map { [port.hostAddress, "\($0)"].compactMap { $0 }.joined(separator: ":") })
        },
    ]

    private static let networks: [Column<DockerV1.Endpoint>] = [
        Column("NETWORK", "network") { .text($0.network) }, Column("ADDRESS", "address") { .text($0.address) },
    ]

    private static let mounts: [Column<DockerV1.Mount>] = [
        Column("TYPE", "type") { .text($0.type) },
        Column("FROM", "source") { .text($0.name ?? $0.source) },
        Column("TO", "destination") { .text($0.destination) },
        Column("READ-ONLY", "read_only") { .flag($0.readOnly) },
    ]

    private static let labels: [Column<Label>] = [
        Column("LABEL", "name") { .text($0.name) }, Column("VALUE", "value") { .text($0.value) },
    ]
}
