import Contracts
import GRDB

/// Derives a machine's archived snapshots again, in their order, beside the hub's tables: what they become stands in a
/// scratch, and what they enter into histories is collected.
struct Replay {
    let machine: Int64
    let name: String
    /// One state of the hub's database.
    let hub: any SQLConnection
    let scratch: any SQLConnection
    let histories: ReplayHistories
    let schemas: SchemaVersions
    /// Snapshots that an earlier attempt could not derive, with the reason.
    let passedOver: [String: String]
    /// Writes the collected histories, now and then.
    let flush: () throws -> Void

    var report = Rederive.Report()
    /// Rows of the archive that were held, and what they are now.
    private(set) var released: [ReleasedSnapshot] = []
    /// Buckets of 5 minutes that archived metrics are of.
    private(set) var buckets: [Int64] = []

    /// A deriver failed on a payload that can be read: the machine must be begun again, without it.
    struct Underivable: Error {
        var snapshot: String
        var reason: String
    }

    private static let page: Int64 = 64
    /// Snapshots that are kept for a second look before they are read again.
    private static let longestTail = 16
    /// History rows after which it is time to write them.
    private static let enoughHistories = 1000

    private var connection: ReplayConnection { ReplayConnection(scratch: scratch, histories: histories) }

    init(
        machine: Int64, name: String, hub: any SQLConnection, scratch: any SQLConnection, histories: ReplayHistories,
        schemas: SchemaVersions, passedOver: [String: String], flush: @escaping () throws -> Void
    ) {
        self.machine = machine
        self.name = name
        self.hub = hub
        self.scratch = scratch
        self.histories = histories
        self.schemas = schemas
        self.passedOver = passedOver
        self.flush = flush
    }

    mutating func run(_ kind: Kind) throws {
        let neighbors = SnapshotNeighbors(machine: machine, kind: kind, connection: hub, schemas: schemas)
        let before = try KindRecord.read(machine, kind, in: scratch)
        let messages = try MessageRebuild(machine: machine, kind: kind, connection: scratch)
        let last =
            kind.isInventory
            ? try replayAll(kind, neighbors, messages) : try replayNewest(kind, neighbors, messages)
        if let identity = last.identity { try messages.finish(identity: identity) }
        if last.isReset, let before { try keepUnchangedSince(before, kind, neighbors) }
    }

    private typealias Last = (identity: Identifier?, isReset: Bool)

    /// Each snapshot in turn: events are made of each two that follow each other.
    private mutating func replayAll(
        _ kind: Kind, _ neighbors: SnapshotNeighbors, _ messages: MessageRebuild
    ) throws -> Last {
        var last: Last = (nil, false)
        try each(kind, neighbors) { replay, snapshot, isHeld in
            if !snapshot.isFailed, !last.isReset {
                // Only now: where nothing can be read, what stands there stays.
                try replay.scratch.run(KindStatements.of(kind).reset, replay.machine)
                last.isReset = true
            }
            last.identity = snapshot.head.machineID
            let result = try replay.derive(snapshot, kind, neighbors, messages)
            if isHeld { replay.release(snapshot, kind, result, neighbors) }
        }
        return last
    }

