import Contracts

/// When a kind is collected next: a value; times are milliseconds of a clock that only grows.
struct KindPace: Equatable, Sendable {
    let interval: Int64
    /// Between two collectings that a change asks for.
    let minimumGap: Int64
    private(set) var due: Int64
    private var lastStart: Int64?

    init(intervalSeconds: Int, minimumGapSeconds: Int = 10, now: Int64) {
        interval = Int64(intervalSeconds) * 1000
        minimumGap = Int64(minimumGapSeconds) * 1000
        due = now
    }

    /// A collecting begins; the next is due an interval later, give or take a twentieth, so that machines that started
    /// together drift apart.
    mutating func start(now: Int64, random: (ClosedRange<Int64>) -> Int64) {
        lastStart = now
        due = now + interval + random(-interval / 20...interval / 20)
    }

    /// Something changed: collect soon, but not more often than the gap allows.
    mutating func request(now: Int64) {
        due = min(due, max(now, (lastStart ?? now - minimumGap) + minimumGap))
    }
}
