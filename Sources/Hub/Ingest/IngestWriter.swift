import Contracts
import Logging
import ServiceLifecycle
import Synchronization
import Transport

/// The one writer: takes what is queued, writes one transaction, and only when that is on the disk answers them all.
///
/// Two threads: one writes, the other waits for the disk and answers. While the disk is at one batch the next is written,
/// if there is enough for it; else it waits for more, as it would if there were one thread.
///
/// A failed batch is rolled back and replayed one by one, so that a bad snapshot never fails its neighbours; no
/// savepoint on the fast path. What its deriver cannot take is archived as `held`: nothing is lost, and a later
/// version of the hub derives it.
final class IngestWriter: Service {
    /// Is told once what became of a submission, on whatever thread; it is not to wait there.
    typealias Answer = @Sendable (IngestOutcome) -> Void

    private enum Work: Sendable {
        case snapshot(Submission, Answer)
        case quarantine(QuarantineEntry)

        func answer(_ outcome: IngestOutcome?) {
            if case .snapshot(_, let answer) = self { answer(outcome ?? .failed) }
        }
    }

    /// A batch that was committed.
    private struct Committed: Sendable {
        let batch: [Work]
        let outcomes: [IngestOutcome?]
        let began: ContinuousClock.Instant
        /// Snapshots in the queue when it was committed, its own among them.
        let waiting: Int
    }

    /// So many are worth a transaction while the disk is at another: each has a price of its own.
    private static let worthwhileCount = 4
    static let batchCount = 256
    static let batchCost = 16 * 1024 * 1024

    private let store: any Store
    private let archive: SnapshotArchive
    private let quarantine: Quarantine
    private let queue: IngestQueue<Work>
    private let committed = IngestQueue<Committed>(maximumCount: .max, maximumCost: .max)
    /// Batches that are committed and not on the disk.
    private let unsynced = Atomic<Int>(0)
    private let logger: Logger
    private let meters: HubMeters
    private let running = Atomic<Bool>(false)
    private let sawFullStorage = Atomic<Bool>(false)
    private let holdingOff = Atomic<Bool>(false)

    init(
        store: any Store, archive: SnapshotArchive, quarantine: Quarantine, maximumCount: Int, maximumBytes: Int,
        logger: Logger, meters: HubMeters = HubMeters()
    ) {
        self.store = store
        self.archive = archive
        self.quarantine = quarantine
        self.logger = logger
        self.meters = meters
        queue = IngestQueue(maximumCount: maximumCount, maximumCost: maximumBytes)
    }

    /// Snapshots that wait for their transaction.
    var waiting: Int { queue.count }

    var isRunning: Bool { running.load(ordering: .relaxed) }

    /// Whether the storage was found full since this was last asked.
    func takeStorageFull() -> Bool { sawFullStorage.exchange(false, ordering: .relaxed) }

    /// While it is set nothing new is taken: the room that is left serves to make more.
    func setHoldingOff(_ isSet: Bool) { holdingOff.store(isSet, ordering: .relaxed) }

    /// After somebody else has deleted from the quarantine.
    func forgetQuarantine() { quarantine.forget() }

    /// Waits until the snapshot is on the disk, or will not be.
    func submit(_ submission: Submission) async -> IngestOutcome {
        await withCheckedContinuation { continuation in
            submit(submission) { continuation.resume(returning: $0) }
        }
    }

    /// Answers when the snapshot is on the disk, or will not be.
    func submit(_ submission: Submission, _ answer: @escaping Answer) {
        if holdingOff.load(ordering: .relaxed) { return answer(.storageFull) }
        do throws(IngestRefusal) {
            try queue.put(.snapshot(submission, answer), cost: submission.cost)
        } catch {
            answer(error == .closed ? .stopping : .busy)
        }
    }

    /// Keeps what was refused, if there is room; nobody waits for it.
    func quarantine(_ entry: QuarantineEntry) {
        try? queue.put(.quarantine(entry), cost: entry.body.count)
    }

    /// Writes until the service group stops, then answers what is still queued.
    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            async let answering: Void = DedicatedThread.run { self.answerCommitted() }
            await DedicatedThread.run { self.work() }
            await answering
        } onCancelOrGracefulShutdown: {
            self.close()
        }
    }

    /// Refuses what comes from now on; what is queued is still written and answered.
    func close() { queue.close() }

    private func work() {
        running.store(true, ordering: .relaxed)
        defer { running.store(false, ordering: .relaxed) }
        while let batch = queue.take(
            maximumCount: Self.batchCount, maximumCost: Self.batchCost,
            isWorthwhile: { $0 >= Self.worthwhileCount || self.unsynced.load(ordering: .acquiring) == 0 })
        {
            write(batch)
        }
        committed.close()
    }

    /// Has the disk's word for what is committed, and answers it.
    private func answerCommitted() {
        while let batches = committed.take(maximumCount: .max, maximumCost: .max) {
            store.sync()
            unsynced.subtract(batches.count, ordering: .releasing)
            queue.nudge()
            for batch in batches {
                meters.committed(batch.began.duration(to: .now), waiting: batch.waiting)
                for (work, outcome) in zip(batch.batch, batch.outcomes) { work.answer(outcome) }
            }
        }
    }

    private func write(_ batch: [Work]) {
        do {
            let began = ContinuousClock.now
            let outcomes = try store.writeUnsynced { connection in
                let histories = try HistoryBounds(connection)
                return try batch.map { try take($0, connection, histories) }
            }
            unsynced.add(1, ordering: .relaxed)
            try? committed.put(
                Committed(batch: batch, outcomes: outcomes, began: began, waiting: batch.count + queue.count), cost: 0)
        } catch let failure as StoreFailure where failure.code == .busy {
            logger.warning("ingest: \(failure.message)")
            for work in batch { work.answer(.busy) }
        } catch {
            quarantine.forget()
            if batch.count > 1 {
                logger.warning("ingest: a batch of \(batch.count) failed and is replayed one by one: \(error)")
            }
            for work in batch { work.answer(replay(work)) }
        }
    }

    private func take(
        _ work: Work, _ connection: any SQLConnection, _ histories: HistoryBounds? = nil
    ) throws -> IngestOutcome? {
        switch work {
        case .snapshot(let submission, _): return try archive.take(submission, into: connection, histories: histories)
        case .quarantine(let entry):
            try quarantine.add(entry, into: connection)
            return nil
        }
    }

    /// One item in a transaction of its own.
    private func replay(_ work: Work) -> IngestOutcome? {
        do { return try store.write { try take(work, $0) } } catch {
            quarantine.forget()
            guard case .snapshot(let submission, _) = work else { return nil }
            if let failure = error as? StoreFailure {
                if failure.code == .storageFull {
                    sawFullStorage.store(true, ordering: .relaxed)
                    return .storageFull
                }
                if failure.code == .busy { return .busy }
            }
            logger.error(
                """
                ingest: \(submission.head.kind) snapshot \(submission.head.snapshotID) cannot be derived and is held: \
                \(error)
                """
            )
            return hold(submission)
        }
    }

    private func hold(_ submission: Submission) -> IngestOutcome {
        do { return try store.write { try archive.take(submission, into: $0, deriving: false) } } catch {
            logger.error("ingest: snapshot \(submission.head.snapshotID) cannot be archived: \(error)")
            switch (error as? StoreFailure)?.code {
            case .storageFull:
                sawFullStorage.store(true, ordering: .relaxed)
                return .storageFull
            case .busy: return .busy
            default: return .failed
            }
        }
    }
}
