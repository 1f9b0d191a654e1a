import Contracts

/// What is in the disk queue and what must leave it: a value, without any file.
///
/// Bounds of bytes, files and age, whichever is reached first. Where room is needed the oldest metrics go first, then
/// inventory that a newer snapshot of its kind has replaced, then the rest, oldest first. Apart from the bounds, waiting
/// metrics are thinned: of those older than 1 hour one of 5 minutes is kept, of those older than 24 hours one of each
/// hour. Inventory is never thinned.
struct SpoolIndex: Equatable, Sendable {
    struct Limits: Equatable, Sendable {
        var maxBytes: Int
        var maxFiles: Int
        var maxAgeMilliseconds: Int64
    }

    /// Why an entry leaves without being delivered.
    enum Removal: Equatable, Sendable {
        /// A bound was reached; counted as dropped.
        case bound(SpoolEntry)
        /// Thinned by the rule; what it stands for is still there, more coarsely.
        case thinned(SpoolEntry)

        var entry: SpoolEntry {
            switch self {
            case .bound(let entry), .thinned(let entry): entry
            }
        }
    }

    let limits: Limits
    /// By sequence, which is by age.
    private(set) var entries: [SpoolEntry] = []
    private(set) var bytes = 0

    init(limits: Limits, entries: [SpoolEntry] = []) {
        self.limits = limits
        self.entries = entries.sorted { ($0.sequence, $0.id.text) < ($1.sequence, $1.id.text) }
        bytes = entries.reduce(0) { $0 + $1.bytes }
    }

    /// Makes room for an entry; nil where it is larger than the whole queue may be.
    mutating func makeRoom(for bytes: Int, now: Timestamp) -> [Removal]? {
        guard bytes <= limits.maxBytes else { return nil }
        var removals = expire(now: now) + thin(now: now)
        while self.bytes + bytes > limits.maxBytes || entries.count + 1 > limits.maxFiles {
            guard let victim = nextVictim() else { return nil }
            removals.append(.bound(victim))
            remove(victim.id)
        }
        return removals
    }

    mutating func insert(_ entry: SpoolEntry) {
        remove(entry.id)
        let index = entries.lastIndex { $0.sequence <= entry.sequence }.map { $0 + 1 } ?? 0
        entries.insert(entry, at: index)
        bytes += entry.bytes
    }

    mutating func remove(_ id: Identifier) {
        guard let index = entries.lastIndex(where: { $0.id == id }) else { return }
        bytes -= entries.remove(at: index).bytes
    }

    /// Frees one entry where the disk itself is full.
    mutating func sacrifice() -> Removal? {
        guard let victim = nextVictim(keepingLatest: true) else { return nil }
        remove(victim.id)
        return .bound(victim)
    }

    /// Whether a snapshot of the kind waits.
    func contains(kind: String) -> Bool { entries.contains { $0.kind == kind } }

    // MARK: - Rules

    private mutating func expire(now: Timestamp) -> [Removal] {
        let expired = entries.filter { now.milliseconds - $0.collectedAt.milliseconds > limits.maxAgeMilliseconds }
        for entry in expired { remove(entry.id) }
        return expired.map { .bound($0) }
    }

    private mutating func thin(now: Timestamp) -> [Removal] {
        var kept: Set<Int64> = []
        var thinned: [SpoolEntry] = []
        for entry in entries where entry.isMetrics {
            let age = now.milliseconds - entry.collectedAt.milliseconds
            guard age > 3_600_000 else { continue }
            let width: Int64 = age > 86_400_000 ? 3_600_000 : 300_000
            // Buckets of both widths in one set: negative numbers are the hours.
            let bucket = entry.collectedAt.milliseconds / width
            if !kept.insert(width == 300_000 ? bucket : -bucket).inserted { thinned.append(entry) }
        }
        for entry in thinned { remove(entry.id) }
        return thinned.map { .thinned($0) }
    }

    private func nextVictim(keepingLatest: Bool = false) -> SpoolEntry? {
        if let metrics = entries.first(where: \.isMetrics) { return metrics }
        for (index, entry) in entries.enumerated()
        where entries[(index + 1)...].contains(where: { $0.kind == entry.kind }) {
            return entry
        }
        return keepingLatest ? nil : entries.first
    }
}
