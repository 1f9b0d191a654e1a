extension Migrations {
    /// Rollups of the metric histories, what retention has cut, and the hub's figures about itself.
    ///
    /// A rollup's rows stand in blocks (an hour of the 5-minute ones, a day of the hourly ones), by machine inside a
    /// block: rolling a fleet up touches few pages, and a machine's month is few ranges. Like the histories that they
    /// are made of they have no foreign key; `MetricsDeriver.erase` takes its place.
    static let history = Migration(
        version: 3, name: "history", sql: rollups + historyUpkeep)

    /// The figures that people chart.
    private static let charted = [
        "load_1m", "cpu_used_percent", "cpu_iowait_percent", "cpu_steal_percent", "memory_used_percent",
        "swap_used_bytes", "root_used_percent", "fullest_used_percent", "disk_read_bytes_per_second",
        "disk_written_bytes_per_second", "received_bytes_per_second", "transmitted_bytes_per_second",
        "pressure_cpu_percent", "pressure_memory_percent", "pressure_io_percent", "processes_total", "celsius_max",
    ].map(minAvgMax).joined(separator: ",\n")

    private static func minAvgMax(_ figure: String) -> String {
        ["min", "avg", "max"].map { "\(figure)_\($0) DOUBLE PRECISION" }.joined(separator: ",\n")
    }

    private static let ofBlock = """
        block_at BIGINT NOT NULL,
        machine_id BIGINT NOT NULL,
        bucket_at BIGINT NOT NULL,
        samples BIGINT NOT NULL
        """

    private static let rollups = """
        ALTER TABLE host_metrics ADD COLUMN filesystems_json {TEXT};
        CREATE TABLE host_metrics_5m (
        \(ofBlock),
        \(charted),
        PRIMARY KEY (block_at, machine_id, bucket_at)
        ) {KEYED};
        CREATE TABLE host_metrics_1h (
        \(ofBlock),
        \(charted),
        PRIMARY KEY (block_at, machine_id, bucket_at)
        ) {KEYED};
        CREATE TABLE filesystem_metrics_1h (
        \(ofBlock),
        mount_point {TEXT} NOT NULL,
        \(minAvgMax("used_percent")),
        \(minAvgMax("inodes_used_percent")),
        PRIMARY KEY (block_at, machine_id, mount_point, bucket_at)
        ) {KEYED};
        CREATE TABLE container_metrics_1h (
        \(ofBlock),
        container_id {TEXT} NOT NULL,
        \(minAvgMax("cpu_percent")),
        \(minAvgMax("memory_used_bytes")),
        memory_limit_bytes_max BIGINT,
        received_bytes_total_min BIGINT,
        received_bytes_total_max BIGINT,
        transmitted_bytes_total_min BIGINT,
        transmitted_bytes_total_max BIGINT,
        read_bytes_total_min BIGINT,
        read_bytes_total_max BIGINT,
        written_bytes_total_min BIGINT,
        written_bytes_total_max BIGINT,
        PRIMARY KEY (block_at, machine_id, container_id, bucket_at)
        ) {KEYED};

        """

    private static let historyUpkeep = """
        CREATE TABLE history_marks (
          name {TEXT} PRIMARY KEY,
          at BIGINT NOT NULL
        ) {KEYED};
        CREATE TABLE history_late (
          machine_id BIGINT NOT NULL,
          span {TEXT} NOT NULL CHECK (span IN ('5m', '1h')),
          bucket_at BIGINT NOT NULL,
          PRIMARY KEY (machine_id, span, bucket_at)
        ) {KEYED};
        CREATE TABLE archive_baselines (
          \(ofMachine),
          kind {TEXT} NOT NULL,
          at BIGINT NOT NULL,
          PRIMARY KEY (machine_id, kind)
        ) {KEYED};
        CREATE TABLE cleanup_runs (
          id {ID},
          started_at BIGINT NOT NULL,
          ended_at BIGINT NOT NULL,
          cause {TEXT} NOT NULL CHECK (cause IN ('schedule', 'command', 'disk')),
          rows_deleted BIGINT NOT NULL,
          bytes_deleted BIGINT NOT NULL,
          bytes_returned BIGINT NOT NULL,
          rules_json {TEXT},
          error {TEXT}
        );
        CREATE INDEX cleanup_runs_started ON cleanup_runs (started_at);
        CREATE TABLE hub_metrics (
          at BIGINT PRIMARY KEY,
          interval_seconds DOUBLE PRECISION NOT NULL,
          snapshots_taken BIGINT NOT NULL,
          snapshots_per_second DOUBLE PRECISION NOT NULL,
          answers_json {TEXT},
          queue_depth BIGINT NOT NULL,
          queue_depth_max BIGINT NOT NULL,
          commits BIGINT NOT NULL,
          commit_ms_p50 DOUBLE PRECISION,
          commit_ms_p99 DOUBLE PRECISION,
          commit_ms_max DOUBLE PRECISION,
          delay_ms_max BIGINT,
          connections_open BIGINT NOT NULL,
          database_bytes BIGINT,
          database_free_bytes BIGINT,
          wal_bytes BIGINT,
          disk_available_bytes BIGINT,
          quarantine_entries BIGINT NOT NULL,
          snapshots_held BIGINT NOT NULL,
          spooling_machines BIGINT NOT NULL,
          spool_files BIGINT NOT NULL,
          spool_bytes BIGINT NOT NULL,
          resident_bytes BIGINT,
          slow_statements_json {TEXT}
        );
        CREATE INDEX snapshots_same_as ON snapshots (machine_id, same_as) WHERE same_as IS NOT NULL;
        CREATE INDEX snapshots_kind_received ON snapshots (kind, received_at);
        DROP INDEX snapshots_received;

        """
}
