import Contracts
import Glibc
import Synchronization

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
///
/// Not an `AsyncStream`: the end of a task that waits for one ends the stream for everybody after it, whose waits then
/// return at once and for ever.
final class Wakeup: Sendable {
    private struct State {
        var isSignalled = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Ends a wait, this one or the next.
    func signal() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiting = state.waiting else {
                state.isSignalled = true
                return nil
            }
            state.waiting = nil
            return waiting
        }
        waiting?.resume()
    }

    /// Waits for a signal, for the milliseconds, or for the end of the task; only one task may wait.
    func wait(milliseconds: Int64?, clock: AgentClock) async {
        let timer = milliseconds.map { duration in
            Task {
                try await clock.sleep(max(0, duration))
                signal()
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if state.isSignalled || Task.isCancelled {
                        state.isSignalled = false
                        return true
                    }
                    state.waiting = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
        timer?.cancel()
    }
}
