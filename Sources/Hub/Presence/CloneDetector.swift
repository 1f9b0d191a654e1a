/// Tells whether two hosts use one identity, from the order of boots and sequence numbers. A value: the hub keeps it in
/// `machine_boots` and `machine_clone_signs`, and looks only where a snapshot is not just the next of the same boot.
///
/// A host counts its snapshots up, and leaves a boot for good. So there are two signs of a second one: a boot that comes
/// back after another with a higher number, and a number that comes again with another snapshot. Each has an innocent
/// cause that shows it once (a virtual machine that was set back); two of a sort within hours have not. What was spooled
/// and comes late has lower numbers and was collected earlier, and is neither. An id that comes again with other bytes
/// counts as a number that does.
struct CloneDetector: Equatable, Sendable {
    /// Two signs within this time are a suspicion, milliseconds.
    static let window: Int64 = 6 * 3_600_000
    /// What a clock read from a header of whole seconds may be wrong by, with some air.
    static let tolerance: Int64 = 5000

    /// What one snapshot says of its host.
    struct Contact: Equatable, Sendable {
        var bootID: String
        var sequence: Int64
        /// By the hub's clock: what the agent says less its skew.
        var collectedAt: Int64
        var receivedAt: Int64
    }

    enum Finding: Equatable, Sendable {
        /// A boot that was never seen before takes the place of the current one.
        case booted
        /// A boot comes back after another.
        case returned
        /// The numbers went back: the host was set back, or is a copy.
        case rolledBack
        /// Two hosts use the identity.
        case cloned
    }

    var currentBoot: String?
    var highestSequence: Int64
    /// When anything came last; nil before the first snapshot.
    var lastSeenAt: Int64?
    /// Boots that others took the place of.
    var supersededBoots: Set<String> = []
    var alternatedAt: Int64?
    var repeatedAt: Int64?
    /// The highest number at the last repetition: what is not above it belongs to the same one.
    var repeatedSequence: Int64?

    init(currentBoot: String?, highestSequence: Int64, lastSeenAt: Int64?) {
        self.currentBoot = currentBoot
        self.highestSequence = highestSequence
        self.lastSeenAt = lastSeenAt
    }

    /// The next snapshot of the boot that is known: nothing to look at.
    static func isPlain(_ contact: Contact, currentBoot: String?, highestSequence: Int64) -> Bool {
        contact.bootID == currentBoot && contact.sequence > highestSequence
    }

    /// Takes a snapshot that is not in the archive yet.
    mutating func take(_ contact: Contact) -> [Finding] {
        var findings: [Finding] = []
        if contact.sequence <= highestSequence, isRepeated(contact) {
            if Self.isRecent(repeatedAt, contact.receivedAt) {
                findings.append(.cloned)
            } else {
                findings.append(.rolledBack)
            }
            repeatedAt = contact.receivedAt
            repeatedSequence = highestSequence
        }
        if contact.sequence >= highestSequence, contact.bootID != currentBoot {
            if supersededBoots.contains(contact.bootID) {
                findings.append(.returned)
                if Self.isRecent(alternatedAt, contact.receivedAt) { findings.append(.cloned) }
                alternatedAt = contact.receivedAt
            } else {
                findings.append(.booted)
            }
            if let currentBoot { supersededBoots.insert(currentBoot) }
            supersededBoots.remove(contact.bootID)
            currentBoot = contact.bootID
        }
        highestSequence = max(highestSequence, contact.sequence)
        lastSeenAt = max(lastSeenAt ?? .min, contact.receivedAt)
        return findings
    }

    /// Takes a snapshot that was refused, because its id is that of another one: no host gives an id twice. The refused one
    /// says nothing of boots and numbers, since it is in no archive.
    mutating func takeReuse(_ contact: Contact) -> [Finding] {
        guard contact.sequence > repeatedSequence ?? .min else { return [] }
        defer {
            repeatedAt = contact.receivedAt
            repeatedSequence = max(highestSequence, contact.sequence)
        }
        return [Self.isRecent(repeatedAt, contact.receivedAt) ? .cloned : .rolledBack]
    }

    /// The very number of the newest snapshot, or a lower one of something that was collected after the last contact.
    private func isRepeated(_ contact: Contact) -> Bool {
        guard let lastSeenAt, contact.sequence > repeatedSequence ?? .min else { return false }
        if contact.sequence == highestSequence { return true }
        return contact.collectedAt > lastSeenAt + Self.tolerance
            && contact.collectedAt <= contact.receivedAt + Self.tolerance
    }

    private static func isRecent(_ sign: Int64?, _ now: Int64) -> Bool { sign.map { now - $0 <= window } ?? false }
}
