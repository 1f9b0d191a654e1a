import ArgumentParser
import Contracts
import HubAPI

/// `vigie packages`
struct PackageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "packages",
        abstract: "List installed packages: which version is where.",
        discussion: """
            --older-than compares versions as dpkg does, with epochs, tildes and revisions. Machines whose packages are
            not known are named on standard error.

            EXAMPLES:
              vigie packages openssl
              vigie packages openssl --older-than 3.0.17-1~deb12u1
              vigie packages --name 'linux-image-*' --machine web-01
            """)

    @Argument(help: "The package's name, or a pattern: * and ? stand for others.") var pattern: String?
    @Option(help: ArgumentHelp("The same, as an option.", valueName: "pattern")) var name: String?
    @Option(help: ArgumentHelp("Only versions before this one, in dpkg's order.", valueName: "version"))
    var olderThan: String?
    @OptionGroup var machines: MachineOptions
    @OptionGroup var options: ListOptions

    func validate() throws {
        if pattern != nil, name != nil { throw ValidationError("Give the name once: as an argument or with --name.") }
        if pattern == nil, name == nil, machines.machine == nil {
            throw ValidationError("A fleet has very many packages: give NAME, --machine NAME, or both.")
        }
    }

    func run() async throws {
        var query = Query()
        let wanted = name ?? pattern
        query.add("name", wanted)
        query.add("older_than", olderThan)
        machines.add(to: &query)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/packages", query, columns: Self.columns, empty: Self.empty(wanted, isNarrowed: olderThan != nil))
    }

    /// What to say where there is none; a name that may be a beginning is shown how to be one.
    static func empty(_ name: String?, isNarrowed: Bool) -> String {
        guard let name, !isNarrowed, !name.contains("*"), !name.contains("?") else {
            return "no such package is installed"
        }
        return
            "no such package is installed; vigie packages '\(String(name.prefix(max(3, name.count - 3))).printable)*' "
            + "lists those that begin like it"
    }

    static let columns: [Column<PackageAnswer>] = [
        Column("PACKAGE", "package") { .text($0.package) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("VERSION", "version", style: { $0.unknownSince == nil ? .plain : .faint }) { .text($0.version) },
        Column("ARCH", "architecture") { .text($0.architecture) },
        .csv("source") { .text($0.source) },
        Column("STATE", "state", style: { $0.state == nil ? .plain : .warning }) {
            Value.text($0.state ?? ($0.held ? "held" : "installed")).unless(unknownSince: $0.unknownSince)
        },
        .csv("automatic") { .flag($0.automatic) },
        .csv("held") { .flag($0.held) },
        Column("SIZE", "installed_size_bytes", .roomy) { .bytes($0.installedSizeBytes) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]
}
