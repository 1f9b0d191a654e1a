import Contracts
import Foundation
import Synchronization

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
///
/// Unchecked, since of its closures `pause` is called by one thread at a time, and `isServed` only looks.
struct Rederive: @unchecked Sendable {
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

        mutating func add(_ other: Report) {
            machines += other.machines
            snapshots += other.snapshots
            released += other.released
            stillHeld += other.stillHeld
            skipped += other.skipped
            changedRows += other.changedRows
            longestTransaction = max(longestTransaction, other.longestTransaction)
            differences += other.differences
        }
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
    /// Machines that are derived at once, each on a thread of its own, until a hub serves.
    var workers = 1
    /// Whether a hub serves the database: from then on one machine is derived at a time, those that are begun apart, and it
    /// gets its turn after each transaction.
    var isServed: () -> Bool = { true }
    /// How long a transaction goes on with rows before it ends, so that ingest gets its turn.
    var slice = Duration.milliseconds(100)
    /// Waits, so that who serves gets the database: after each transaction where a hub does, after long ones else; zero
    /// after what kept nobody away. Throws to end early.
    var pause: (Duration) throws -> Void = {
        if $0 > .zero { Thread.sleep(forTimeInterval: $0 / .seconds(1)) }
    }

    /// So many of one machine's snapshots may fail in a deriver, each costing a new attempt, before it is left as it is.
    private static let maximumUnderivable = 50
    /// Machines without a change of which a stopped run may forget that it has done them.
    private static let rememberedAfter = 20
    /// Work after which there is a pause even where no hub serves: other commands may wait.
    private static let long = Duration.milliseconds(50)
    /// Of whoever writes, or waits after that.
    private let turn = NSLock()

    /// Whoever waits for SQLite's lock looks again after 1, 2, 5, 10, 15, 20, 25 … and at last 100 ms
    /// (`sqliteDefaultBusyCallback`), and is in no queue: a pause longer than its step lets it in.
    static func pause(after work: Duration) -> Duration {
        work < .milliseconds(50)
            ? .milliseconds(26) : work < .milliseconds(200) ? .milliseconds(55) : .milliseconds(110)
    }

    /// Rebuilds one machine, or all; all of them again from where an earlier run was stopped.
    ///
    /// - Parameter progress: called after each machine as it ends, one at a time, on any thread; the others wait for it.
    @discardableResult
    func run(machine name: String? = nil, progress: @escaping (Progress) -> Void = { _ in }) throws -> Report {
        // Called by one at a time.
        nonisolated(unsafe) let progress = progress
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
        let before = total - machines.count
        let work = Work(machines)
        // Called by one at a time.
        nonisolated(unsafe) let halt = logHalt()
        DispatchQueue.concurrentPerform(iterations: max(1, min(workers, machines.count))) { worker in
            do {
                let scratch = try store.read { try ReplayScratch(schemaOf: $0) }
                while worker == 0 || !isServed(), let (place, machine) = try work.next(when: halt) {
                    let isMuch = work.end(place, try rebuild(machine.id, machine.name, scratch)) { snapshots, count in
                        progress(
                            Progress(
                                machine: machine.name, done: before + count, total: total, snapshots: snapshots))
                    }
                    guard isResumable, isMuch else { continue }
                    // Asked for there: whoever is next may be done with more.
                    try write { try $0.run(Self.remember, String(work.doneUpTo), Clock.now()) }
                }
            } catch { work.fail(error) }
        }
        let report = try work.report()
        if isResumable { _ = try store.write { try $0.run(Self.forget) } }
        return report
    }

    /// For the moment in which nobody reads. Each machine is read in one transaction: of several at once there is always
    /// one, and the write-ahead log only begins anew while there is none.
    private func logHalt() -> Work.Halt {
        guard workers > 1, let store = store as? SQLiteStore else { return (isDue: { false }, run: {}) }
        // Where somebody else still reads another try is for when it is half as long again.
        var tried: Int64 = 0
        return (
            isDue: {
                let bytes = store.walBytes ?? 0
                if bytes < tried { tried = 0 }
                return bytes > store.longestLog && bytes > tried + store.longestLog / 2
            },
            run: {
                try store.checkpoint()
                tried = store.walBytes ?? 0
            }
        )
    }

