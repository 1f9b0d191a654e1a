import Contracts
import HubAPI

/// Some snapshots' values of a figure: one, or what a rollup says of several.
struct MetricsSample: Equatable, Sendable {
    var at: Int64
    /// Snapshots in it.
    var weight: Int64
    var least: Double
    var mean: Double
    var most: Double
}

/// From samples to the points of an answer.
enum MetricsThinning {
    /// Means over steps, weighted by their snapshots; minimum, mean and maximum over all.
    static func series(
        _ figure: (name: String, unit: String), _ samples: [MetricsSample], since: Int64, step: Int64
    ) -> MetricsSeries? {
        guard let last = samples.last else { return nil }
        var points: [MetricsPoint] = []
        var index = 0
        while index < samples.count {
            let place = (samples[index].at - since) / step
            let end = samples[index...].firstIndex { ($0.at - since) / step != place } ?? samples.endIndex
            let part = samples[index..<end]
            var point = MetricsPoint(at: Timestamp(milliseconds: since + place * step), value: mean(part))
            // One value is its own least and most.
            if part.contains(where: { $0.weight > 1 }) || part.count > 1 {
                point.minimum = part.map(\.least).min()
                point.maximum = part.map(\.most).max()
            }
            points.append(point)
            index = end
        }
        var series = MetricsSeries(name: figure.name, unit: figure.unit, points: points)
        series.minimum = samples.map(\.least).min()
        series.mean = mean(samples[...])
        series.maximum = samples.map(\.most).max()
        series.last = last.weight > 1 ? rounded(last.mean) : last.mean
        return series
    }

    private static func mean(_ samples: ArraySlice<MetricsSample>) -> Double {
        let weight = samples.reduce(0) { $0 + Double($1.weight) }
        return rounded(samples.reduce(0) { $0 + $1.mean * Double($1.weight) } / weight)
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
