/// How much time one row of a rollup sums up; its raw value is what tables and answers call it.
enum RollupSpan: String, CaseIterable, Sendable {
    case fiveMinutes = "5m"
    case hour = "1h"

    /// The time of one row, in milliseconds.
    var length: Int64 {
        switch self {
        case .fiveMinutes: MetricsDeriver.bucket
        case .hour: 3_600_000
        }
    }

    /// The time in which a machine's rows stand together, in milliseconds; see docs/decisions/0014-rollups.md.
    var block: Int64 {
        switch self {
        case .fiveMinutes: 3_600_000
        case .hour: 86_400_000
        }
    }

    func bucket(of moment: Int64) -> Int64 { moment - moment % length }

    /// The table that sums `host_metrics` up.
    var table: String { "host_metrics_\(rawValue)" }

    /// All tables of the span.
    var tables: [String] {
        switch self {
        case .fiveMinutes: [table]
        case .hour: [table, "filesystem_metrics_1h", "container_metrics_1h"]
        }
    }
}
