import ArgumentParser
import Contracts
import HubAPI

/// `vigie snapshots`
struct SnapshotList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshots",
        abstract: "List what the archive holds of a machine, the newest first.",
        discussion: """
            EXAMPLES:
              vigie snapshots web-01
              vigie snapshots web-01 --kind apt --since 7d
            """)

    @Argument(help: "The machine's name, or its machine_id.") var name: String
    @Option(help: ArgumentHelp("Only this kind: hardware, metrics, apt or docker.", valueName: "kind")) var kind:
        String?
    @Option(help: ArgumentHelp("From then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.", valueName: "time"))
    var since: String?
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        query.add("kind", kind)
        query.add("since", since)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/machines/\(name.pathStep)/snapshots", query, columns: Self.columns,
            empty: "the archive holds no such snapshot")
    }

    static let columns: [Column<SnapshotSummary>] = [
        Column("SNAPSHOT", "snapshot_id") { .text($0.snapshotID.text) },
        .csv("machine") { .text($0.machine) },
        Column("KIND", "kind") { .text($0.kind) },
        Column("V", "schema_version") { .integer($0.schemaVersion) },
        Column("COLLECTED", "collected_at") { .time($0.collectedAt) },
        .csv("received_at") { .time($0.receivedAt) },
        .csv("sequence") { .integer($0.sequence) },
        Column("COLLECTING", "collection_status", style: { $0.collectionStatus == "ok" ? .plain : .warning }) {
            .text($0.collectionStatus)
        },
        Column("RESULT", "result", style: { $0.result == "held" ? .warning : .plain }) { .text($0.result) },
        Column("SENT", "body_bytes") { .bytes($0.bodyBytes) },
        Column("INFLATED", "inflated_bytes") { .bytes($0.inflatedBytes) },
        Column("SAME AS", "same_as") { .text($0.sameAs?.text) },
        .csv("payload_digest") { .text($0.payloadDigest) },
    ]
}
