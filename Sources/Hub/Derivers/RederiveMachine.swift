import Contracts

/// One attempt to rebuild one machine.
final class RederiveMachine {
    let rederive: Rederive
    let id: Int64
    let name: String
    let scratch: ReplayScratch
    /// Snapshots that an earlier attempt could not derive, with the reason.
    let passedOver: [String: String]
    private(set) var report = Rederive.Report()

    /// The newest row of the archive that the scratch has heard of.
    private var newest: Int64 = 0
    private var bounds: ReplayBounds?
    /// What makes the tables those of the scratch.
    private var changes: [MachineRows.Change] = []
    /// Of the archive, not written yet.
    private var released: [ReleasedSnapshot] = []
    /// Buckets of 5 minutes that archived metrics are of, and that are rolled up already.
    private var buckets: [Int64] = []
    /// Of a check.
    private var differences: DerivedDifferences

    /// The machine was deleted meanwhile.
    struct Gone: Error {}
    /// Something came that is older than all that the attempt has looked at: it must be begun again.
    struct Early: Error {}

    init(
        rederive: Rederive, id: Int64, name: String, scratch: ReplayScratch, passedOver: [String: String]
    ) {
        self.rederive = rederive
        self.id = id
        self.name = name
        self.scratch = scratch
        self.passedOver = passedOver
        differences = DerivedDifferences(machine: name)
    }

    func run() throws {
        try replay()
        guard !rederive.isCheck else { return }
        try rederive.rest()
        try settleRollups()
        while !(changes.isEmpty && released.isEmpty) {
            try catchUp()
            try rederive.rest()
            try put()
        }
    }

    /// Derives the archive as it stands now; histories are written meanwhile.
    private func replay() throws {
        let store = rederive.store
        let (replay, changes, buckets) = try store.read { hub in
            let bounds = try ReplayBounds(id, hub)
            self.bounds = bounds
            newest = try hub.row(Self.newest)?["id"].integer ?? 0
            let stored = try scratch.take(id, bounds, from: hub)
            let histories = try ReplayHistories(hub: hub)
            let replay = try scratch.use { tables in
                var replay = Replay(
                    machine: id, name: name, hub: hub, scratch: tables, histories: histories,
                    schemas: rederive.schemas, passedOver: passedOver,
                    flush: { try self.flush(histories) })
                for kind in Kind.allCases { try replay.run(kind) }
                try replay.flush()
                return replay
            }
            let changes = stored.changes(to: try scratch.rows(id, bounds), of: scratch.tables)
            if rederive.isCheck {
                for change in changes {
                    differences.note(change.table.name, stored: change.stored, rebuilt: change.rebuilt)
                }
                try scratch.use { tables in
                    try RollupCheck(machine: id, hub: hub, scratch: tables).run(replay.buckets) {
                        differences.note($0, stored: $1, rebuilt: $2)
                    }
                }
            }
            let closed = try HistoryMark.closed(.fiveMinutes).read(hub) ?? .min
            return (replay, changes, replay.buckets.filter { $0 < closed })
        }
        report.snapshots += replay.report.snapshots
        report.stillHeld += replay.report.stillHeld
        report.skipped += replay.report.skipped
        report.released += replay.released.count
        report.differences += differences.all
        self.changes = changes
        released = replay.released
        self.buckets = buckets
    }

    private func flush(_ histories: ReplayHistories) throws {
        let entries = histories.take()
        guard rederive.isCheck else { return try enter(entries) }
        for entry in entries { differences.note(entry.table.name, stored: entry.stored, rebuilt: entry.values) }
    }

    private func enter(_ entries: [ReplayHistories.Entry]) throws {
        try inSlices(entries) { entry, hub in
            do { try hub.run(entry.table.enter, entry.values) } catch {
                throw Replay.verdict(on: error, entry.snapshot)
            }
        }
        report.changedRows += entries.count
    }

    /// Makes the rollups of all buckets that archived metrics are of again, from the raw rows.
    private func settleRollups() throws {
        guard !buckets.isEmpty else { return }
        try inSlices(buckets) { bucket, hub in
            try hub.run(Rollup.late, id, RollupSpan.fiveMinutes.rawValue, bucket)
        }
        while try write({ try Rollup.settle(id, in: $0, until: .now + rederive.slice) }) {}
    }

