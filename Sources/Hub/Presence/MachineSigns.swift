import Contracts
import HubAPI

/// What the hub knows of one machine that a message of its own may follow from.
struct MachineSigns: Equatable, Sendable {
    var machine: Int64
    var created: Int64
    var lastSeen: Int64?
    var nextDue: Int64?
    /// Milliseconds that its clock is ahead of the hub's.
    var clockSkew: Int64?
    var metricsAt: Int64?
    var metricsDue: Int64?
    var listsUpdated: Int64?
    var failing: [FailingKind] = []

    /// A kind whose newest collecting failed.
    struct FailingKind: Equatable, Sendable {
        var kind: String
        /// What the agent said of it.
        var error: String
        /// `failuresUntilMessage` attempts in a row have failed.
        var isLasting: Bool
    }

    /// One failure may be a program that was just being replaced; as many in a row are worth a message.
    static let failuresUntilMessage = 3

    init(machine: Int64, created: Int64) {
        self.machine = machine
        self.created = created
    }

    /// Of a row of `MachineWatch.machines`.
    init?(_ row: SQLRowReader) {
        guard let machine = row.integer(0), let created = row.integer(1) else { return nil }
        self.init(machine: machine, created: created)
        lastSeen = row.integer(2)
        nextDue = row.integer(3)
        clockSkew = row.integer(4)
        metricsAt = row.integer(5)
        metricsDue = row.integer(6)
        listsUpdated = row.integer(7)
    }

    /// A message that begins or ends, with its event where there is one.
    struct Change: Equatable, Sendable {
        var code: String
        var component = HubMessages.machine
        var begins: Bool
        var severity = Severity.warning
        var message = ""
        var event: MachineEvent?
        /// Makes the event one.
        var occasion = ""

        func note(in messages: HubMessages, at now: Timestamp) throws {
            let isNew =
                begins
                ? try messages.open(code, severity, message, component: component, at: now)
                : try messages.close(code, component: component, at: now)
            guard isNew, let event else { return }
            try messages.event(event.type, event.weight, event.message, occasion: occasion, at: now)
        }
    }

    /// What begins and what ends now.
    ///
    /// - Parameters:
    ///   - open: the hub's messages about the machine that are open.
    ///   - heardSince: since when the hub has been able to hear it.
    func changes(open: Set<MessageKey>, now: Int64, heardSince: Int64) -> [Change] {
        let codes = open.isEmpty ? [] : Set(open.filter { $0.component == HubMessages.machine }.map(\.code))
        return [presence(codes, now, heardSince), clock(codes), lists(codes, now)].compactMap { $0 } + failures(open)
    }

    private func presence(_ open: Set<String>, _ now: Int64, _ heardSince: Int64) -> Change? {
        let promise = FreshnessRule.Promise(last: lastSeen, due: nextDue, metricsAt: metricsAt, metricsDue: metricsDue)
        let isOffline =
            FreshnessRule.freshness(promise, created: created, now: now, heardSince: heardSince) == .offline
        let occasion = "\(lastSeen ?? created)"
        let seen = lastSeen.map { "no report since \(Timestamp(milliseconds: $0))" } ?? "it has never reported"
        switch (isOffline, open.contains("offline")) {
        case (true, false):
            return Change(
                code: "offline", begins: true, severity: .critical, message: seen,
                event: MachineEvent("offline", .critical, "machine", seen), occasion: occasion)
        case (false, true) where FreshnessRule.freshness(promise, created: created, now: now) != .offline:
            return Change(
                code: "offline", begins: false, event: MachineEvent("back", .info, "machine", "it reports again"),
                occasion: occasion)
        default: return nil
        }
    }

    private func clock(_ open: Set<String>) -> Change? {
        guard let skew = clockSkew else { return nil }
        let isOpen = open.contains("clock_skewed")
        if !isOpen, abs(skew) >= ClockSkew.warning {
            return Change(
                code: "clock_skewed", begins: true,
                message: "its clock is \(abs(skew) / 1000) s \(skew > 0 ? "ahead of" : "behind") the hub's")
        }
        return isOpen && abs(skew) < ClockSkew.warning / 2 ? Change(code: "clock_skewed", begins: false) : nil
    }

    /// Ends only with a collecting that worked: retention may have taken attempts that failed.
    private func failures(_ open: Set<MessageKey>) -> [Change] {
        guard !open.isEmpty || !failing.isEmpty else { return [] }
        let known = open.filter { $0.code == Self.failure }.map(\.component)
        let begun = failing.filter { $0.isLasting && !known.contains($0.kind) }.map { failing in
            Change(
                code: Self.failure, component: failing.kind, begins: true,
                message:
                    "\(failing.kind) could not be collected, \(Self.failuresUntilMessage) times in a row: \(failing.error)"
            )
        }
        let over = Set(known).subtracting(failing.map(\.kind)).sorted().map {
            Change(code: Self.failure, component: $0, begins: false)
        }
        return begun + over
    }

    private static let failure = "collection_failed"

    private func lists(_ open: Set<String>, _ now: Int64) -> Change? {
        guard let updated = listsUpdated else { return nil }
        let isStale = FreshnessRule.areListsStale(updated, now: now)
        guard isStale != open.contains("lists_stale") else { return nil }
        let words = "the package lists are of \(Timestamp(milliseconds: updated)): what they say of updates is old"
        return Change(
            code: "lists_stale", begins: isStale, message: words,
            event: isStale ? MachineEvent("lists_stale", .warning, "apt", words) : nil, occasion: "\(updated)")
    }
}

/// How far a machine's clock is from the hub's.
enum ClockSkew {
    /// From here on it is worth a message, milliseconds.
    static let warning: Int64 = 30_000
    /// More than this from what was measured before: somebody has set a clock.
    static let step: Int64 = 3000
    private static let weight: Int64 = 8

    /// The skew that a `Date` header shows, milliseconds; its moment is cut to whole seconds, half a second too early on
    /// the average.
    static func measured(date: Timestamp, receivedAt: Timestamp) -> Int64 {
        date.milliseconds + 500 - receivedAt.milliseconds
    }

    /// The measured skew, smoothed with what was known: one answer's way and the header's whole seconds are no news.
    static func smoothed(_ known: Int64?, _ measured: Int64?) -> Int64? {
        guard let measured else { return known }
        guard let known, abs(measured - known) <= step else { return measured }
        return known + (measured - known) / weight
    }
}
