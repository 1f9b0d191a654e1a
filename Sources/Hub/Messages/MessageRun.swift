/// One message: from the snapshot that first showed it to the one that showed it no more.
///
/// A message that becomes worse, or less bad, ends, and another one begins: who has acknowledged a warning has not
/// acknowledged that it became critical.
struct MessageRun: Equatable, Sendable {
    var key: MessageKey
    var severity: Severity
    /// What the first snapshot said.
    var message: String
    /// JSON pointer of the section that shows it.
    var section: String
    var opened: SnapshotOrder
    var closed: SnapshotOrder?
    /// Moment of the last snapshot that did not end it; nil while it is open.
    var lastSeenAt: Int64?
}

/// A key's messages, written from left to right.
struct MessageRuns: Equatable, Sendable {
    private(set) var runs: [MessageRun] = []

    /// The message that is open at the end of what is written.
    var open: MessageRun? { runs.last.flatMap { $0.closed == nil ? $0 : nil } }

    var severity: Severity { open?.severity ?? .ok }

    /// Goes on with a severity; the words are needed where a message begins.
    ///
    /// - Parameter lastSeenAt: moment of the snapshot before, if a message ends here.
    mutating func set(_ severity: Severity, at order: SnapshotOrder, words: MessageRun?, lastSeenAt: Int64?) {
        guard severity != self.severity else { return }
        if let open {
            runs[runs.count - 1].closed = order
            runs[runs.count - 1].lastSeenAt = max(open.opened.effectiveAt, lastSeenAt ?? .min)
        }
        guard severity > .ok, var run = words else { return }
        if let last = runs.last, last.closed == order, last.severity == severity {
            runs[runs.count - 1].closed = nil
            runs[runs.count - 1].lastSeenAt = nil
            return
        }
        run.severity = severity
        run.opened = order
        run.closed = nil
        run.lastSeenAt = nil
        runs.append(run)
    }

    /// Goes on as another writing of the same key did, after one place and before another.
    mutating func copy(
        _ other: some Sequence<MessageRun>, after start: SnapshotOrder?, before end: SnapshotOrder? = nil
    ) {
        func isWithin(_ order: SnapshotOrder) -> Bool {
            if let start, order <= start { return false }
            if let end, order >= end { return false }
            return true
        }
        for run in other {
            // They stand in their order.
            if let end, run.opened >= end { return }
            if isWithin(run.opened) { set(run.severity, at: run.opened, words: run, lastSeenAt: nil) }
            // A run that goes over into the next one has its end there.
            if let closed = run.closed, isWithin(closed) {
                set(.ok, at: closed, words: nil, lastSeenAt: run.lastSeenAt)
            }
        }
    }
}

extension [MessageRun] {
    /// The message that is open right after a snapshot, or with `including` false right before it.
    func open(at order: SnapshotOrder, including: Bool = true) -> MessageRun? {
        last { run in
            let hasBegun = including ? run.opened <= order : run.opened < order
            guard hasBegun, let closed = run.closed else { return hasBegun }
            return including ? order < closed : order <= closed
        }
    }

    /// Whether something begins or ends between two snapshots.
    func changes(after start: SnapshotOrder, before end: SnapshotOrder?) -> Bool {
        contains { run in
            [run.opened, run.closed].contains { order in
                order.map { $0 > start && end.map($0.isBefore) ?? true } ?? false
            }
        }
    }
}

extension SnapshotOrder {
    fileprivate func isBefore(_ other: SnapshotOrder) -> Bool { self < other }
}
