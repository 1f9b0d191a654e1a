import ArgumentParser
import Contracts
import HubAPI

/// `vigie updates`
struct UpdateList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "updates",
        abstract: "List packages that are not up to date, where, and why.",
        discussion: """
            Of the fleet, package by package with the machines that it is about; of one machine, or with --each, one
            line for each package and machine. Each has one status:
            \(APTStatus.allCases.map(\.rawValue).joined(separator: ", ")).
            Machines whose updates are not known, or known from old package lists only, are named on standard error and
            counted as unknown: no line never means that there is nothing to do there.

            EXAMPLES:
              vigie updates --security
              vigie updates --machine web-01
              vigie updates --package 'linux-image-*' --each
              vigie updates --status phased --tag web
            """)

    @OptionGroup var machines: MachineOptions
    @Flag(help: "Only updates from a security origin.") var security = false
    @Option(help: ArgumentHelp("Only packages with this status.", valueName: "status")) var status: String?
    @Option(help: ArgumentHelp("Only packages with this name; * and ? stand for others.", valueName: "pattern"))
    var package: String?
    @Flag(help: "One line for each package and machine.") var each = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add(flag: "security", security)
        query.add("status", status)
        query.add("package", package)
        query.add("limit", options.limit)
        let session = try options.session()
        if each || machines.machine != nil {
            try await session.list(
                "/v1/updates", query, columns: UpdateColumns.each, empty: "no such update is known")
        } else {
            try await session.list(
                "/v1/update-groups", query, columns: UpdateColumns.groups, empty: "no such update is known")
        }
    }
}

/// Columns that tell of updates.
enum UpdateColumns {
    static let each: [Column<UpdateAnswer>] = [
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
        Column("FROM", "suite", .roomy) { .text($0.suite ?? $0.origin) },
        .csv("origin") { .text($0.origin) },
        .csv("size_bytes") { .bytes($0.sizeBytes) },
        Column("KNOWN", "known", .tableOnly, style: { _ in .faint }) {
            $0.unknownSince.map { .unknown(since: $0) } ?? .time($0.listsUpdatedAt)
        },
        .csv("lists_updated_at") { .time($0.listsUpdatedAt) },
        .csv("unknown_since") { .time($0.unknownSince) },
        .csv("reason") { .text($0.reason) },
    ]

    static let groups: [Column<UpdateGroupAnswer>] = [
        Column("PACKAGE", "package") { .text($0.package) },
        Column("SECURITY", "security", style: { $0.security ? .bad : .plain }) { .flag($0.security) },
        Column("STATUS", "statuses") { .list($0.statuses) },
        Column("NEW", "target_versions") { .list($0.targetVersions) },
        Column("ON", "on", .tableOnly, style: { $0.unknownCount > 0 ? .faint : .plain }) { .text(count($0)) },
        .csv("machines_count") { .integer($0.machinesCount) },
        .csv("unknown_count") { .integer($0.unknownCount) },
        Column("MACHINES", "machines") { .list($0.machines.map(\.machine)) },
    ]

    /// `3 machines`, `2 machines, 1 unknown`: what is not known is not counted among what is.
    private static func count(_ group: UpdateGroupAnswer) -> String {
        let known = group.machinesCount - group.unknownCount
        let unknown = "\(Units.grouped(group.unknownCount)) unknown"
        if group.unknownCount == 0 { return Units.counted(known, "machine") }
        return known == 0 ? unknown : "\(Units.counted(known, "machine")), \(unknown)"
    }
}
