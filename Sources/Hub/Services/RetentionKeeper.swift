import Contracts
import Foundation
import Logging
import Synchronization

/// Applies retention while the hub serves: every ten minutes, at once where the space is short, and with the reserve's
/// help where something could not be written.
final class RetentionKeeper: Sendable {
    /// How often all rules are applied, in milliseconds.
    static let period: Int64 = 600_000
    /// After a run that could not make space enough, in milliseconds.
    private static let patience: Int64 = 60_000
    /// Longest pause after one transaction.
    private static let longestPause = Duration.milliseconds(50)

    private struct State {
        var nextRun: Int64 = .min
        var nextRelief: Int64 = .min
    }

    private let store: SQLiteStore
    private let policy: RetentionPolicy
    private let disk: @Sendable () -> DiskSpace?
    private let reserve: DiskReserve
    private let writer: IngestWriter
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state = Mutex(State())

    init(
        store: SQLiteStore, policy: RetentionPolicy, disk: @escaping @Sendable () -> DiskSpace?, reserve: DiskReserve,
        writer: IngestWriter, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.store = store
        self.policy = policy
        self.disk = disk
        self.reserve = reserve
        self.writer = writer
        self.now = now
        self.logger = logger
        reserve.take(available: disk()?.available)
    }

    /// Looks once, and does what is to be done; the next look is after the period of whoever calls.
    func work(_ stop: StopSignal) throws -> Bool {
        let now = now()
        let retention = Retention(store: store, policy: policy, now: now, disk: disk) { time in
            if stop.isSet { throw CancellationError() }
            // Ingest gets as much of the time as deleting does.
            Thread.sleep(forTimeInterval: min(time, Self.longestPause) / .seconds(1))
        }
        if writer.takeStorageFull() {
            try recover(retention)
        } else if try state.withLock({ $0.nextRelief }) <= now.milliseconds && retention.isShort() {
            try run(retention, .disk)
        } else if state.withLock({ $0.nextRun }) <= now.milliseconds {
            try run(retention, .schedule)
        }
        reserve.take(available: disk()?.available)
        return false
    }

    private func run(_ retention: Retention, _ cause: Retention.Cause, needsRoom: Bool = false) throws {
        state.withLock {
            $0.nextRun = retention.now.milliseconds + Self.period
            $0.nextRelief = retention.now.milliseconds + Self.patience
        }
        do {
            let report = try retention.apply(cause: cause, needsRoom: needsRoom)
            if report.rows[.quarantine] != nil { writer.forgetQuarantine() }
            if cause == .disk {
                let words = "retention: \(report.rowsInAll) rows deleted since the space is short"
                if report.isEnough {
                    logger.notice("\(words)")
                } else {
                    logger.error(
                        "\(words), and it still is: give the hub a larger disk, or lower the times in [retention]")
                }
            } else if report.rowsInAll > 0 {
                logger.info("retention: \(report.rowsInAll) rows deleted")
            }
        } catch is CancellationError {}
    }

    /// The disk was full: nothing new is taken while the reserve's room serves to delete.
    private func recover(_ retention: Retention) throws {
        logger.error("retention: the disk is full; deleting the oldest metrics to make room")
        writer.setHoldingOff(true)
        defer { writer.setHoldingOff(false) }
        reserve.release()
        try run(retention, .disk, needsRoom: true)
    }
}
