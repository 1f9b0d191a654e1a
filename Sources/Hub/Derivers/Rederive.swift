import Contracts
import Foundation

/// Rebuilds derived tables from the archive: machine by machine, one transaction each, while the hub serves.
///
/// The archived snapshots are derived again in their order over what stands there. What the archive does not cover any
/// more (older events, histories, rows of a section that has been unknown for longer) therefore stays. Held snapshots
/// that this version can read become derived; what cannot be read is reported and passed over.
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
        /// For how long one machine's transaction kept writers away.
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
    /// Compare only: every transaction is rolled back.
    var isCheck = false
    /// How payloads are read.
    var schemas = SchemaVersions.current
    /// Waits between two machines, so that who serves gets the database.
    var pause: (Duration) -> Void = { Thread.sleep(forTimeInterval: $0 / .seconds(1)) }

    /// So many of one machine's snapshots may fail in a deriver, each costing a new attempt, before it is left as it is.
    private static let maximumUnderivable = 50

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
        for (index, machine) in machines.enumerated() {
            let begin = ContinuousClock.now
            try rebuild(machine.id, machine.name, isResumable: isResumable, into: &report)
            let work = begin.duration(to: .now)
            if index < machines.count - 1 { pause(Self.pause(after: work)) }
            report.longestTransaction = max(report.longestTransaction, work)
            report.machines += 1
            progress(
                Progress(
                    machine: machine.name, done: total - machines.count + index + 1, total: total,
                    snapshots: report.snapshots))
        }
        if isResumable { _ = try store.write { try $0.run(Self.forget) } }
        return report
    }

    /// Thrown to roll a check's transaction back.
    private struct RolledBack: Error {
        var report: Report
    }

    private func rebuild(_ id: Int64, _ name: String, isResumable: Bool, into report: inout Report) throws {
        var passedOver: [String: String] = [:]
        while true {
            do {
                report = try attempt(id, name, passedOver, isResumable: isResumable, report)
                return
            } catch let rolledBack as RolledBack {
                report = rolledBack.report
                return
            } catch let failed as Replay.Underivable {
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

    private func attempt(
        _ id: Int64, _ name: String, _ passedOver: [String: String], isResumable: Bool, _ report: Report
    ) throws -> Report {
        try store.write { connection in
            // What came late since the last rollup is no difference.
            if isCheck { try Rollup.settle(id, in: connection) }
            let before = isCheck ? try DerivedDump.read(id, from: connection) : nil
            var replay = Replay(
                machine: id, name: name, connection: connection, schemas: schemas, passedOver: passedOver,
                report: report)
            for kind in Kind.allCases { try replay.run(kind) }
            try Rollup.settle(id, in: connection)
            var result = replay.report
            if let before {
                result.differences += try before.differences(from: .read(id, from: connection), machine: name)
                throw RolledBack(report: result)
            }
            if isResumable { try connection.run(Self.remember, String(id), Clock.now()) }
            return result
        }
    }

    static let machines = Statement(
        "rederive.machines",
        """
        SELECT m.id, m.machine_uuid, s.name FROM machines m LEFT JOIN machine_settings s ON s.machine_id = m.id
        ORDER BY m.id
        """)
    /// The last machine that an unfinished run has rebuilt.
    static let cursor = Statement("rederive.cursor", "SELECT value FROM app_settings WHERE name = 'rederive_cursor'")
    static let remember = Statement(
        "rederive.remember",
        """
        INSERT INTO app_settings (name, value, updated_at) VALUES ('rederive_cursor', ?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
        """)
    static let forget = Statement("rederive.forget", "DELETE FROM app_settings WHERE name = 'rederive_cursor'")

    static let statements =
        [machines, cursor, remember, forget] + Replay.statements + DerivedTables.statements
        + DerivedDump.statements
}
