/// A row of `history_marks`: how far histories are rolled up, and before when they were cut.
enum HistoryMark: Sendable {
    /// Buckets that begin before it are being rolled up or have been: what comes for one of them now is late.
    case closed(RollupSpan)
    /// Buckets that begin before it are rolled up.
    case done(RollupSpan)
    /// The last machine of the bucket between the two that is rolled up, as its row id.
    case machine(RollupSpan)
    /// Rows of `host_metrics` and `container_metrics` before it were deleted; whole hours.
    case cut
    /// The same of `machine_events` and of the histories of packages and containers.
    case eventsCut

    var name: String {
        switch self {
        case .closed(let span): "\(span.rawValue).closed"
        case .done(let span): "\(span.rawValue).done"
        case .machine(let span): "\(span.rawValue).machine"
        case .cut: "metrics.cut"
        case .eventsCut: "events.cut"
        }
    }

    func read(_ connection: any SQLConnection) throws -> Int64? {
        try connection.row(Self.fetch, name)?["at"].integer
    }

    func set(_ value: Int64, _ connection: any SQLConnection) throws { try connection.run(Self.upsert, name, value) }

    /// Sets it, unless it stands later already.
    func raise(_ value: Int64, _ connection: any SQLConnection) throws {
        if try read(connection) ?? 0 < value { try set(value, connection) }
    }

    static let fetch = Statement("history_marks.fetch", "SELECT at FROM history_marks WHERE name = ?1")
    static let upsert = Statement(
        "history_marks.set",
        """
        INSERT INTO history_marks (name, at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET at = excluded.at
        """)

    static let statements = [fetch, upsert]
}
