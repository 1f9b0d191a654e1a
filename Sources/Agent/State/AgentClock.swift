import Contracts
import Glibc

/// Time, handed in so that tests own it.
struct AgentClock: Sendable {
    /// The wall clock: what a snapshot says of when it was collected.
    var now: @Sendable () -> Timestamp
    /// Milliseconds that only grow, suspended time included: what timers go by.
    var monotonic: @Sendable () -> Int64
    /// Waits for so many milliseconds, or until the task is cancelled.
    var sleep: @Sendable (Int64) async throws -> Void

    static let system = AgentClock(
        now: { Timestamp(milliseconds: milliseconds(of: CLOCK_REALTIME)) },
        monotonic: { milliseconds(of: CLOCK_BOOTTIME) },
        sleep: { try await Task.sleep(for: .milliseconds($0)) })

    private static func milliseconds(of clock: clockid_t) -> Int64 {
        var time = timespec(tv_sec: 0, tv_nsec: 0)
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Wakes one waiting task, at once or after a time.
final class Wakeup: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Ends a wait, this one or the next.
    func signal() { continuation.yield() }

    /// Waits for a signal, for the milliseconds, or for the end of the task; only one task may wait.
    func wait(milliseconds: Int64?, clock: AgentClock) async {
        let timer = milliseconds.map { duration in
            Task { [continuation] in
                try await clock.sleep(max(0, duration))
                continuation.yield()
            }
        }
        var iterator = stream.makeAsyncIterator()
        _ = await iterator.next()
        timer?.cancel()
    }
}
