import Synchronization

/// What the hub did since somebody last looked: answers, commits, waiting, delay.
final class HubMeters: Sendable {
    struct Window: Sendable {
        /// Answers to snapshots by HTTP status.
        var answers: [Int: Int] = [:]
        var commits = TimeHistogram()
        var mostWaiting = 0
        /// Age of the oldest snapshot that was taken, in milliseconds.
        var longestDelay: Int64?

        /// Answered with a success.
        var taken: Int { answers.filter { (200..<300).contains($0.key) }.values.reduce(0, +) }
    }

    private let window = Mutex(Window())
    private let shortWay = Atomic<Int>(0)

    /// Snapshots that went the short way of `SnapshotChannelHandler`, since the hub began.
    var onShortWay: Int { shortWay.load(ordering: .relaxed) }

    func tookShortWay() { shortWay.add(1, ordering: .relaxed) }

    func answered(_ status: Int) { window.withLock { $0.answers[status, default: 0] += 1 } }

    /// - Parameter delay: between collecting and receiving a snapshot, in milliseconds.
    func arrived(delay: Int64) { window.withLock { $0.longestDelay = max($0.longestDelay ?? delay, delay) } }

    /// - Parameters:
    ///   - time: from the beginning of a transaction until it is on the disk.
    ///   - waiting: snapshots in the queue when it was committed, its own among them.
    func committed(_ time: Duration, waiting: Int) {
        window.withLock {
            $0.commits.add(time)
            $0.mostWaiting = max($0.mostWaiting, waiting)
        }
    }

    /// The figures so far; the next window begins.
    func take() -> Window {
        window.withLock { window in
            defer { window = Window() }
            return window
        }
    }
}

/// Times in classes of a tenth more each, from 0.05 ms to some minutes: percentiles without keeping every value.
struct TimeHistogram: Sendable {
    private static let first = 0.05
    private static let growth = 1.1
    private static let classes = 180

    private var counts = [Int](repeating: 0, count: TimeHistogram.classes)
    private(set) var count = 0
    /// The longest, in milliseconds.
    private(set) var longest: Double?

    mutating func add(_ time: Duration) {
        let milliseconds = time / .milliseconds(1)
        counts[Self.place(milliseconds)] += 1
        count += 1
        longest = max(longest ?? 0, milliseconds)
    }

    /// The time that a share (0 to 1) of all did not exceed, in milliseconds, at most a tenth too long; nil for none.
    func percentile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let wanted = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        var bound = Self.first
        for index in counts.indices {
            seen += counts[index]
            if seen >= wanted { return min(bound, longest ?? bound) }
            bound *= Self.growth
        }
        return longest
    }

    /// The class whose upper bound is the first that is not below.
    private static func place(_ milliseconds: Double) -> Int {
        var bound = first
        var index = 0
        while milliseconds > bound, index < classes - 1 {
            bound *= growth
            index += 1
        }
        return index
    }
}
