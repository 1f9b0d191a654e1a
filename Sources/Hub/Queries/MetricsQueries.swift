import Contracts
import HubAPI

/// `vigie metrics`: a machine's history, thinned in the hub to what a screen can show.
enum MetricsQueries {
    /// The figures, their units, and how an answer calls them; the columns of `metrics.range` from the third on.
    static let figures: [(name: String, unit: String)] = [
        ("cpu_used_percent", "percent"), ("load_1m", "count"), ("memory_used_percent", "percent"),
        ("root_used_percent", "percent"), ("disk_read_bytes_per_second", "bytes_per_second"),
        ("disk_written_bytes_per_second", "bytes_per_second"), ("received_bytes_per_second", "bytes_per_second"),
        ("transmitted_bytes_per_second", "bytes_per_second"), ("pressure_cpu_percent", "percent"),
        ("pressure_memory_percent", "percent"), ("pressure_io_percent", "percent"), ("celsius_max", "celsius"),
    ]

    /// How far the buckets of `host_metrics` are apart, in milliseconds.
    static let bucket: Int64 = 300_000

    // The history's key begins with the bucket: a machine's day is 288 short ranges, one for each.
    static let range = Statement(
        "metrics.range",
        """
        WITH RECURSIVE buckets (bucket_at) AS (
          SELECT CAST(?1 AS BIGINT) UNION ALL
          SELECT bucket_at + \(bucket) FROM buckets WHERE bucket_at + \(bucket) <= CAST(?2 AS BIGINT))
        SELECT h.at, h.sequence, h.cpu_used_percent, h.load_1m, h.memory_used_percent, h.root_used_percent,
          h.disk_read_bytes_per_second, h.disk_written_bytes_per_second, h.received_bytes_per_second,
          h.transmitted_bytes_per_second, h.pressure_cpu_percent, h.pressure_memory_percent, h.pressure_io_percent,
          h.celsius_max
        FROM buckets b JOIN host_metrics h ON h.bucket_at = b.bucket_at AND h.machine_id = ?3
        WHERE h.at >= ?4 AND h.at <= ?2
        ORDER BY h.at
        """)

    static let oldest = Statement("metrics.oldest", "SELECT min(bucket_at) AS bucket_at FROM host_metrics")

    static let all = [range, oldest]

    static func series(
        _ connection: any SQLConnection, machine: MachineLookup.Found, since: Timestamp, until: Timestamp, points: Int
    ) throws -> MetricsAnswer {
        let span = max(1000, until.milliseconds - since.milliseconds)
        // Whole seconds, and never finer than reports come.
        let step = max(10, (span / Int64(points) + 999) / 1000)
        var answer = MetricsAnswer(
            machine: machine.name, since: since, until: until, stepSeconds: Int(step), series: [])
        guard let first = try connection.row(oldest)?["bucket_at"].integer else { return answer }
        let start = max(first, since.milliseconds / bucket * bucket)
        guard start <= until.milliseconds else { return answer }
        let rows = try connection.rows(range, start, until, machine.id, since)
        for (index, figure) in figures.enumerated() {
            let values = rows.compactMap { row in row[index + 2].real.map { (row[0].integer ?? 0, $0) } }
            if let series = Self.series(figure, values, since: since.milliseconds, step: step * 1000) {
                answer.series.append(series)
            }
        }
        return answer
    }

    /// Means over steps; minimum, mean and maximum over all values as they came.
    static func series(
        _ figure: (name: String, unit: String), _ values: [(at: Int64, value: Double)], since: Int64, step: Int64
    ) -> MetricsSeries? {
        guard let last = values.last else { return nil }
        var points: [MetricsPoint] = []
        var index = 0
        while index < values.count {
            let place = (values[index].at - since) / step
            var sum = 0.0
            var count = 0
            while index < values.count, (values[index].at - since) / step == place {
                sum += values[index].value
                count += 1
                index += 1
            }
            points.append(
                MetricsPoint(at: Timestamp(milliseconds: since + place * step), value: rounded(sum / Double(count))))
        }
        var series = MetricsSeries(name: figure.name, unit: figure.unit, points: points)
        series.minimum = values.map(\.value).min()
        series.mean = rounded(values.map(\.value).reduce(0, +) / Double(values.count))
        series.maximum = values.map(\.value).max()
        series.last = last.value
        return series
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
