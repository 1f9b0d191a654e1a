import Synchronization

/// Bytes of request bodies that are being received or wait for the writer, over all requests.
final class InFlightBytes: Sendable {
    private let taken = Atomic<Int>(0)
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    var current: Int { taken.load(ordering: .relaxed) }

    /// False, and nothing taken, where they do not fit.
    func take(_ count: Int) -> Bool {
        let (_, new) = taken.add(count, ordering: .relaxed)
        guard new > maximum else { return true }
        taken.subtract(count, ordering: .relaxed)
        return false
    }

    func give(back count: Int) { taken.subtract(count, ordering: .relaxed) }
}
