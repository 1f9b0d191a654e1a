import ArgumentParser
import Foundation
import GRDB

/// Looks for every answered snapshot in the archive and in the tables.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that every answered snapshot is in the archive, and in the tables, exactly once.")

    @Option(help: "The hub's data directory.") var dataDir: String
    @Option(help: "The file that 'run --answered' wrote.") var answered: String
    @Option(help: "Metrics snapshots that were in the archive before the run.") var earlierSnapshots = 0
    @Option(help: "Rows that were in host_metrics before the run.") var earlierHistory = 0
    @Flag(help: "Refuse late ones, which take another way than the others.") var inOrder = false
    @Flag(help: "Do not check the database file itself, which takes minutes for a large one.") var noIntegrity = false

    func run() throws {
        let ids = try String(contentsOfFile: answered, encoding: .utf8).split(separator: "\n").map(String.init)
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: dataDir + "/hub.sqlite", configuration: configuration)
        let (archived, late, metrics, history, integrity) = try database.read { connection in
            (
                try String.fetchAll(connection, sql: "SELECT snapshot_uuid FROM snapshots"),
                try Set(String.fetchAll(connection, sql: "SELECT snapshot_uuid FROM snapshots WHERE result = 'stale'")),
                try Int.fetchOne(connection, sql: "SELECT count(*) FROM snapshots WHERE kind = 'metrics'") ?? 0,
                try Int.fetchOne(connection, sql: "SELECT count(*) FROM host_metrics") ?? 0,
                noIntegrity
                    ? nil : try String.fetchOne(connection, sql: "PRAGMA integrity_check") ?? "no answer"
            )
        }
        let counts = Dictionary(archived.map { ($0, 1) }, uniquingKeysWith: +)
        let missing = ids.filter { counts[$0] == nil }
        let repeated = counts.filter { $0.value > 1 }
        let lateCount = ids.count(where: late.contains)
        print(
            "answered \(ids.count), archived \(archived.count), in host_metrics \(history), late \(lateCount),"
                + " integrity \(integrity ?? "not checked")")
        let (newSnapshots, newHistory) = (metrics - earlierSnapshots, history - earlierHistory)
        guard missing.isEmpty, repeated.isEmpty, newHistory == newSnapshots, (integrity ?? "ok") == "ok",
            !inOrder || lateCount == 0
        else {
            throw ValidationError(
                "answered and not archived: \(missing.count); archived twice: \(repeated.count); late: \(lateCount); "
                    + "metrics snapshots \(newSnapshots), rows derived \(newHistory); integrity: \(integrity ?? "-")")
        }
    }
}
