import HubAPI

/// Freshness at the moment of a question, for lists: with the hub's own absence taken into account.
///
/// After an absence nobody is called silent before it had the time to report again. Only who was offline before still
/// is: its message is open.
struct Hearing {
    /// After so long the absence excuses nobody, milliseconds: six hours between two reports, three of them missing.
    private static let longestExcuse: Int64 = 86_400_000

    let now: Int64
    let since: Int64?
    private let wereOffline: Set<Int64>

    /// - Parameter since: since when the hub has been able to hear machines; nil says always.
    init(_ connection: any SQLConnection, now: Int64, since: Int64?) throws {
        self.now = now
        self.since = since
        var offline: Set<Int64> = []
        if let since, now - since < Self.longestExcuse {
            for row in try connection.rows(Self.offline) {
                if let machine = row[0].integer { offline.insert(machine) }
            }
        }
        wereOffline = offline
    }

    func freshness(of machine: Int64, _ promise: FreshnessRule.Promise, created: Int64) -> Freshness {
        FreshnessRule.freshness(
            promise, created: created, now: now, heardSince: wereOffline.contains(machine) ? nil : since)
    }

    func kindFreshness(received: Int64?, due: Int64?) -> Freshness {
        FreshnessRule.kindFreshness(received: received, due: due, now: now, heardSince: since)
    }

    static let offline = Statement(
        "hearing.offline",
        """
        SELECT machine_id FROM important_messages
        WHERE closed_at IS NULL AND source = 'hub' AND code = 'offline' AND category = 'machine'
        """)

    static let statements = [offline]
}
