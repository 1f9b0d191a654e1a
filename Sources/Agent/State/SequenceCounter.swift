/// Hands out sequence numbers that never go back, though only every thousandth is written to disk.
///
/// A crash loses what is left of a block: gaps are allowed, repeats are not.
struct SequenceCounter: Equatable, Sendable {
    static let block = 1000

    /// The next number to hand out.
    private(set) var next: Int
    /// Numbers below this are reserved on disk.
    private(set) var reserved: Int

    /// - Parameter reserved: what the disk says; every number below it may have been used.
    init(reserved: Int) {
        next = max(1, reserved)
        self.reserved = max(1, reserved)
    }

    /// What must be on disk before the next number may be handed out; nil where it is.
    var reservation: Int? { next < reserved ? nil : next + Self.block }

    mutating func didReserve(_ value: Int) { reserved = max(reserved, value) }

    /// The next number; only valid after `reservation` was written.
    mutating func take() -> Int {
        defer { next += 1 }
        return next
    }

    /// Jumps over what the hub has seen, after state was lost or restored.
    mutating func jump(past highest: Int) { next = max(next, highest + 1) }
}
