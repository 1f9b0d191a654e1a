import Contracts

/// Decides what is sent next and what an answer means: a value, without disk, network or clock.
///
/// Order: the newest metrics, then inventory oldest first, then older metrics oldest first at a low rate. Times are
/// milliseconds of a clock that only grows.
struct DeliveryMachine: Equatable, Sendable {
    /// A snapshot that is not on disk: the newest metrics before their first sending, or an unchanged check-in, which
    /// waits in memory until a hub answers or a newer one of its kind takes its place.
    struct Held: Equatable, Sendable {
        var id: Identifier
        var kind: String
        var sequence: Int
    }

    enum Intake: Equatable, Sendable {
        /// On disk before anything is sent.
        case spool
        /// Sent from memory. What waited there of its kind is `held` no more: metrics go to disk, a check-in is dropped.
        case memory
    }

    enum Step: Equatable, Sendable {
        case sendHeld(Identifier)
        case sendSpooled(SpoolEntry)
        case wait(until: Int64)
        case idle
    }

    enum Form: Equatable, Sendable {
        case full
        case sameAs(Identifier)
    }

    enum Action: Equatable, Sendable {
        /// It is in the archive.
        case delete(Identifier)
        case reject(Identifier, code: String)
        /// From memory to disk.
        case spool(Identifier)
        case collect(Kind)
        case jump(past: Int)
        /// What is known of deliveries changed enough to be written.
        case save
    }

    static let maximumDamaged = 3
    static let firstBackOff: Int64 = 1000
    static let maximumBackOff: Int64 = 300_000
    /// A hub that asks for more is not believed: it may be a proxy's mistake.
    static let maximumRetryAfter = 3600
    static let refusedPause: Int64 = 900_000
    /// Between two snapshots of the backlog of metrics.
    static let historyPause: Int64 = 2000

    var record: DeliveryRecord
    private(set) var held: [Held] = []
    /// Failures in a row.
    private(set) var failures = 0
    private(set) var notBefore: Int64 = 0
    private var historyNotBefore: Int64 = 0
    private var damaged: [Identifier: Int] = [:]
    private var wholeOnly: Set<Identifier> = []
    /// Metrics up to this one are history.
    private var newestMetrics = -1

    init(record: DeliveryRecord) { self.record = record }

    /// Where a fresh snapshot goes.
    mutating func take(_ head: EnvelopeHead, spool: SpoolIndex, now: Int64) -> Intake {
        let isMetrics = head.kind == Kind.metrics.rawValue
        if isMetrics, now < notBefore { return .spool }
        // Newer than what waits of its kind.
        held.removeAll { $0.kind == head.kind }
        // Equal to what the hub has, and nothing of the kind waits on disk that it would overtake.
        guard isMetrics || (record.accepted(as: head) != nil && !spool.contains(kind: head.kind)) else {
            return .spool
        }
        held.append(Held(id: head.snapshotID, kind: head.kind, sequence: head.sequence))
        return .memory
    }

    func next(spool: SpoolIndex, now: Int64) -> Step {
        let metrics = Kind.metrics.rawValue
        guard !held.isEmpty || !spool.entries.isEmpty else { return .idle }
        guard now >= notBefore else { return .wait(until: notBefore) }
        if let newest = held.first(where: { $0.kind == metrics }) { return .sendHeld(newest.id) }
        if let newest = spool.entries.last(where: \.isMetrics), newest.sequence > newestMetrics {
            return .sendSpooled(newest)
        }
        if let oldest = spool.entries.first(where: { !$0.isMetrics }) { return .sendSpooled(oldest) }
        if let checkIn = held.first { return .sendHeld(checkIn.id) }
        guard now >= historyNotBefore else { return .wait(until: historyNotBefore) }
        return spool.entries.first.map { .sendSpooled($0) } ?? .idle
    }

    /// Whether the payload itself must go: decided at the moment of sending.
    func form(of head: EnvelopeHead) -> Form {
        guard !wholeOnly.contains(head.snapshotID), let accepted = record.accepted(as: head),
            accepted.snapshotID != head.snapshotID
        else { return .full }
        return .sameAs(accepted.snapshotID)
    }

