import ArgumentParser
import Contracts
import HubAPI

/// `vigie reboots`
struct RebootList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reboots",
        abstract: "List machines that want a reboot, since when and why.",
        discussion: """
            --services adds machines where a reboot is not asked for, but services still use deleted files. Which these
            are can be told only where the optional root helper runs; elsewhere they are unknown.

            EXAMPLES:
              vigie reboots
              vigie reboots --services --tag web
              vigie reboots -o json
            """)

    @OptionGroup var machines: MachineArgument
    @Flag(help: "Also machines of which only services want a restart.") var services = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add(flag: "services", services)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/reboots", query, columns: Self.columns, empty: "no machine is known to want a reboot")
    }

    static let columns: [Column<RebootAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("REBOOT", "required", style: { $0.required && $0.unknownSince == nil ? .warning : .faint }) {
            Value.flag($0.required).unless(unknownSince: $0.unknownSince)
        },
        Column("SINCE", "since") { .time($0.since) },
        Column("WHY", "why", .tableOnly) { .list(reasons($0)) },
        .csv("packages") { .list($0.packages ?? []) },
        .csv("running_kernel") { .text($0.runningKernel) },
        .csv("newest_kernel") { .text($0.newestKernel) },
        Column("SERVICES TO RESTART", "services") {
            Value.list(($0.services ?? []).map(\.service)).unless(unknownSince: $0.servicesUnknownSince)
        },
        .csv("services_unknown_since") { .time($0.servicesUnknownSince) },
        Column("BOOTED", "booted_at", .roomy) { .time($0.bootedAt) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    /// The kernel first, then the packages that asked.
    static func reasons(_ reboot: RebootAnswer) -> [String] {
        var reasons: [String] = []
        if let running = reboot.runningKernel, let newest = reboot.newestKernel, running != newest {
            reasons.append("kernel \(running) runs, \(newest) is installed")
        }
        return reasons + (reboot.packages ?? [])
    }
}
