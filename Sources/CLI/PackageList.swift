import ArgumentParser
import HubAPI

/// `vigie packages`
struct PackageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "packages",
        abstract: "List installed packages: which version is where.",
        discussion: """
            EXAMPLES:
              vigie packages --name openssl
              vigie packages --name 'linux-image-*' --machine web-01
            """)

    @Argument(help: "The package's name, or a pattern: * and ? stand for others.") var pattern: String?
    @Option(help: ArgumentHelp("The same, as an option.", valueName: "pattern")) var name: String?
    @Option(help: ArgumentHelp("Only this machine.", valueName: "name")) var machine: String?
    @OptionGroup var options: ListOptions

    func validate() throws {
        if pattern != nil, name != nil { throw ValidationError("Give the name once: as an argument or with --name.") }
        if pattern == nil, name == nil, machine == nil {
            throw ValidationError("A fleet has very many packages: give --name PATTERN, --machine NAME, or both.")
        }
    }

    func run() async throws {
        var query = Query()
        query.add("name", name ?? pattern)
        query.add("machine", machine)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/packages", query, columns: Self.columns, empty: "no such package is installed")
    }

    static let columns: [Column<PackageAnswer>] = [
        Column("PACKAGE", "package") { .text($0.package) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("VERSION", "version") { .text($0.version) },
        Column("ARCH", "architecture") { .text($0.architecture) },
        .csv("source") { .text($0.source) },
        Column("STATE", "state", style: { $0.state == nil ? .plain : .warning }) {
            .text($0.state ?? ($0.held ? "held" : "installed"))
        },
        .csv("automatic") { .flag($0.automatic) },
        .csv("held") { .flag($0.held) },
        Column("SIZE", "installed_size_bytes") { .bytes($0.installedSizeBytes) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]
}
