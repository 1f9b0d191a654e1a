/// Makes one trigger of many changes: due when nothing has come for a while, and at the latest some time after the
/// first.
struct Debounce: Equatable {
    let quiet: Duration
    let longest: Duration
    private var first: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    init(quiet: Duration, longest: Duration) {
        self.quiet = quiet
        self.longest = longest
    }

    mutating func pulse(at now: ContinuousClock.Instant) {
        first = first ?? now
        last = now
    }

    /// Nil where nothing waits.
    var due: ContinuousClock.Instant? {
        guard let first, let last else { return nil }
        return min(last + quiet, first + longest)
    }

    mutating func fire() { (first, last) = (nil, nil) }
}

/// Waits with a debounce's patience, and with that of a condition which is asked again until it holds.
actor DebouncedTrigger {
    private var debounce: Debounce
    private var waiting: Task<Void, Never>?
    private let patience: Patience
    private let fire: @Sendable () -> Void

    /// A condition to wait for before firing, how often it is asked, and how long at most.
    struct Patience: Sendable {
        var interval: Duration
        var bound: Duration
        var isReady: @Sendable () async -> Bool
    }

    init(_ debounce: Debounce, patience: Patience, fire: @escaping @Sendable () -> Void) {
        self.debounce = debounce
        self.patience = patience
        self.fire = fire
    }

    func pulse() {
        debounce.pulse(at: .now)
        if waiting == nil { waiting = Task { await wait() } }
    }

    func stop() {
        waiting?.cancel()
        debounce.fire()
    }

    private func wait() async {
        defer { waiting = nil }
        while let due = debounce.due, !Task.isCancelled {
            guard due <= .now else {
                try? await Task.sleep(until: due, clock: .continuous)
                continue
            }
            let bound = ContinuousClock.now + patience.bound
            while !Task.isCancelled, ContinuousClock.now < bound, !(await patience.isReady()) {
                try? await Task.sleep(for: patience.interval)
            }
            if Task.isCancelled { return }
            // What came while waiting is part of what is collected now.
            debounce.fire()
            fire()
        }
    }
}
