import ArgumentParser
import HubAPI

/// `vigie volumes`
struct VolumeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volumes",
        abstract: "List volumes of container engines.",
        discussion: """
            EXAMPLES:
              vigie volumes --unused
              vigie volumes web-01 -o csv
            """)

    @OptionGroup var machines: MachineArgument
    @Flag(help: "Only those that no container uses.") var unused = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add(flag: "unused", unused)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/volumes", query, columns: Self.columns, empty: "no such volume is known")
    }

    static let columns: [Column<VolumeAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("VOLUME", "name") { .text($0.name) },
        Column("DRIVER", "driver", .roomy) { .text($0.driver) },
        Column("IN USE", "in_use", style: { $0.inUse ? .plain : .warning }) {
            Value.flag($0.inUse).unless(unknownSince: $0.unknownSince)
        },
        Column("STACK", "compose_project") { .text($0.composeProject) },
        Column("CREATED", "created_at") { .time($0.createdAt) },
        Column("PATH", "mount_point", .roomy) { .text($0.mountPoint) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]
}
