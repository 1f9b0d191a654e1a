/// The SQL of rollups: one machine's bucket, computed from its rows of the raw history.
///
/// By machine, so that rolling a fleet up, a late snapshot and a rebuild run the same statement, whose answer does not
/// depend on who asks: the rows of one machine come in the order of the key.
enum RollupStatements {
    /// Columns of `host_metrics` that people chart; the tables have each of them as min, avg and max.
    static let figures = [
        "load_1m", "cpu_used_percent", "cpu_iowait_percent", "cpu_steal_percent", "memory_used_percent",
        "swap_used_bytes", "root_used_percent", "fullest_used_percent", "disk_read_bytes_per_second",
        "disk_written_bytes_per_second", "received_bytes_per_second", "transmitted_bytes_per_second",
        "pressure_cpu_percent", "pressure_memory_percent", "pressure_io_percent", "processes_total", "celsius_max",
    ]

    /// The buckets of the raw history that a row sums up; parameter 2 is its beginning.
    static func buckets(_ span: RollupSpan) -> String {
        let count = Int(span.length / MetricsDeriver.bucket)
        return (0..<count).map { "CAST(?2 AS BIGINT) + \(Int64($0) * MetricsDeriver.bucket)" }.joined(separator: ", ")
    }

    /// Parameters: machine, bucket, block.
    static func host(_ span: RollupSpan) -> Statement {
        let columns = figures.flatMap { ["\($0)_min", "\($0)_avg", "\($0)_max"] }
        let values = figures.flatMap { ["min(\($0))", "avg(\($0))", "max(\($0))"] }
        return Statement(
            "rollup.\(span.table)",
            """
            INSERT INTO \(span.table) (block_at, machine_id, bucket_at, samples, \(columns.joined(separator: ", ")))
            SELECT CAST(?3 AS BIGINT), CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), count(*), \(values.joined(separator: ", "))
            FROM host_metrics WHERE bucket_at IN (\(buckets(span))) AND machine_id = ?1 HAVING count(*) > 0
            ON CONFLICT (block_at, machine_id, bucket_at) DO UPDATE SET \(update(["samples"] + columns))
            """)
    }

    /// Parameters: machine, bucket, block.
    static let containers: Statement = {
        let figures = ["cpu_percent", "memory_used_bytes"]
        let totals = [
            "received_bytes_total", "transmitted_bytes_total", "read_bytes_total", "written_bytes_total",
        ]
        let columns =
            figures.flatMap { ["\($0)_min", "\($0)_avg", "\($0)_max"] } + ["memory_limit_bytes_max"]
            + totals.flatMap { ["\($0)_min", "\($0)_max"] }
        let values =
            figures.flatMap { ["min(\($0))", "avg(\($0))", "max(\($0))"] } + ["max(memory_limit_bytes)"]
            + totals.flatMap { ["min(\($0))", "max(\($0))"] }
        return Statement(
            "rollup.container_metrics_1h",
            """
            INSERT INTO container_metrics_1h (block_at, machine_id, bucket_at, container_id, samples,
              \(columns.joined(separator: ", ")))
            SELECT CAST(?3 AS BIGINT), CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), container_id, count(*),
              \(values.joined(separator: ", "))
            FROM container_metrics WHERE bucket_at IN (\(buckets(.hour))) AND machine_id = ?1 GROUP BY container_id
            ON CONFLICT (block_at, machine_id, container_id, bucket_at) DO UPDATE SET \(update(["samples"] + columns))
            """)
    }()

    /// Parameters: machine, bucket.
    static let filesystemShares = Statement(
        "rollup.filesystem_shares",
        """
        SELECT filesystems_json FROM host_metrics
        WHERE bucket_at IN (\(buckets(.hour))) AND machine_id = ?1 AND filesystems_json IS NOT NULL ORDER BY at
        """)
    static let filesystem: Statement = {
        let columns = ["used_percent", "inodes_used_percent"].flatMap { ["\($0)_min", "\($0)_avg", "\($0)_max"] }
        return Statement(
            "rollup.filesystem_metrics_1h",
            """
            INSERT INTO filesystem_metrics_1h (block_at, machine_id, bucket_at, mount_point, samples,
              \(columns.joined(separator: ", ")))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (block_at, machine_id, mount_point, bucket_at) DO UPDATE SET \(update(["samples"] + columns))
            """)
    }()

    private static func update(_ columns: [String]) -> String {
        columns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    }

    static let all = RollupSpan.allCases.map(host) + [containers, filesystemShares, filesystem]
}
