import Contracts
import Synchronization

/// What one registry has been asked of late, and until when it wants to be left alone: a value, kept in
/// `image_registries`.
struct RegistryLedger: Equatable, Sendable {
    var blockedUntil: Timestamp?
    /// The hour that is counted.
    var windowStartedAt: Timestamp?
    var windowRequests = 0
    var lastError: String?

    static let windowMilliseconds: Int64 = 3_600_000
    /// Where a registry says "too many" and not how long to wait, and the longest wait that is believed.
    static let defaultWaitSeconds = 3600
    static let longestWaitSeconds = 86_400

    /// Takes a request out of the hour's budget; false where there is none left, or the registry waits.
    mutating func take(now: Timestamp, budget: Int) -> Bool {
        if let blockedUntil, blockedUntil > now { return false }
        blockedUntil = nil
        let age = windowStartedAt.map { now.milliseconds - $0.milliseconds } ?? Self.windowMilliseconds
        if age >= Self.windowMilliseconds || age < 0 {
            windowStartedAt = now
            windowRequests = 0
        }
        guard windowRequests < budget else { return false }
        windowRequests += 1
        return true
    }

    /// The registry said 429.
    mutating func block(forSeconds seconds: Int?, now: Timestamp) {
        let wait = min(max(seconds ?? Self.defaultWaitSeconds, 1), Self.longestWaitSeconds)
        blockedUntil = now.adding(milliseconds: Int64(wait) * 1000)
    }

    /// When a request may be made again.
    func freeAt(now: Timestamp, budget: Int) -> Timestamp {
        if let blockedUntil, blockedUntil > now { return blockedUntil }
        guard windowRequests >= budget, let started = windowStartedAt else { return now }
        return max(now, started.adding(milliseconds: Self.windowMilliseconds))
    }
}

/// A ledger while its registry is asked.
final class RegistryAllowance: Sendable {
    private let state: Mutex<RegistryLedger>
    private let budget: Int

    /// - Parameter budget: requests an hour.
    init(_ ledger: RegistryLedger, budget: Int) {
        state = Mutex(ledger)
        self.budget = budget
    }

    var ledger: RegistryLedger { state.withLock { $0 } }

    func take(now: Timestamp) -> Bool { state.withLock { $0.take(now: now, budget: budget) } }

    func change(_ body: @Sendable (inout RegistryLedger) -> Void) { state.withLock { body(&$0) } }

    func freeAt(now: Timestamp) -> Timestamp { state.withLock { $0.freeAt(now: now, budget: budget) } }
}