    /// The file of an entry is gone or broken.
    mutating func lost(_ id: Identifier) {
        held.removeAll { $0.id == id }
        damaged[id] = nil
        wholeOnly.remove(id)
    }

    /// What to do after an answer. `random` gives a number of a range, for jitter.
    mutating func handle(
        _ outcome: DeliveryOutcome, of head: EnvelopeHead, sent form: Form, at: Timestamp, now: Int64,
        random: (ClosedRange<Int64>) -> Int64
    ) -> [Action] {
        let id = head.snapshotID
        switch outcome {
        case .accepted(let answer): return accept(answer, head, form, at: at, now: now)
        case .rejected(let code):
            settle(head, now: now)
            record.lastError = .init(at: at, kind: head.kind, reason: "refused: \(code)")
            return [.reject(id, code: code), .save]
        case .damaged:
            damaged[id, default: 0] += 1
            guard damaged[id, default: 0] > Self.maximumDamaged else { return [] }
            settle(head, now: now)
            record.lastError = .init(at: at, kind: head.kind, reason: "damaged on the way again and again")
            return [.reject(id, code: ProblemCode.digestMismatch.rawValue), .save]
        case .resendFull:
            record.forget(kind: head.kind)
            wholeOnly.insert(id)
            return keep(id) + [.save]
        case .unauthorized(let code):
            notBefore = now + Self.refusedPause - random(0...Self.refusedPause / 5)
            record.refused = code
            record.lastError = .init(at: at, kind: head.kind, reason: "not accepted: \(code)")
            return keep(metrics: head) + [.save]
        case .retry(let reason, let afterSeconds):
            failures += 1
            let limit = min(Self.maximumBackOff, Self.firstBackOff << Int64(min(failures - 1, 20)))
            let asked = Int64(min(afterSeconds ?? 0, Self.maximumRetryAfter)) * 1000
            notBefore = now + asked + random(0...limit)
            let isNews = record.lastError == nil
            record.lastError = .init(at: at, kind: head.kind, reason: reason)
            return keep(metrics: head) + (isNews ? [.save] : [])
        }
    }

    private mutating func accept(
        _ answer: SnapshotAnswer, _ head: EnvelopeHead, _ form: Form, at: Timestamp, now: Int64
    ) -> [Action] {
        let hadError = record.lastError != nil
        settle(head, now: now)
        failures = 0
        record.lastError = nil
        record.refused = nil
        record.note(head: head, result: answer.result, at: at)
        if form == .full { record.carry(head) }
        var actions: [Action] = [.delete(head.snapshotID)]
        if answer.highestSequence > record.highestSequence {
            record.highestSequence = answer.highestSequence
            actions.append(.jump(past: answer.highestSequence))
        }
        for request in answer.requests {
            guard request.hasPrefix("full:"), let kind = Kind(rawValue: String(request.dropFirst(5))) else { continue }
            record.forget(kind: kind.rawValue)
            actions.append(.collect(kind))
        }
        if hadError || head.kind != Kind.metrics.rawValue || !answer.requests.isEmpty { actions.append(.save) }
        return actions
    }

    /// It is done with, one way or the other.
    private mutating func settle(_ head: EnvelopeHead, now: Int64) {
        damaged[head.snapshotID] = nil
        wholeOnly.remove(head.snapshotID)
        held.removeAll { $0.id == head.snapshotID }
        guard head.kind == Kind.metrics.rawValue else { return }
        if head.sequence <= newestMetrics { historyNotBefore = now + Self.historyPause }
        newestMetrics = max(newestMetrics, head.sequence)
    }

    /// Metrics that could not be sent go to disk; a check-in stays in memory, since any later one says the same.
    private mutating func keep(metrics head: EnvelopeHead) -> [Action] {
        head.kind == Kind.metrics.rawValue ? keep(head.snapshotID) : []
    }

    private mutating func keep(_ id: Identifier) -> [Action] {
        guard held.contains(where: { $0.id == id }) else { return [] }
        held.removeAll { $0.id == id }
        return [.spool(id)]
    }

    /// Tries again at once, as an operator asks it to.
    mutating func retryNow() { notBefore = 0 }
}