    /// What those who derive at once share: machines are taken in their order, and summed up in it.
    private final class Work: @unchecked Sendable {
        typealias Machine = (id: Int64, name: String)
        /// Where it is due nobody gets a machine until all that are at one have ended; then it is run.
        typealias Halt = (isDue: () -> Bool, run: () throws -> Void)

        private let lock = NSCondition()
        private let lastDone = Atomic<Int64>(0)
        private let machines: [Machine]
        private var taken = 0
        /// Machines that somebody is at.
        private var running = 0
        private var isHalting = false
        /// Machines that are done, and with them all before them.
        private var done = 0
        private var doneAfter: [Int: Report] = [:]
        /// Of those that are remembered.
        private var remembered = 0
        private var snapshots = 0
        private var sum = Report()
        private var failure: (any Error)?

        init(_ machines: [Machine]) { self.machines = machines }

        /// Nil where all are taken, or one has failed.
        func next(when halt: Halt) throws -> (place: Int, machine: Machine)? {
            try lock.withLock {
                if isHalting || halt.isDue() {
                    isHalting = true
                    while isHalting, running > 0, failure == nil { lock.wait() }
                    if isHalting, failure == nil { try halt.run() }
                    isHalting = false
                    lock.broadcast()
                }
                guard failure == nil, taken < machines.count else { return nil }
                taken += 1
                running += 1
                return (taken - 1, machines[taken - 1])
            }
        }

        /// - Parameter tell: gets how many snapshots and machines are done; the others wait for it.
        /// - Returns: now and then that there is something to remember.
        func end(_ place: Int, _ report: Report, _ tell: (Int, Int) -> Void) -> Bool {
            lock.withLock {
                running -= 1
                lock.broadcast()
                doneAfter[place] = report
                snapshots += report.snapshots
                tell(snapshots, done + doneAfter.count)
                while let next = doneAfter.removeValue(forKey: done) {
                    sum.add(next)
                    sum.machines += 1
                    done += 1
                    lastDone.store(machines[done - 1].id, ordering: .releasing)
                }
                guard done - remembered >= rememberedAfter else { return false }
                remembered = done
                return true
            }
        }

        /// The machine up to which all are done; 0 where none is. It takes no lock: it is asked on the writer, for which
        /// whoever halts the others waits.
        var doneUpTo: Int64 { lastDone.load(ordering: .acquiring) }

        func fail(_ error: any Error) {
            lock.withLock {
                failure = failure ?? error
                lock.broadcast()
            }
        }

        func report() throws -> Report {
            try lock.withLock {
                if let failure { throw failure }
                return sum
            }
        }
    }

    private func rebuild(_ id: Int64, _ name: String, _ scratch: ReplayScratch) throws -> Report {
        var passedOver: [String: String] = [:]
        while true {
            let attempt = RederiveMachine(
                rederive: self, id: id, name: name, scratch: scratch, passedOver: passedOver)
            do {
                try attempt.run()
                return attempt.report
            } catch is RederiveMachine.Gone { return Report() } catch is RederiveMachine.Early { continue } catch let
                failed as Replay.Underivable
            {
                guard passedOver.count < Self.maximumUnderivable else {
                    let reason =
                        "and more than \(Self.maximumUnderivable) before it cannot be derived; the machine's tables"
                        + " stay as they were"
                    return Report(skipped: [Skipped(machine: name, snapshot: failed.snapshot, reason: reason)])
                }
                passedOver[failed.snapshot] = failed.reason
            }
        }
    }

    /// One short transaction, and a pause after it, in which nobody else of this run writes.
    ///
    /// - Parameter noting: gets how long it kept writers away.
    @discardableResult
    func write<Value>(
        noting: (Duration) -> Void = { _ in }, _ body: (any SQLConnection) throws -> Value
    ) throws -> Value {
        try turn.withLock {
            var begin = ContinuousClock.now
            let value = try store.write { connection in
                // Waiting for the lock keeps nobody away.
                begin = .now
                return try body(connection)
            }
            let work = begin.duration(to: .now)
            noting(work)
            if work >= Self.long || isServed() { try pause(Self.pause(after: work)) }
            return value
        }
    }

    /// After what kept nobody away.
    func rest() throws { try turn.withLock { try pause(.zero) } }

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
