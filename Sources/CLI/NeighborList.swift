import ArgumentParser
import HubAPI

/// `vigie neighbors`
struct NeighborList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbors",
        abstract: "List who else is on the networks of the machines.",
        discussion: """
            Only machines whose agent.toml says neighbors = true tell of them. --unknown leaves out those whose MAC or
            address is one of an enrolled machine: what is left has no agent.

            EXAMPLES:
              vigie neighbors --unknown
              vigie neighbors web-01 -o csv
            """)

    @OptionGroup var machines: MachineArgument
    @Flag(help: "Only those that are no enrolled machine.") var unknown = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add(flag: "unknown", unknown)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/neighbors", query, columns: Self.columns,
            empty: unknown
                ? "no neighbor is known that is no enrolled machine"
                : "no neighbor is known: neighbors = true in agent.toml makes a machine tell of them")
    }

    static let columns: [Column<NeighborAnswer>] = [
        Column("MAC", "mac") { .text($0.mac) },
        Column("ADDRESS", "address") { .text($0.address) },
        Column("MACHINE", "machine_or_not", .tableOnly, style: { $0.machine == nil ? .warning : .plain }) {
            .text($0.machine ?? "not enrolled")
        },
        .csv("machine") { .text($0.machine) },
        Column("SEEN BY", "seen_by") { .list($0.seenBy.map { "\($0.machine) \($0.interface)" }) },
    ]
}