    /// Works through a list in as many transactions as it takes.
    private func inSlices<Item>(_ items: [Item], _ body: (Item, any SQLConnection) throws -> Void) throws {
        var rest = items[...]
        while !rest.isEmpty {
            rest = try write { [rest] hub in
                let end = ContinuousClock.now + rederive.slice
                var rest = rest
                repeat { try body(rest.removeFirst(), hub) } while !rest.isEmpty && .now < end
                return rest
            }
        }
    }

    /// Derives in the scratch what has come since, in the order in which it came and with what was there then, as ingest
    /// did; then looks what the tables say by now.
    private func catchUp() throws {
        (newest, bounds, changes) = try rederive.store.read { hub in
            let histories = try ReplayHistories(hub: hub)
            for row in try hub.rows(Self.arrived, newest, id) where row["result"].text != "held" {
                do { try take(row, hub, histories) } catch is Early { throw Early() } catch {
                    throw Replay.verdict(on: error, row["snapshot_uuid"].text ?? "")
                }
            }
            let newest = try hub.row(Self.newest)?["id"].integer ?? newest
            var bounds = try ReplayBounds(id, hub)
            bounds.archiveBegin = self.bounds?.archiveBegin ?? bounds.archiveBegin
            let stored = try MachineRows(id, scratch.tables, bounds, from: hub)
            return (newest, bounds, stored.changes(to: try scratch.rows(id, bounds), of: scratch.tables))
        }
    }

    /// Derives one that has come. Its histories are entered already.
    private func take(_ row: SQLRow, _ hub: any SQLConnection, _ histories: ReplayHistories) throws {
        guard let kind = row["kind"].text.flatMap(Kind.init(rawValue:)),
            let snapshot = try ArchivedSnapshot(row, of: id, rederive.schemas)
        else { return }
        guard let bounds, snapshot.effectiveAt.milliseconds >= bounds.from else { throw Early() }
        let neighbors = SnapshotNeighbors(
            machine: id, kind: kind, connection: hub, schemas: rederive.schemas, newest: snapshot.archiveID)
        neighbors.released = released.filter { $0.kind == kind && $0.result != .failed }
        _ = try scratch.use {
            try Derivation.apply(
                snapshot, kind: kind, into: ReplayConnection(scratch: $0, histories: histories), neighbors: neighbors)
        }
    }

    /// Puts some of the changes into the tables, unless something came since they were made out: events by the slice,
    /// since they are as many as the archive is long, and all that shows one moment at once.
    private func put() throws {
        let events = changes.filter { $0.table.name == "machine_events" }
        let rest = changes.filter { $0.table.name != "machine_events" }
        let done: (events: Int, isAll: Bool) = try write { [newest, bounds, released] hub in
            guard try hub.row(Self.hasArrived, newest, id) == nil,
                try HistoryMark.eventsCut.read(hub) == bounds?.eventsCut
            else { return (0, false) }
            let end = ContinuousClock.now + rederive.slice
            for (index, change) in events.enumerated() {
                if index > 0, .now >= end { return (index, false) }
                try change.apply(to: hub)
            }
            for change in rest { try change.apply(to: hub) }
            for row in released { try hub.run(Self.release, row.id, row.result.rawValue) }
            return (events.count, true)
        }
        report.changedRows += done.events + (done.isAll ? rest.count : 0)
        if done.isAll {
            changes = []
            released = []
        } else {
            changes = Array(events[done.events...]) + rest
        }
    }

    /// One short transaction, if the machine is still there.
    private func write<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        try rederive.write(noting: { report.longestTransaction = max(report.longestTransaction, $0) }) { hub in
            guard try hub.row(ReplayScratch.machine, id) != nil else { throw Gone() }
            return try body(hub)
        }
    }

    static let newest = Statement("rederive.newest", "SELECT max(id) AS id FROM snapshots")
    // By the row id: what came since is little, and the machine's own are many.
    static let arrived = Statement(
        "rederive.arrived",
        """
        SELECT id, kind, snapshot_uuid, sequence, received_at, effective_at, result, body FROM snapshots
        WHERE id > ?1 AND machine_id + 0 = ?2 ORDER BY id
        """)
    static let hasArrived = Statement(
        "rederive.has_arrived", "SELECT 1 AS found FROM snapshots WHERE id > ?1 AND machine_id + 0 = ?2 LIMIT 1")
    static let release = Statement(
        "rederive.release", "UPDATE snapshots SET result = ?2 WHERE id = ?1 AND result = 'held'")

    static let statements = [newest, arrived, hasArrived, release]
}