    /// Of metrics, which have no events, each snapshot enters histories and messages; the newest values are those of the
    /// last one that knew everything, and of those after it.
    private mutating func replayNewest(
        _ kind: Kind, _ neighbors: SnapshotNeighbors, _ messages: MessageRebuild
    ) throws -> Last {
        var last: Last = (nil, false)
        var tail: [ArchivedSnapshot] = []
        var tailBegin: SnapshotOrder?
        var isTailWhole = true
        var failedBefore: ArchivedSnapshot?
        var newestFailed: ArchivedSnapshot?
        try each(kind, neighbors) { replay, snapshot, isHeld in
            last.identity = snapshot.head.machineID
            if snapshot.isFailed {
                newestFailed = snapshot
            } else {
                last.isReset = true
                try replay.enter(snapshot, kind, messages)
                if (snapshot.head.collection.unknown ?? []).isEmpty {
                    tail = []
                    tailBegin = SnapshotOrder(snapshot)
                    isTailWhole = true
                    failedBefore = newestFailed
                }
            }
            if isHeld { replay.release(snapshot, kind, snapshot.isFailed ? .failed : .derived, neighbors) }
            if tail.count < Self.longestTail { tail.append(snapshot) } else { isTailWhole = false }
        }
        // Their messages are told already.
        let told = try MessageRebuild(machine: machine, kind: kind, connection: scratch)
        if last.isReset {
            try scratch.run(KindStatements.of(kind).reset, machine)
            // Whatever was unknown before: it is looked at.
            try scratch.run(KindStatements.of(kind).settle, machine, true)
        }
        if let failedBefore { _ = try derive(failedBefore, kind, neighbors, told) }
        if isTailWhole {
            for snapshot in tail { _ = try derive(snapshot, kind, neighbors, told) }
        } else {
            let counted = report
            try each(kind, neighbors, from: tailBegin) { replay, snapshot, _ in
                _ = try replay.derive(snapshot, kind, neighbors, told)
            }
            report = counted
        }
        return last
    }

    /// Reads the archive page by page.
    ///
    /// - Parameter first: where to begin, this one included; nil takes all.
    private mutating func each(
        _ kind: Kind, _ neighbors: SnapshotNeighbors, from first: SnapshotOrder? = nil,
        _ body: (inout Replay, ArchivedSnapshot, _ isHeld: Bool) throws -> Void
    ) throws {
        // No id is smaller than the empty one.
        var after = SnapshotOrder(
            effectiveAt: first?.effectiveAt ?? .min, sequence: first?.sequence ?? .min, uuid: "")
        while true {
            let rows = try hub.rows(
                Self.snapshots, machine, kind, after.effectiveAt, after.sequence, after.uuid, Self.page)
            for row in rows {
                after = SnapshotOrder(row)
                if let first, after < first { continue }
                guard let snapshot = readable(row, neighbors) else { continue }
                report.snapshots += 1
                try body(&self, snapshot, row["result"].text == "held")
            }
            if histories.pending.count >= Self.enoughHistories { try flush() }
            if rows.count < Self.page { return }
        }
    }

    private func derive(
        _ snapshot: ArchivedSnapshot, _ kind: Kind, _ neighbors: SnapshotNeighbors, _ messages: MessageRebuild
    ) throws -> DerivationResult {
        try attempt(snapshot) {
            try Derivation.apply(
                snapshot, kind: kind, into: connection, neighbors: neighbors, replay: messages)
        }
    }

    private mutating func enter(_ snapshot: ArchivedSnapshot, _ kind: Kind, _ messages: MessageRebuild) throws {
        guard case .payload(let payload) = snapshot.content else { return }
        let deriver = Derivers.deriver(of: kind)
        try attempt(snapshot) {
            try deriver.enterAny(payload, of: snapshot, into: connection)
            messages.take(
                try deriver.observeAny(payload, unknown: snapshot.head.collection.unknown ?? []),
                at: SnapshotOrder(snapshot))
        }
        let bucket = RollupSpan.fiveMinutes.bucket(of: snapshot.effectiveAt.milliseconds)
        if buckets.last != bucket { buckets.append(bucket) }
    }

    private mutating func release(
        _ snapshot: ArchivedSnapshot, _ kind: Kind, _ result: DerivationResult, _ neighbors: SnapshotNeighbors
    ) {
        let one = ReleasedSnapshot(
            id: snapshot.archiveID, kind: kind, order: SnapshotOrder(snapshot),
            payloadDigest: snapshot.head.payloadDigest?.text, result: result)
        released.append(one)
        if !snapshot.isFailed { neighbors.released.append(one) }
    }

    private func attempt<Value>(_ snapshot: ArchivedSnapshot, _ body: () throws -> Value) throws -> Value {
        histories.begin(snapshot.head.snapshotID.text)
        do { return try body() } catch {
            histories.drop()
            throw Self.verdict(on: error, snapshot.head.snapshotID.text)
        }
    }

