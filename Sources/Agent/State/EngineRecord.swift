import Contracts

/// What the agent remembers of a container engine over restarts of either: the events of the last day, and when and
/// how its disk usage was last measured.
///
/// Engines forget: Docker keeps 256 events in memory and none over a restart. Bounded in age, in count, and in what one
/// actor may take of it, so that a container that restarts all day does not push its neighbours out.
struct EngineRecord: Codable, Equatable, Sendable {
    /// Oldest first, each natural key once.
    private(set) var events: [DockerV1.Event] = []
    var diskUsage: DockerV1.DiskUsage?
    /// The last attempt, whatever came of it.
    var diskUsageTriedAt: Timestamp?

    /// The window that a snapshot carries, milliseconds.
    static let window: Int64 = 86_400_000
    static let eventLimit = 500
    static let eventsOfOneActor = 100
    /// Before the newest known event: engines count in seconds, and tell some events a little late.
    private static let overlap: Int64 = 60_000

    enum CodingKeys: String, CodingKey {
        case events
        case diskUsage = "disk_usage"
        case diskUsageTriedAt = "disk_usage_tried_at"
    }

    private struct Key: Hashable {
        var at: Int64
        var type: String
        var action: String
        var actor: String

        init(_ event: DockerV1.Event) {
            at = event.at.milliseconds
            type = event.type
            action = event.action
            actor = event.actorID ?? ""
        }
    }

    /// Takes events in; answers whether one of them was new.
    @discardableResult
    mutating func add(_ more: [DockerV1.Event], now: Timestamp) -> Bool {
        var known = Set(events.map(Key.init))
        let new = more.filter { Self.isInWindow($0, now) && known.insert(Key($0)).inserted }
        guard !new.isEmpty else { return false }
        events += new
        // Equal times stay in the engine's order: a die stands before the start that follows within its millisecond.
        let order = events.indices.sorted { (events[$0].at, $0) < (events[$1].at, $1) }
        events = order.map { events[$0] }
        prune(now: now)
        return true
    }

    /// Lets go what is out of bounds.
    mutating func prune(now: Timestamp) {
        var perActor: [String: Int] = [:]
        var kept: [DockerV1.Event] = []
        for event in events.reversed() where Self.isInWindow(event, now) {
            guard kept.count < Self.eventLimit else { break }
            let count = perActor[event.actorID ?? "", default: 0]
            guard count < Self.eventsOfOneActor else { continue }
            perActor[event.actorID ?? ""] = count + 1
            kept.append(event)
        }
        events = kept.reversed()
    }

    /// From when on the engine is to be asked for what is not known yet.
    func since(now: Timestamp) -> Timestamp {
        let oldest = now.milliseconds - Self.window
        // An event of the future is one of a clock that was set back since.
        let newest = min(events.last?.at.milliseconds ?? oldest, now.milliseconds)
        return Timestamp(milliseconds: max(oldest, newest - Self.overlap))
    }

    /// Whether a day has gone by since disk usage was looked at.
    func isDiskUsageDue(now: Timestamp) -> Bool {
        guard let tried = diskUsageTriedAt else { return true }
        return now.milliseconds - tried.milliseconds >= Self.window || tried > now
    }

    private static func isInWindow(_ event: DockerV1.Event, _ now: Timestamp) -> Bool {
        event.at.milliseconds > now.milliseconds - window && event.at.milliseconds < now.milliseconds + window
    }
}
