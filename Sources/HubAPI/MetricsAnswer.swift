package import Contracts

/// A machine's history over a time, thinned to at most the asked number of points.
package struct MetricsAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var since: Timestamp
    package var until: Timestamp
    /// The history that was asked: `raw` for snapshots as they came, `5m`, `1h`. A rollup's newest part, which is not
    /// rolled up yet, is of snapshots as they came.
    package var resolution: String
    /// Time that one point covers; each is the mean of what came in it.
    package var stepSeconds: Int
    package var series: [MetricsSeries]

    package init(
        machine: String, since: Timestamp, until: Timestamp, resolution: String, stepSeconds: Int,
        series: [MetricsSeries]
    ) {
        self.machine = machine
        self.since = since
        self.until = until
        self.resolution = resolution
        self.stepSeconds = stepSeconds
        self.series = series
    }

    package enum CodingKeys: String, CodingKey {
        case machine, since, until, resolution
        case stepSeconds = "step_seconds"
        case series
    }
}

/// One figure over time; only the moments for which there is a value.
package struct MetricsSeries: Codable, Equatable, Sendable {
    /// `cpu_used_percent`, `memory_used_percent`, `load_1m`, …
    package var name: String
    /// `percent`, `bytes_per_second`, `count`.
    package var unit: String
    package var points: [MetricsPoint]
    package var minimum: Double?
    package var mean: Double?
    package var maximum: Double?
    package var last: Double?

    package init(name: String, unit: String, points: [MetricsPoint]) {
        self.name = name
        self.unit = unit
        self.points = points
    }
}

package struct MetricsPoint: Codable, Equatable, Sendable {
    package var at: Timestamp
    /// The mean over the step.
    package var value: Double
    /// Least and most in the step; absent where there is one value.
    package var minimum: Double?
    package var maximum: Double?

    package init(at: Timestamp, value: Double) {
        self.at = at
        self.value = value
    }
}
