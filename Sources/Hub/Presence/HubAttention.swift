import Contracts
import Synchronization

/// Since when the hub has been able to hear machines: it cannot call them silent for a time when it was away itself.
///
/// `MachineWatch` looks again and again; whoever answers a question asks.
final class HubAttention: Sendable {
    /// The hub was stopped, asleep or swamped if it has not looked for so long, in milliseconds.
    static let gap: Int64 = 60_000

    private struct State {
        var since: Int64
        var lookedAt: Int64
    }

    private let state: Mutex<State>

    init(since: Timestamp) {
        state = Mutex(State(since: since.milliseconds, lookedAt: since.milliseconds))
    }

    /// Looks: a gap since the last time, or a clock that was set back, is an absence that ends now.
    func look(at now: Int64) -> Int64 {
        state.withLock { state in
            if now - state.lookedAt > Self.gap || now < state.lookedAt { state.since = now }
            state.lookedAt = now
            return state.since
        }
    }

    /// The same for a question, whose moment may be a little before the last look: nothing is noted.
    func heardSince(_ now: Int64) -> Int64 {
        state.withLock { abs(now - $0.lookedAt) > Self.gap ? now : $0.since }
    }
}
