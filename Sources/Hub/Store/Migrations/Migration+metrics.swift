extension Migrations {
    /// The values that `host_metrics` keeps of each snapshot; `machine_metrics_latest` has the same and more.
    static let hostValues = """
        load_1m DOUBLE PRECISION,
          load_5m DOUBLE PRECISION,
          load_15m DOUBLE PRECISION,
          cpu_used_percent DOUBLE PRECISION,
          cpu_user_percent DOUBLE PRECISION,
          cpu_system_percent DOUBLE PRECISION,
          cpu_iowait_percent DOUBLE PRECISION,
          cpu_steal_percent DOUBLE PRECISION,
          memory_total_bytes BIGINT,
          memory_used_bytes BIGINT,
          memory_available_bytes BIGINT,
          memory_used_percent DOUBLE PRECISION,
          swap_total_bytes BIGINT,
          swap_used_bytes BIGINT,
          root_used_percent DOUBLE PRECISION,
          fullest_used_percent DOUBLE PRECISION,
          disk_read_bytes_per_second DOUBLE PRECISION,
          disk_written_bytes_per_second DOUBLE PRECISION,
          received_bytes_per_second DOUBLE PRECISION,
          transmitted_bytes_per_second DOUBLE PRECISION,
          pressure_cpu_percent DOUBLE PRECISION,
          pressure_memory_percent DOUBLE PRECISION,
          pressure_io_percent DOUBLE PRECISION,
          processes_total BIGINT,
          celsius_max DOUBLE PRECISION
        """

    // The histories' rows stand in buckets of five minutes, by machine inside a bucket: writing touches only the pages
    // of the newest bucket, and a machine's day is 288 short ranges. They have no foreign key: deleting a machine would
    // read all of them, and each row would cost a look at `machines`. `MetricsDeriver.erase` takes its place. (Rows of
    // `host_metrics` stand as they come since `arrival`.)
    static let derivedMetrics = """
        CREATE TABLE machine_metrics_latest (
          \(oneOfMachine),
          at BIGINT NOT NULL,
          \(hostValues),
          uptime_seconds DOUBLE PRECISION,
          booted_at BIGINT,
          interval_seconds DOUBLE PRECISION,
          cpu_count BIGINT,
          cpu_nice_percent DOUBLE PRECISION,
          cpu_irq_percent DOUBLE PRECISION,
          cpu_idle_percent DOUBLE PRECISION,
          memory_free_bytes BIGINT,
          memory_buffers_bytes BIGINT,
          memory_cached_bytes BIGINT,
          processes_running BIGINT,
          processes_blocked BIGINT,
          threads_total BIGINT,
          failed_units_json {TEXT},
          cores_json {TEXT},
          disks_json {TEXT},
          interfaces_json {TEXT},
          temperatures_json {TEXT},
          fans_json {TEXT},
          batteries_json {TEXT}
        );
        CREATE TABLE machine_filesystems (
          \(ofMachine),
          mount_point {TEXT} NOT NULL,
          at BIGINT NOT NULL,
          device {TEXT} NOT NULL,
          type {TEXT} NOT NULL,
          total_bytes BIGINT NOT NULL,
          used_bytes BIGINT NOT NULL,
          available_bytes BIGINT NOT NULL,
          used_percent DOUBLE PRECISION,
          inodes_total BIGINT,
          inodes_used BIGINT,
          inodes_available BIGINT,
          inodes_used_percent DOUBLE PRECISION,
          read_only BIGINT NOT NULL,
          PRIMARY KEY (machine_id, mount_point)
        ) {KEYED};
        CREATE TABLE host_metrics (
          bucket_at BIGINT NOT NULL,
          machine_id BIGINT NOT NULL,
          at BIGINT NOT NULL,
          sequence BIGINT NOT NULL,
          \(hostValues),
          PRIMARY KEY (bucket_at, machine_id, at)
        ) {KEYED};
        CREATE TABLE container_metrics (
          bucket_at BIGINT NOT NULL,
          machine_id BIGINT NOT NULL,
          container_id {TEXT} NOT NULL,
          at BIGINT NOT NULL,
          sequence BIGINT NOT NULL,
          cpu_percent DOUBLE PRECISION,
          memory_used_bytes BIGINT,
          memory_limit_bytes BIGINT,
          received_bytes_total BIGINT,
          transmitted_bytes_total BIGINT,
          read_bytes_total BIGINT,
          written_bytes_total BIGINT,
          PRIMARY KEY (bucket_at, machine_id, container_id, at)
        ) {KEYED};

        """
}
