import ArgumentParser
import Contracts
import HubAPI

/// `vigie updates`
struct UpdateList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "updates",
        abstract: "List packages that are not up to date, and why.",
        discussion: """
            Each package has one status: \(APTStatus.allCases.map(\.rawValue).joined(separator: ", ")).
            Machines whose updates are not known, or known from old package lists only, are named on standard error.

            EXAMPLES:
              vigie updates --security
              vigie updates --machine web-01
              vigie updates --status phased
            """)

    @Flag(help: "Only updates from a security origin.") var security = false
    @Option(help: ArgumentHelp("Only this machine.", valueName: "name")) var machine: String?
    @Option(help: ArgumentHelp("Only packages with this status.", valueName: "status")) var status: String?
    @Option(help: ArgumentHelp("Only packages with this name; * and ? stand for others.", valueName: "pattern"))
    var package: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        query.add(flag: "security", security)
        query.add("machine", machine)
        query.add("status", status)
        query.add("package", package)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/updates", query, columns: Self.columns, empty: "no such update is known")
    }

    static let columns: [Column<UpdateAnswer>] = [
        Column("PACKAGE", "package") { .text($0.package) },
        .csv("architecture") { .text($0.architecture) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("STATUS", "status", style: { $0.unknownSince == nil ? .plain : .faint }) {
            .text($0.status + ($0.phasedPercent.map { " (\($0) %)" } ?? ""))
        },
        .csv("phased_percent") { .integer($0.phasedPercent) },
        Column("SECURITY", "security", style: { $0.security ? .bad : .plain }) { .flag($0.security) },
        Column("INSTALLED", "current_version") { .text($0.currentVersion) },
        Column("NEW", "target_version") { .text($0.targetVersion ?? "(removed)") },
        .csv("operation") { .text($0.operation) },
        Column("FROM", "suite") { .text($0.suite ?? $0.origin) },
        .csv("origin") { .text($0.origin) },
        .csv("size_bytes") { .bytes($0.sizeBytes) },
        Column("KNOWN", "unknown_since", .tableOnly, style: { _ in .faint }) {
            $0.unknownSince.map { .unknown(since: $0) } ?? .time($0.listsUpdatedAt)
        },
        .csv("lists_updated_at") { .time($0.listsUpdatedAt) },
        .csv("unknown_since") { .time($0.unknownSince) },
        .csv("reason") { .text($0.reason) },
    ]
}
