import Synchronization

/// Statements of the hub that took long, by name.
final class StatementTimes: Sendable {
    struct Slow: Equatable, Sendable {
        var count = 0
        var longest = Duration.zero
    }

    /// What takes less is not noted, so that the fast path costs two looks at the clock.
    static let threshold = Duration.milliseconds(10)

    private let slow = Mutex<[String: Slow]>([:])

    func note(_ name: String, since start: ContinuousClock.Instant) {
        let time = start.duration(to: .now)
        guard time >= Self.threshold else { return }
        slow.withLock {
            $0[name, default: Slow()].count += 1
            $0[name, default: Slow()].longest = max($0[name]?.longest ?? .zero, time)
        }
    }

    /// The slowest so far, the slowest first; the next look begins anew.
    func take(_ maximum: Int) -> [(name: String, slow: Slow)] {
        let all = slow.withLock { slow in
            defer { slow = [:] }
            return slow
        }
        return all.sorted { ($0.value.longest, $1.key) > ($1.value.longest, $0.key) }.prefix(maximum)
            .map { (name: $0.key, slow: $0.value) }
    }
}
