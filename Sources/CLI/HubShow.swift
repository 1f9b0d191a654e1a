import ArgumentParser
import Contracts
import HubAPI

/// `vigie hub …`
struct HubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "The hub itself.", subcommands: [HubShow.self], defaultSubcommand: HubShow.self)
}

/// `vigie hub status`
struct HubShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show which hub is asked and how it is.",
        discussion: """
            Rates, times and counts below "last minute" are those of the hub's last whole minute; vigie sql has their
            history in hub_metrics. Statements that took 10 ms or more are named, the slowest first.

            EXAMPLES:
              vigie hub
              vigie hub status -o json
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
    private func figures(_ figures: HubFigures?) -> [(String, String, Value)] {
        let slow = figures?.slowStatements.map {
            "\($0.name) \(Units.decimal($0.longestMs, 0)) ms, \(Units.counted($0.count, "time"))"
        }
        return [
            ("last minute", "figures_at", .time(figures?.at)),
            ("  snapshots a second", "snapshots_per_second", .number(figures?.snapshotsPerSecond)),
            (
                "  answers", "answers",
                .list(figures?.answers.map { "\($0.status): \(Units.grouped($0.count))" })
            ),
            ("  waiting, now", "queue_depth", .integer(figures?.queueDepth)),
            ("  waiting, at most", "queue_depth_max", .integer(figures?.queueDepthMax)),
            ("  commits", "commits", .integer(figures?.commits)),
            ("  commit, half below (ms)", "commit_ms_p50", .number(figures?.commitMsP50)),
            ("  commit, 99 % below (ms)", "commit_ms_p99", .number(figures?.commitMsP99)),
            ("  commit, longest (ms)", "commit_ms_max", .number(figures?.commitMsMax)),
            ("  oldest snapshot that came", "delay_seconds_max", .duration(figures?.delaySecondsMax)),
            ("  connections", "connections_open", .integer(figures?.connectionsOpen)),
            ("  hub's memory", "resident_bytes", .bytes(figures?.residentBytes)),
            ("  free in the database", "database_free_bytes", .bytes(figures?.databaseFreeBytes)),
            ("  write-ahead log", "wal_bytes", .bytes(figures?.walBytes)),
            ("  free on the disk", "disk_available_bytes", .bytes(figures?.diskAvailableBytes)),
            ("  machines that spool", "spooling_machines", .integer(figures?.spoolingMachines)),
            ("  snapshots waiting there", "spool_files", .integer(figures?.spoolFiles)),
            ("  their bytes", "spool_bytes", .bytes(figures?.spoolBytes)),
            ("  slow statements", "slow_statements", .list(slow)),
        ]
    }

    private func cleanup(_ run: CleanupSummary?) -> [(String, String, Value)] {
        [
            ("last retention", "cleanup_at", .time(run?.startedAt)),
            ("  cause", "cleanup_cause", .text(run?.cause)),
            ("  rows deleted", "cleanup_rows_deleted", .integer(run?.rowsDeleted)),
            ("  file smaller by", "cleanup_bytes_returned", .bytes(run?.bytesReturned)),
            ("  error", "cleanup_error", .text(run?.error)),
        ]
    }

    func hub(_ status: HubStatus, address: String) throws -> String {
        let facts: [(String, String, Value)] =
            [
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
            ] + figures(status.figures) + cleanup(status.lastCleanup)
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
