import Contracts
import HubAPI

/// When silence begins to mean something, by the hub's clock at the moment of the question.
///
/// A report is late after its due time and a quarter of its interval (at least 15 s: jitter and a slow network are no
/// news); a machine is offline when three reports in a row are missing. One late report alone never is. What was due
/// while the hub was away counts neither way for a while.
enum FreshnessRule {
    static let missedReportsUntilOffline: Int64 = 3
    static let shortestInterval: Int64 = 10_000
    static let leastGrace: Int64 = 15_000
    /// A machine that has just been enrolled may take this long until its first report.
    static let patienceWithNew: Int64 = 15 * 60_000
    /// After an absence of the hub's own: agents wait up to five minutes between two attempts.
    static let patienceAfterAbsence: Int64 = 6 * 60_000
    /// APT's lists older than this say nothing about today's updates.
    static let listsStaleAfter: Int64 = 7 * 86_400_000

    /// What a machine promised: when it reports again, and how often it does.
    ///
    /// Its metrics tell, for as long as they come: an inventory snapshot says "in six hours" at best, and shortly
    /// before the next metrics are due it makes the time from the last report to the next one short. A machine that
    /// goes on reporting without metrics has them switched off.
    struct Promise {
        var last: Int64?
        var due: Int64?
        var interval: Int64?

        init(last: Int64?, due: Int64?, metricsAt: Int64?, metricsDue: Int64?) {
            self.last = last
            self.due = due
            guard let last, let metricsAt, let metricsDue, metricsDue > metricsAt else { return }
            let interval = metricsDue - metricsAt
            guard last <= metricsDue + missedReportsUntilOffline * interval else { return }
            self.due = metricsDue
            self.interval = interval
        }
    }

    /// - Parameter heardSince: since when the hub has been able to hear the machine; one that was silent before may have
    ///   reported to nobody.
    static func freshness(
        _ promise: Promise, created: Int64, now: Int64, heardSince: Int64? = nil
    ) -> Freshness {
        freshness(
            last: promise.last, due: promise.due, interval: promise.interval, created: created, now: now,
            heardSince: heardSince)
    }

    private static func freshness(
        last: Int64?, due: Int64?, interval: Int64? = nil, created: Int64, now: Int64, heardSince: Int64? = nil
    ) -> Freshness {
        let isPatient = heardSince.map { now <= $0 + patienceAfterAbsence } ?? false
        guard let last else { return now - created <= patienceWithNew || isPatient ? .new : .offline }
        guard let due else { return .ok }
        let interval = max(interval ?? due - last, shortestInterval)
        let grace = max(interval / 4, leastGrace)
        let silence = (missedReportsUntilOffline - 1) * interval + grace
        // Promised for a time when nobody listened: it was perhaps kept.
        let isExcused = isPatient && heardSince.map { due < $0 } ?? false
        let hasMissed = heardSince.map { now > $0 + interval + silence } ?? true
        if now > due + silence, hasMissed, !isPatient { return .offline }
        return now > due + grace && !isExcused ? .late : .ok
    }

    /// Of one kind: it is never worse than late, since the machine's own freshness tells whether it is there.
    static func kindFreshness(received: Int64?, due: Int64?, now: Int64, heardSince: Int64? = nil) -> Freshness {
        let found = freshness(last: received, due: due, created: now, now: now, heardSince: heardSince)
        return found == .offline ? .late : found
    }

    static func areListsStale(_ updated: Int64?, now: Int64) -> Bool {
        updated.map { now - $0 > listsStaleAfter } ?? false
    }
}
