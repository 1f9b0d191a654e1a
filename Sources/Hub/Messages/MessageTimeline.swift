/// A machine's messages of one kind, and what a snapshot does to them: a fold over the snapshots in their order, whatever
/// the order in which they arrive.
struct MessageTimeline: Equatable, Sendable {
    /// A snapshot of the archive that stands after another one.
    struct Following {
        var order: SnapshotOrder
        /// Nil where it cannot be read any more: what the tables show there stays.
        var observation: MessageObservation?
    }

    /// By key, in their order.
    private(set) var runs: [MessageKey: [MessageRun]]

    init(_ runs: [MessageKey: [MessageRun]] = [:]) { self.runs = runs }

    var hasOpen: Bool { runs.values.contains { $0.last.map { $0.closed == nil } ?? false } }

    /// Takes a snapshot in: the newest, or one that comes late.
    ///
    /// What a late one changes goes on until a later snapshot says what the messages say already. Where those between
    /// two of the archive are gone, what they did stays.
    ///
    /// - Parameters:
    ///   - previous: moment of the archived snapshot before it; asked only where a message ends.
    ///   - following: the archived snapshot after a place; asked only where a message changes.
    mutating func take(
        _ observation: MessageObservation, at order: SnapshotOrder, previous: () throws -> Int64?,
        following: (SnapshotOrder) throws -> Following?
    ) throws {
        var pending: [MessageKey: MessageRuns] = [:]
        for key in Set(runs.keys).union(observation.keys) {
            let old = runs[key] ?? []
            let before = old.open(at: order, including: false)
            let next = observation.next(key, after: before?.severity ?? .ok, section: before?.section)
            guard next != old.severity(at: order) else {
                see(key, at: order)
                continue
            }
            var written = MessageRuns()
            written.copy(old, after: nil, before: order)
            written.set(
                next, at: order, words: observation.run(key, next, from: order),
                lastSeenAt: before == nil ? nil : try previous())
            pending[key] = written
        }
        var place = order
        while !pending.isEmpty {
            let next = try following(place)
            for key in pending.keys.sorted() {
                guard var written = pending[key] else { continue }
                let old = runs[key] ?? []
                let isSettled = Self.goOn(&written, key, old, from: place, to: next)
                pending[key] = isSettled ? nil : written
                if isSettled { runs[key] = written.runs }
            }
            guard let next else { break }
            place = next.order
        }
    }

    /// Goes on to the next snapshot; true where the messages are from there on what they were.
    private static func goOn(
        _ written: inout MessageRuns, _ key: MessageKey, _ old: [MessageRun], from place: SnapshotOrder,
        to next: Following?
    ) -> Bool {
        guard let next, !old.changes(after: place, before: next.order) else {
            written.copy(old, after: place)
            return true
        }
        let shown = old.open(at: next.order)
        if let observation = next.observation {
            let severity = observation.next(key, after: written.severity, section: written.open?.section)
            written.set(
                severity, at: next.order, words: observation.run(key, severity, from: next.order),
                lastSeenAt: place.effectiveAt)
            guard severity == shown?.severity ?? .ok else { return false }
        } else {
            written.set(shown?.severity ?? .ok, at: next.order, words: shown, lastSeenAt: place.effectiveAt)
        }
        written.copy(old, after: next.order)
        return true
    }

    /// A late snapshot that changes nothing may still be the last one that showed a message.
    private mutating func see(_ key: MessageKey, at order: SnapshotOrder) {
        guard let index = runs[key]?.lastIndex(where: { $0.isOpen(at: order) }),
            let seen = runs[key]?[index].lastSeenAt, seen < order.effectiveAt
        else { return }
        runs[key]?[index].lastSeenAt = order.effectiveAt
    }
}

/// A machine's messages of one kind written anew from its archived snapshots, which come in their order.
struct MessageReplay: Sendable {
    private let stored: [MessageKey: [MessageRun]]
    private var written: [MessageKey: MessageRuns] = [:]
    private var last: SnapshotOrder?
    /// How many of a key's stored messages ended before the last snapshot: they matter no more.
    private var passed: [MessageKey: Int] = [:]

    /// - Parameter stored: what stands in the table; where the archive has no snapshots any more it stays.
    init(stored: MessageTimeline) { self.stored = stored.runs }

    mutating func take(_ observation: MessageObservation, at order: SnapshotOrder) {
        for key in Set(stored.keys).union(observation.keys).union(written.keys) {
            let old = remaining(key)
            // Taken out, so that the array is changed and not copied.
            var runs = written.removeValue(forKey: key) ?? MessageRuns()
            runs.copy(old, after: last, before: order)
            let severity = observation.next(key, after: runs.severity, section: runs.open?.section)
            let ending = old.first { $0.opened >= order || $0.closed == order }
            let seen = ending?.closed == order ? ending?.lastSeenAt : nil
            runs.set(
                severity, at: order, words: observation.run(key, severity, from: order),
                lastSeenAt: max(seen ?? .min, last?.effectiveAt ?? .min))
            written[key] = runs
        }
        last = order
    }

    private mutating func remaining(_ key: MessageKey) -> ArraySlice<MessageRun> {
        guard let all = stored[key] else { return [] }
        var index = passed[key] ?? 0
        if let last {
            while index < all.count, let closed = all[index].closed, closed <= last { index += 1 }
        }
        passed[key] = index
        return all[index...]
    }

    /// What the table should say.
    func finished() -> MessageTimeline {
        guard let last else { return MessageTimeline(stored) }
        var runs: [MessageKey: [MessageRun]] = [:]
        for (key, written) in written {
            var written = written
            written.copy(stored[key] ?? [], after: last)
            runs[key] = written.runs
        }
        return MessageTimeline(runs)
    }
}

extension MessageRun {
    fileprivate func isOpen(at order: SnapshotOrder) -> Bool { opened <= order && closed.map { order < $0 } ?? true }
}

extension [MessageRun] {
    fileprivate func severity(at order: SnapshotOrder) -> Severity { open(at: order)?.severity ?? .ok }
}

extension MessageObservation {
    /// The message that begins with this snapshot.
    fileprivate func run(_ key: MessageKey, _ severity: Severity, from order: SnapshotOrder) -> MessageRun? {
        words(key, severity).map {
            MessageRun(
                key: key, severity: severity, message: $0.message, section: $0.section, opened: order, closed: nil,
                lastSeenAt: nil)
        }
    }
}