    /// A full disk is no fault of the payload's.
    static func verdict(on error: any Error, _ snapshot: String) -> any Error {
        if let failure = error as? StoreFailure, failure.code != .other { return failure }
        if let failure = (error as? DatabaseError).map({ SQLiteStore.failure($0, path: "the database") }),
            failure.code != .other
        {
            return failure
        }
        return Underivable(snapshot: snapshot, reason: "cannot be derived: \(error)")
    }

    /// The snapshot of a row; nil, and noted, where this hub cannot read it.
    private mutating func readable(_ row: SQLRow, _ neighbors: SnapshotNeighbors) -> ArchivedSnapshot? {
        let id = row["snapshot_uuid"].text ?? ""
        func skip(_ reason: String) {
            report.skipped.append(Rederive.Skipped(machine: name, snapshot: id, reason: reason))
        }
        if let reason = passedOver[id] {
            skip(reason)
            return nil
        }
        let snapshot: ArchivedSnapshot?
        do { snapshot = try ArchivedSnapshot(row, of: machine, schemas) } catch {
            skip(error.detail)
            return nil
        }
        guard let snapshot else {
            report.stillHeld += 1
            return nil
        }
        if case .sameAs(let carrier) = snapshot.content,
            (try? neighbors.payload(of: carrier.text)).flatMap({ $0 }) == nil
        {
            skip("snapshot \(carrier), which carries its payload, is not readable")
            return nil
        }
        return snapshot
    }

    /// Where every archived payload equals the one before the rebuild, the run of equal ones began before the archive;
    /// with snapshots missing before the baseline, a run that reaches back to it began when it was seen to.
    private func keepUnchangedSince(_ before: KindRecord, _ kind: Kind, _ neighbors: SnapshotNeighbors) throws {
        let baseline = try neighbors.baseline()
        guard let digest = before.payloadDigest, let since = before.unchangedSince,
            let now = try KindRecord.read(machine, kind, in: scratch), now.payloadDigest == digest,
            let rebuilt = now.unchangedSince, since < rebuilt || min(since, rebuilt) <= baseline,
            try !neighbors.differs(from: digest, after: max(Int64.min + 1, baseline) - 1, before: .max)
        else { return }
        try scratch.run(KindRecord.unchanged, machine, kind, since)
    }

    static let snapshots = Statement(
        "rederive.snapshots",
        """
        SELECT id, snapshot_uuid, sequence, received_at, effective_at, result, body FROM snapshots
        WHERE machine_id = ?1 AND kind = ?2 AND (effective_at, sequence, snapshot_uuid) > (?3, ?4, ?5)
        ORDER BY effective_at, sequence, snapshot_uuid LIMIT ?6
        """)

    static let statements = [snapshots] + HistoryTable.statements
}

extension ArchivedSnapshot {
    var isFailed: Bool { if case .failed = content { true } else { false } }

    /// Of a row of the archive; nil where this hub does not know its kind or version.
    init?(_ row: SQLRow, of machine: Int64, _ schemas: SchemaVersions) throws(IngestRejection) {
        let read = try SnapshotReader.read(
            compressed: row["body"].blob ?? [], inflateLimit: SnapshotNeighbors.inflateLimit, schemas: schemas,
            isArchived: true)
        let content: Content
        switch read.content {
        case .payload(let payload): content = .payload(payload)
        case .sameAs(let carrier): content = .sameAs(carrier)
        case .failed: content = .failed
        case .held: return nil
        }
        self.init(
            archiveID: row["id"].integer ?? 0, machineID: machine, head: read.head,
            receivedAt: Timestamp(milliseconds: row["received_at"].integer ?? 0),
            effectiveAt: Timestamp(milliseconds: row["effective_at"].integer ?? 0), content: content)
    }
}

extension SnapshotOrder {
    /// Of a row of the archive.
    init(_ row: SQLRow) {
        self.init(
            effectiveAt: row["effective_at"].integer ?? 0, sequence: row["sequence"].integer ?? 0,
            uuid: row["snapshot_uuid"].text ?? "")
    }
}
