import Contracts
import Foundation

/// Rebuilds derived tables from the archive, machine by machine, while the hub serves; see
/// docs/decisions/0024-rederive-beside-ingest.md.
///
/// The archived snapshots are derived again in their order over what stands there. What the archive does not cover any
/// more (older events, histories, rows of a section that has been unknown for longer) therefore stays. Held snapshots
/// that this version can read become derived; what cannot be read is reported and passed over.
///
/// A machine is derived beside its tables, from one state of the database; what came meanwhile is derived after it, as
/// ingest did; and the rows that differ are put into the tables by short transactions, each of which first makes sure
/// that nothing came since. What ingest does in between, and a stop at any moment, therefore end in the same tables.
struct Rederive {
    /// Something that was passed over.
    struct Skipped: Sendable, Equatable {
        var machine: String
        var snapshot: String
        var reason: String
    }

    struct Report: Sendable {
        var machines = 0
        var snapshots = 0
        /// Held before, derived now.
        var released = 0
        /// Of a kind or version that this hub still does not know.
        var stillHeld = 0
        var skipped: [Skipped] = []
        /// Rows that were put into the tables, or taken away.
        var changedRows = 0
        /// For how long one transaction kept writers away.
        var longestTransaction = Duration.zero
        /// Of a check: where the tables do not say what the archive says.
        var differences: [DerivedDifference] = []
    }

    struct Progress: Sendable {
        var machine: String
        /// Machines that are done, this one included, and all.
        var done: Int
        var total: Int
        var snapshots: Int
    }

    struct UnknownMachine: Error, CustomStringConvertible {
        var name: String
        var description: String { "no machine is called \(name); vigie machines lists them" }
    }

    let store: any Store
    /// Compare only: nothing is written, and writers are never kept away.
    var isCheck = false
    /// How payloads are read.
    var schemas = SchemaVersions.current
    /// How long a transaction goes on with rows before it ends, so that ingest gets its turn.
    var slice = Duration.milliseconds(100)
    /// Waits after each transaction, so that who serves gets the database: zero after one that kept nobody away. Throws
    /// to end early.
    var pause: (Duration) throws -> Void = { if $0 > .zero { Thread.sleep(forTimeInterval: $0 / .seconds(1)) } }

    /// So many of one machine's snapshots may fail in a deriver, each costing a new attempt, before it is left as it is.
    private static let maximumUnderivable = 50
    /// Machines without a change of which a stopped run may forget that it has done them.
    private static let rememberedAfter = 20

    /// Whoever waits for SQLite's lock looks again after 1, 2, 5, 10, 15, 20, 25 … and at last 100 ms
    /// (`sqliteDefaultBusyCallback`), and is in no queue: a pause longer than its step lets it in.
    static func pause(after work: Duration) -> Duration {
        work < .milliseconds(50)
            ? .milliseconds(26) : work < .milliseconds(200) ? .milliseconds(55) : .milliseconds(110)
    }

    /// Rebuilds one machine, or all; all of them again from where an earlier run was stopped.
    @discardableResult
    func run(machine name: String? = nil, progress: (Progress) -> Void = { _ in }) throws -> Report {
        var report = Report()
        var machines = try store.read { try $0.rows(Self.machines) }.map { row in
            (id: row["id"].integer ?? 0, name: row["name"].text ?? row["machine_uuid"].text ?? "")
        }
        let isResumable = name == nil && !isCheck
        if let name {
            machines.removeAll { $0.name != name }
            if machines.isEmpty { throw UnknownMachine(name: name) }
        }
        let total = machines.count
        if isResumable, let cursor = try store.read({ try $0.row(Self.cursor) })?["value"].text.flatMap({ Int64($0) }) {
            machines.removeAll { $0.id <= cursor }
        }
        let scratch = try store.read { try ReplayScratch(schemaOf: $0) }
        for (index, machine) in machines.enumerated() {
            try rebuild(machine.id, machine.name, scratch, into: &report)
            report.machines += 1
            if isResumable, report.machines % Self.rememberedAfter == 0 {
                _ = try write(&report) { try $0.run(Self.remember, String(machine.id), Clock.now()) }
            }
            progress(
                Progress(
                    machine: machine.name, done: total - machines.count + index + 1, total: total,
                    snapshots: report.snapshots))
        }
        if isResumable { _ = try store.write { try $0.run(Self.forget) } }
        return report
    }

    private func rebuild(_ id: Int64, _ name: String, _ scratch: ReplayScratch, into report: inout Report) throws {
        var passedOver: [String: String] = [:]
        while true {
            do {
                let attempt = RederiveMachine(
                    rederive: self, id: id, name: name, scratch: scratch, passedOver: passedOver, report: report)
                try attempt.run()
                report = attempt.report
                return
            } catch is RederiveMachine.Gone { return } catch is RederiveMachine.Early { continue } catch let failed
                as Replay.Underivable
            {
                guard passedOver.count < Self.maximumUnderivable else {
                    report.skipped.append(
                        Skipped(
                            machine: name, snapshot: failed.snapshot,
                            reason:
                                "and more than \(Self.maximumUnderivable) before it cannot be derived; the machine's tables"
                                + " stay as they were"))
                    return
                }
                passedOver[failed.snapshot] = failed.reason
            }
        }
    }

    /// One short transaction, and a pause after it.
    func write<Value>(_ report: inout Report, _ body: (any SQLConnection) throws -> Value) throws -> Value {
        var begin = ContinuousClock.now
        let value = try store.write { connection in
            // Waiting for the lock keeps nobody away.
            begin = .now
            return try body(connection)
        }
        let work = begin.duration(to: .now)
        report.longestTransaction = max(report.longestTransaction, work)
        try pause(Self.pause(after: work))
        return value
    }

    static let machines = Statement(
        "rederive.machines",
        """
        SELECT m.id, m.machine_uuid, s.name FROM machines m LEFT JOIN machine_settings s ON s.machine_id = m.id
        ORDER BY m.id
        """)
    /// A machine that an unfinished run has rebuilt, with those before it.
    static let cursor = Statement("rederive.cursor", "SELECT value FROM app_settings WHERE name = 'rederive_cursor'")
    static let remember = Statement(
        "rederive.remember",
        """
        INSERT INTO app_settings (name, value, updated_at) VALUES ('rederive_cursor', ?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
        """)
    static let forget = Statement("rederive.forget", "DELETE FROM app_settings WHERE name = 'rederive_cursor'")

    static let statements =
        [machines, cursor, remember, forget] + Replay.statements + ReplayScratch.statements + ReplayBounds.statements
        + RederiveMachine.statements + RollupCheck.statements
}
