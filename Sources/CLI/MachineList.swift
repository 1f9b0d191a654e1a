import ArgumentParser
import Contracts
import HubAPI

/// `vigie machines`
struct MachineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machines",
        abstract: "List the machines: freshness, updates, containers, load, disk.",
        discussion: """
            A machine is late when a report is overdue, offline when three in a row are missing, by the hub's clock.
            "unknown" means that it exists on the machine and could not be read: never that there is none.

            EXAMPLES:
              vigie machines
              vigie machines --offline
              vigie machines --tag web -o json
            """)

    @Flag(help: "Only machines that are offline.") var offline = false
    @Flag(help: "Only machines of which something shown is older than it should be.") var stale = false
    @Option(help: ArgumentHelp("Only machines with this tag.", valueName: "tag")) var tag: String?
    @Option(help: ArgumentHelp("Only machines that are ok, warning, critical or unknown.", valueName: "status"))
    var status: String?
    @Flag(help: "Also machines that are retired.") var retired = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        if offline { query.add("freshness", "offline") }
        query.add(flag: "stale", stale)
        query.add("tag", tag)
        query.add("status", status)
        query.add(flag: "retired", retired)
        query.add("limit", options.limit)
        let hasFilter = offline || stale || tag != nil || status != nil
        try await options.session().list(
            "/v1/machines", query, columns: MachineColumns.list,
            empty: hasFilter
                ? "no machine is like that"
                : "no machine is enrolled yet: `vigie-hub enrollment create` on the hub says how")
    }
}

/// Columns that tell of machines.
enum MachineColumns {
    static let list: [Column<MachineSummary>] = [
        Column("NAME", "name") { .text($0.name) },
        .csv("machine_id") { .text($0.machineID.text) },
        Column("STATUS", "status", style: { style($0.status) }) { .text($0.status.rawValue) },
        Column("SEEN", "last_seen_at", style: { $0.freshness == .ok ? .plain : .bad }) { .time($0.lastSeenAt) },
        .csv("freshness") { .text($0.freshness.rawValue) },
        Column("OS", "os", .roomy) { .text($0.os) },
        .csv("hostname") { .text($0.hostname) },
        .csv("machine_kind") { .text($0.machineKind) },
        .csv("agent_version") { .text($0.agentVersion) },
        .csv("tags") { .list($0.tags) },
        Column("UPDATES", "updates_pending", style: { $0.updates?.unknownSince == nil ? .plain : .faint }) {
            Value.integer($0.updates?.pending).unless(unknownSince: $0.updates?.unknownSince)
        },
        Column("SECURITY", "updates_security", style: { securityStyle($0) }) {
            Value.integer($0.updates?.security).unless(unknownSince: $0.updates?.unknownSince)
        },
        .csv("updates_held") { .integer($0.updates?.held) },
        .csv("updates_phased") { .integer($0.updates?.phased) },
        .csv("updates_unknown_since") { .time($0.updates?.unknownSince) },
        .csv("lists_updated_at") { .time($0.updates?.listsUpdatedAt) },
        .csv("reboot_required") { .flag($0.rebootRequired) },
        Column("CONTAINERS", "containers", .tableOnly, style: { ($0.containers?.unhealthy ?? 0) > 0 ? .bad : .plain }) {
            containers($0.containers)
        },
        .csv("containers_total") { .integer($0.containers?.total) },
        .csv("containers_running") { .integer($0.containers?.running) },
        .csv("containers_unhealthy") { .integer($0.containers?.unhealthy) },
        Column("LOAD", "load_1m", .roomy) { .number($0.load) },
        .csv("cpu_used_percent") { .percent($0.cpuUsedPercent) },
        Column("MEMORY", "memory_used_percent", .roomy) { .percent($0.memoryUsedPercent) },
        .csv("root_used_percent") { .percent($0.rootUsedPercent) },
        Column("FULLEST", "fullest", .tableOnly, style: { fullnessStyle($0.fullestFilesystem?.usedPercent) }) {
            .text($0.fullestFilesystem.map { "\(Units.percent($0.usedPercent)) \($0.mountPoint)" })
        },
        .csv("fullest_mount_point") { .text($0.fullestFilesystem?.mountPoint) },
        .csv("fullest_used_percent") { .percent($0.fullestFilesystem?.usedPercent) },
        Column("WHY", "reasons", style: { style($0.status) }) { .list($0.reasons.map(\.message)) },
        .csv("stale") { .list($0.stale) },
    ]

    static func style(_ status: HealthStatus) -> Style {
        switch status {
        case .ok: .good
        case .unknown: .faint
        case .warning: .warning
        case .critical: .bad
        }
    }

    static func fullnessStyle(_ percent: Double?) -> Style {
        guard let percent else { return .plain }
        return percent >= 95 ? .bad : percent >= 90 ? .warning : .plain
    }

    private static func securityStyle(_ machine: MachineSummary) -> Style {
        guard let updates = machine.updates, updates.unknownSince == nil else { return .faint }
        return updates.security > 0 ? .bad : .plain
    }

    /// `3/4, 1 unhealthy`: running of all.
    static func containers(_ counts: ContainerCounts?) -> Value {
        guard let counts else { return .absent }
        if let since = counts.unknownSince { return .unknown(since: since) }
        let unhealthy = counts.unhealthy > 0 ? ", \(counts.unhealthy) unhealthy" : ""
        return .text("\(counts.running)/\(counts.total)\(unhealthy)")
    }
}
