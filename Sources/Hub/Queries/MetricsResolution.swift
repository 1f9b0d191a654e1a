/// Which of a machine's histories answers a question.
enum MetricsResolution: String, CaseIterable, Sendable {
    case raw
    case fiveMinutes = "5m"
    case hour = "1h"

    /// The beginning of each history; nil where it is empty.
    struct Reach: Equatable, Sendable {
        var raw: Int64?
        var fiveMinutes: Int64?
        var hour: Int64?
    }

    /// What is asked for in raw rows, and in rows of 5 minutes, at most: a little more than a day, and than 2 weeks.
    private static let longestRaw: Int64 = 26 * 3_600_000
    private static let longestFiveMinutes: Int64 = 15 * 86_400_000

    /// The rollup; nil for the rows as they came.
    var span: RollupSpan? {
        switch self {
        case .raw: nil
        case .fiveMinutes: .fiveMinutes
        case .hour: .hour
        }
    }

    /// The finest that is not too long for a time, and that reaches as far back as a coarser one does.
    static func of(since: Int64, until: Int64, reach: Reach) -> MetricsResolution {
        func misses(_ finer: Int64?, _ coarser: [Int64?]) -> Bool {
            guard let best = coarser.compactMap({ $0 }).min() else { return false }
            return max(since, best) < (finer ?? .max) - RollupSpan.hour.block
        }
        if until - since <= longestRaw, !misses(reach.raw, [reach.fiveMinutes, reach.hour]) { return .raw }
        if until - since <= longestFiveMinutes, !misses(reach.fiveMinutes ?? reach.raw, [reach.hour]) {
            return .fiveMinutes
        }
        return .hour
    }
}
