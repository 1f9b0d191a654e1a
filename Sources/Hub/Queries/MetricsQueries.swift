import Contracts
import HubAPI

/// `vigie metrics`: a machine's history, thinned in the hub to what a screen can show.
enum MetricsQueries {
    /// The figures, their units, and how an answer calls them.
    static let figures: [(name: String, unit: String)] = [
        ("cpu_used_percent", "percent"), ("load_1m", "count"), ("memory_used_percent", "percent"),
        ("root_used_percent", "percent"), ("disk_read_bytes_per_second", "bytes_per_second"),
        ("disk_written_bytes_per_second", "bytes_per_second"), ("received_bytes_per_second", "bytes_per_second"),
        ("transmitted_bytes_per_second", "bytes_per_second"), ("pressure_cpu_percent", "percent"),
        ("pressure_memory_percent", "percent"), ("pressure_io_percent", "percent"), ("celsius_max", "celsius"),
    ]

    /// How far the buckets of `host_metrics` are apart, in milliseconds.
    static let bucket = MetricsDeriver.bucket

    // The history's key begins with the bucket: a machine's day is 288 short ranges, one for each.
    static let range = Statement(
        "metrics.range",
        """
        WITH RECURSIVE buckets (bucket_at) AS (
          SELECT CAST(?1 AS BIGINT) UNION ALL
          SELECT bucket_at + \(bucket) FROM buckets WHERE bucket_at + \(bucket) <= CAST(?2 AS BIGINT))
        SELECT h.at, h.sequence, \(figures.map { "h.\($0.name)" }.joined(separator: ", "))
        FROM buckets b JOIN host_metrics h ON h.bucket_at = b.bucket_at AND h.machine_id = ?3
        WHERE h.at >= ?4 AND h.at <= ?2
        ORDER BY h.at
        """)

    /// The same of a rollup, in blocks. Parameters: first block, end (not included), machine, first bucket.
    private static func rollupRange(_ span: RollupSpan) -> Statement {
        let columns = figures.map { "h.\($0.name)_min, h.\($0.name)_avg, h.\($0.name)_max" }.joined(separator: ", ")
        return Statement(
            "metrics.range_\(span.rawValue)",
            """
            WITH RECURSIVE blocks (block_at) AS (
              SELECT CAST(?1 AS BIGINT) UNION ALL
              SELECT block_at + \(span.block) FROM blocks WHERE block_at + \(span.block) < CAST(?2 AS BIGINT))
            SELECT h.bucket_at, h.samples, \(columns)
            FROM blocks b JOIN \(span.table) h ON h.block_at = b.block_at AND h.machine_id = ?3
            WHERE h.bucket_at >= ?4 AND h.bucket_at < ?2
            ORDER BY h.bucket_at
            """)
    }

    private static func oldestBlock(_ span: RollupSpan) -> Statement {
        Statement("metrics.oldest_\(span.rawValue)", "SELECT min(block_at) AS block_at FROM \(span.table)")
    }

    static let oldest = Statement("metrics.oldest", "SELECT min(bucket_at) AS bucket_at FROM host_metrics")
    private static let ranges = [RollupSpan.fiveMinutes: rollupRange(.fiveMinutes), .hour: rollupRange(.hour)]
    private static let oldestBlocks = [RollupSpan.fiveMinutes: oldestBlock(.fiveMinutes), .hour: oldestBlock(.hour)]

    static let all = [range, oldest] + RollupSpan.allCases.flatMap { [rollupRange($0), oldestBlock($0)] }

    static func series(
        _ connection: any SQLConnection, machine: MachineLookup.Found, since: Timestamp, until: Timestamp, points: Int,
        resolution wanted: MetricsResolution? = nil
    ) throws -> MetricsAnswer {
        let reach = try reach(connection)
        let resolution =
            wanted
            ?? MetricsResolution.of(
                since: since.milliseconds, until: until.milliseconds, reach: reach)
        let length = max(1000, until.milliseconds - since.milliseconds)
        // Whole seconds, and never finer than reports come or a rollup's rows are.
        let step = max(10, (length / Int64(points) + 999) / 1000, (resolution.span?.length ?? 0) / 1000)
        var answer = MetricsAnswer(
            machine: machine.name, since: since, until: until, resolution: resolution.rawValue, stepSeconds: Int(step),
            series: [])
        let samples = try samples(
            connection, machine.id, resolution, since: since.milliseconds, until: until.milliseconds)
        for (index, figure) in figures.enumerated() {
            if let series = MetricsThinning.series(figure, samples[index], since: since.milliseconds, step: step * 1000)
            {
                answer.series.append(series)
            }
        }
        return answer
    }

    private static func reach(_ connection: any SQLConnection) throws -> MetricsResolution.Reach {
        func block(_ span: RollupSpan) throws -> Int64? {
            try oldestBlocks[span].flatMap { try connection.row($0)?["block_at"].integer }
        }
        return MetricsResolution.Reach(
            raw: try connection.row(oldest)?["bucket_at"].integer, fiveMinutes: try block(.fiveMinutes),
            hour: try block(.hour))
    }

    /// For each figure its samples in their order: a rollup as far as it goes, and what came since as it came.
    private static func samples(
        _ connection: any SQLConnection, _ machine: Int64, _ resolution: MetricsResolution, since: Int64, until: Int64
    ) throws -> [[MetricsSample]] {
        var result = [[MetricsSample]](repeating: [], count: figures.count)
        var rawFrom = since
        if let span = resolution.span, let statement = ranges[span],
            let done = try HistoryMark.done(span).read(connection)
        {
            let from = span.bucket(of: since)
            let end = min(done, until + 1)
            if from < end {
                for row in try connection.rows(statement, from - from % span.block, end, machine, from) {
                    let weight = row[1].integer ?? 1
                    for index in figures.indices {
                        guard let least = row[3 * index + 2].real, let mean = row[3 * index + 3].real,
                            let most = row[3 * index + 4].real
                        else { continue }
                        result[index].append(
                            MetricsSample(
                                at: max(since, row[0].integer ?? 0), weight: weight, least: least, mean: mean,
                                most: most))
                    }
                }
            }
            rawFrom = max(since, done)
        }
        guard let first = try connection.row(oldest)?["bucket_at"].integer else { return result }
        let start = max(first, rawFrom / bucket * bucket)
        guard start <= until else { return result }
        for row in try connection.rows(range, start, until, machine, rawFrom) {
            for index in figures.indices {
                guard let value = row[index + 2].real else { continue }
                result[index].append(
                    MetricsSample(at: row[0].integer ?? 0, weight: 1, least: value, mean: value, most: value))
            }
        }
        return result
    }
}
