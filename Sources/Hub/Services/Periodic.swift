import Logging
import ServiceLifecycle
import Synchronization
import Transport

/// Says that the hub stops, to work that takes long.
final class StopSignal: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}

/// Work that is done every so often until the hub stops: at once, then after each period.
///
/// The work runs on a thread of its own, since it waits for the database.
struct Periodic<Time: _Concurrency.Clock<Duration>>: Service {
    /// Between two pieces of work, so that others get the database.
    private static var pause: Duration { .milliseconds(5) }

    let period: Duration
    let clock: Time
    let logger: Logger
    /// What the log calls it.
    let name: String
    /// False begins with a period of waiting.
    var startsAtOnce = true
    /// Does some of the work; true where there is more, which is done after a pause.
    let work: @Sendable (StopSignal) throws -> Bool

    func run() async throws {
        let stop = StopSignal()
        try? await cancelWhenGracefulShutdown {
            if !startsAtOnce { try await clock.sleep(for: period) }
            while !Task.isCancelled {
                let isMore = await withTaskCancellationHandler {
                    await DedicatedThread.run {
                        do { return try work(stop) } catch {
                            logger.error("\(name): \(error)")
                            return false
                        }
                    }
                } onCancel: {
                    stop.set()
                }
                try await clock.sleep(for: isMore ? Self.pause : period)
            }
        }
    }
}
