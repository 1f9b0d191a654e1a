import Contracts
import Logging
import Synchronization

/// The engine's record as event stream and collector share it, kept in a file where there is a state directory.
final class EngineMemory: Sendable {
    private struct State {
        var record: EngineRecord
        /// Equal to what the file has.
        var saved: EngineRecord
        var measuring: Measuring = .idle
    }

    /// How the measuring of disk usage goes.
    enum Measuring: Equatable, Sendable {
        case idle
        case running
        case failed(Problem)
    }

    private let state: Mutex<State>
    private let path: String?
    private let logger: Logger?
    private let writing = Mutex(())

    /// Remembers for as long as it lives: for a look that must leave nothing behind.
    init() {
        state = Mutex(State(record: EngineRecord(), saved: EngineRecord()))
        path = nil
        logger = nil
    }

    /// Goes on where the agent stopped; a damaged file is moved aside.
    init(_ directory: StateDirectory, logger: Logger) {
        let record = directory.load(EngineRecord.self, from: directory.engine, logger: logger) ?? EngineRecord()
        state = Mutex(State(record: record, saved: record))
        path = directory.engine
        self.logger = logger
    }

    var record: EngineRecord { state.withLock { $0.record } }

    /// Whether one of the events was new.
    func add(_ events: [DockerV1.Event], now: Timestamp) -> Bool {
        state.withLock { $0.record.add(events, now: now) }
    }

    /// The events of the last day, and writes what the file does not have yet.
    func window(now: Timestamp) -> [DockerV1.Event] {
        let events = state.withLock { state in
            state.record.prune(now: now)
            return state.record.events
        }
        save()
        return events
    }

    /// Writes what has changed; a full disk costs the memory of a day, not the snapshot.
    func save() {
        guard let path else { return }
        writing.withLock { _ in
            let record = self.record
            guard record != state.withLock({ $0.saved }) else { return }
            do {
                try Files.write(CanonicalJSON.encode(record), to: path)
                state.withLock { $0.saved = record }
            } catch {
                logger?.warning("unable to keep the engine's events", metadata: ["reason": "\(error)"])
            }
        }
    }

    // MARK: - Disk usage

    /// Whether the caller is to measure disk usage now: a day has gone by, and nobody is at it.
    func beginMeasuring(now: Timestamp) -> Bool {
        state.withLock { state in
            guard state.measuring != .running, state.record.isDiskUsageDue(now: now) else { return false }
            state.measuring = .running
            state.record.diskUsageTriedAt = now
            return true
        }
    }

    /// - Parameter usage: nil where the engine has no such question.
    func endMeasuring(_ usage: DockerV1.DiskUsage?) {
        state.withLock { state in
            state.measuring = .idle
            state.record.diskUsage = usage
        }
    }

    func failMeasuring(_ problem: Problem) { state.withLock { $0.measuring = .failed(problem) } }

    var measuring: Measuring { state.withLock { $0.measuring } }
}
