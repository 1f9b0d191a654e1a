import ArgumentParser
import HubAPI

/// `vigie images`
struct ImageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "List container images, the largest of each machine first.",
        discussion: """
            EXAMPLES:
              vigie images --updates
              vigie images --dangling
              vigie images web-01
              vigie images --name 'nginx:*'
            """)

    @OptionGroup var machines: MachineArgument
    @Option(help: ArgumentHelp("Only with such a tag, as nginx:1.27; * and ? stand for others.", valueName: "pattern"))
    var name: String?
    @Flag(help: "Only those without a tag that no container refers to.") var dangling = false
    @Flag(help: "Only those that no container uses, in whatever state.") var unused = false
    @Flag(help: "Only those that a registry has a newer one of.") var updates = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("name", name)
        query.add(flag: "dangling", dangling)
        query.add(flag: "unused", unused)
        query.add(flag: "updates", updates)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/images", query, columns: Self.columns, empty: "no such image is known")
    }

    static let columns: [Column<ImageAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("TAGS", "tags") { .list($0.tags) },
        Column("ID", "short_id", .tableOnly) { .text(short($0.id)) },
        .csv("id") { .text($0.id) },
        .csv("digests") { .list($0.digests ?? []) },
        Column("SIZE", "size_bytes") { .bytes($0.sizeBytes) },
        Column("CREATED", "created_at", .roomy) { .time($0.createdAt) },
        Column("CONTAINERS", "containers", style: { $0.unknownSince == nil ? .plain : .faint }) {
            Value.integer($0.containers).unless(unknownSince: $0.unknownSince)
        },
        Column("UPDATE", "update") { .text(reference($0)?.update) },
        Column("SINCE", "update_since") { .time(reference($0)?.since) },
        .csv("latest_digest") { .text(reference($0)?.latestDigest) },
        Column("DANGLING", "dangling") { .flag($0.dangling) },
        Column("PLATFORM", "platform", .tableOnly) {
            .text([$0.os, $0.architecture, $0.variant].compactMap { $0 }.joined(separator: "/"))
        },
        .csv("os") { .text($0.os) },
        .csv("architecture") { .text($0.architecture) },
        .csv("variant") { .text($0.variant) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    /// Of several names of one image the one that asks for something to be done, else the first.
    private static func reference(_ image: ImageAnswer) -> ImageReferenceAnswer? {
        image.references?.first { $0.update == "update_available" } ?? image.references?.first
    }

    /// As engines print it: twelve digits, without the name of the digest.
    private static func short(_ id: String) -> String {
        String(id.split(separator: ":").last?.prefix(12) ?? "")
    }
}
