import ArgumentParser
import Contracts
import HubAPI

/// `vigie hub`
struct HubShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub",
        abstract: "Show which hub is asked and how it is.",
        discussion: """
            EXAMPLE:
              vigie hub
            """)

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        let status: HubStatus = try await session.hub.get("/v1/hub")
        Printing.output(try session.output.hub(status, address: session.hub.choice.socket ?? session.hub.name))
    }
}

extension Output {
    func hub(_ status: HubStatus, address: String) throws -> String {
        let facts: [(String, String, Value)] = [
            ("hub", "address", .text(address)),
            ("version", "version", .text(status.version)),
            ("serving since", "started_at", .time(status.startedAt)),
            ("machines", "machines_total", .integer(status.machines.total)),
            ("  ok", "machines_ok", .integer(status.machines.ok)),
            ("  late", "machines_late", .integer(status.machines.late)),
            ("  offline", "machines_offline", .integer(status.machines.offline)),
            ("  new", "machines_new", .integer(status.machines.new)),
            ("snapshots taken", "snapshots_total", .integer(status.snapshotsTotal)),
            ("  held", "snapshots_held", .integer(status.snapshotsHeld)),
            ("quarantined", "quarantined", .integer(status.quarantined)),
            ("database", "database_bytes", .bytes(status.databaseBytes)),
            ("schema", "schema_version", .integer(status.schemaVersion)),
        ]
        switch format {
        case .json: return try CanonicalJSON.pretty(status)
        case .csv: return CSV.render(header: facts.map(\.1), rows: [facts.map(\.2.raw)])
        case .table:
            return Table(
                titles: ["", ""],
                rows: facts.filter { $0.2 != .absent }.map { fact in
                    [Table.Cell(text: fact.0, style: .faint), .init(text: fact.2.human(now: now))]
                }
            ).render(on: terminal)
        }
    }
}
