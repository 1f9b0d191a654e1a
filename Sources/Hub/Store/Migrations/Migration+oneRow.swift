extension Migrations {
    /// What a metrics snapshot changes of its machine stands in one row: its record, the values that a list shows and all
    /// others were three, each a page of its own that most snapshots wrote. What is one row a machine, and looked up by
    /// most questions, is found without an index of its own. The few machines of which a kind failed have an index: the hub
    /// looks for them every 15 seconds.
    ///
    /// `machine_kinds` and `machine_metrics_latest` are views of it, for those who ask in SQL.
    static let oneRow = Migration(
        version: 11, name: "one_row",
        sql: """
            ALTER TABLE machine_kinds RENAME TO machine_inventories;
            CREATE TABLE machine_newest (
              machine_id {ONE} REFERENCES machines (id) ON DELETE CASCADE,
              status {TEXT} NOT NULL DEFAULT 'ok',
              \(lines(listedState)),
              \(lines(metricsRecord)),
              \(lines(latestMetrics))
            );
            INSERT INTO machine_newest (machine_id, status, \(names(listedState)), \(names(metricsRecord)), \(names(latestMetrics)))
            SELECT t.machine_id, t.status, \(names(listedState, of: "t.")),
              \(recorded),
              \(names(latestMetrics, of: "l."))
            FROM machine_state t
            LEFT JOIN machine_inventories k ON k.machine_id = t.machine_id AND k.kind = 'metrics'
            LEFT JOIN machine_metrics_latest l ON l.machine_id = t.machine_id;
            DELETE FROM machine_inventories WHERE kind = 'metrics';
            DROP TABLE machine_metrics_latest;
            DROP TABLE machine_state;
            ALTER TABLE machine_newest RENAME TO machine_state;
            CREATE INDEX machine_state_failing ON machine_state (machine_id) WHERE last_error_kind IS NOT NULL;
            \(stateViews)

            """,
        only: [
            .sqlite: [
                """
                CREATE TABLE machine_settings_by_id (
                  machine_id INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
                  name TEXT NOT NULL UNIQUE,
                  retired_at BIGINT,
                  notes TEXT
                )
                """,
                "INSERT INTO machine_settings_by_id SELECT machine_id, name, retired_at, notes FROM machine_settings",
                "DROP TABLE machine_settings",
                "ALTER TABLE machine_settings_by_id RENAME TO machine_settings",
                """
                CREATE TABLE machine_os_by_id (
                  machine_id INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
                  hostname TEXT NOT NULL,
                  os_family TEXT,
                  os_id TEXT,
                  os_name TEXT,
                  os_version TEXT,
                  os_codename TEXT,
                  kernel TEXT,
                  architecture TEXT,
                  machine_kind TEXT,
                  virtualization TEXT,
                  hardware_profile TEXT,
                  time_zone TEXT
                )
                """,
                """
                INSERT INTO machine_os_by_id
                SELECT machine_id, hostname, os_family, os_id, os_name, os_version, os_codename, kernel, architecture,
                  machine_kind, virtualization, hardware_profile, time_zone FROM machine_os
                """,
                "DROP TABLE machine_os",
                "ALTER TABLE machine_os_by_id RENAME TO machine_os",
                "CREATE INDEX machine_os_hostname ON machine_os (hostname)",
                // Found by its hash with each snapshot: one look instead of two.
                """
                CREATE TABLE machine_credentials_by_hash (
                  token_hash TEXT PRIMARY KEY NOT NULL,
                  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
                  created_at BIGINT NOT NULL,
                  revoked_at BIGINT,
                  revoked_reason TEXT
                ) WITHOUT ROWID
                """,
                """
                INSERT INTO machine_credentials_by_hash
                SELECT token_hash, machine_id, created_at, revoked_at, revoked_reason FROM machine_credentials
                """,
                "DROP TABLE machine_credentials",
                "ALTER TABLE machine_credentials_by_hash RENAME TO machine_credentials",
                "CREATE INDEX machine_credentials_machine ON machine_credentials (machine_id)",
            ]
        ])

    /// What was a table of its own before, for those who ask in SQL.
    static let stateViews = """
        CREATE VIEW machine_metrics_latest AS
        SELECT machine_id, metrics_at AS at, load_1m, load_5m, load_15m, cpu_used_percent, cpu_user_percent,
          cpu_system_percent, cpu_iowait_percent, cpu_steal_percent, memory_total_bytes, memory_used_bytes,
          memory_available_bytes, memory_used_percent, swap_total_bytes, swap_used_bytes, root_used_percent,
          fullest_used_percent, disk_read_bytes_per_second, disk_written_bytes_per_second,
          received_bytes_per_second, transmitted_bytes_per_second, pressure_cpu_percent, pressure_memory_percent,
          pressure_io_percent, processes_total, celsius_max, uptime_seconds, booted_at, interval_seconds, cpu_count,
          cpu_nice_percent, cpu_irq_percent, cpu_idle_percent, memory_free_bytes, memory_buffers_bytes,
          memory_cached_bytes, processes_running, processes_blocked, threads_total, failed_units_json, cores_json,
          disks_json, interfaces_json, temperatures_json, fans_json, batteries_json
        FROM machine_state WHERE metrics_at IS NOT NULL;
        CREATE VIEW machine_kinds AS
        SELECT machine_id, kind, snapshot_uuid, archive_id, schema_version, effective_at, sequence, collected_at,
          received_at, payload_uuid, payload_digest, unchanged_since_at, has_unknown, unknown_json, attempted_at,
          attempted_sequence, collection_status, duration_ms, next_due_at, problems_count, problems_json, last_error,
          last_error_at, last_error_sequence, has_messages
        FROM machine_inventories
        UNION ALL
        SELECT machine_id, 'metrics', metrics_snapshot_uuid, metrics_archive_id, metrics_schema_version, metrics_at,
          metrics_sequence, metrics_collected_at, metrics_received_at, metrics_snapshot_uuid, NULL, NULL,
          metrics_has_unknown, metrics_unknown_json, metrics_attempted_at, metrics_attempted_sequence,
          metrics_collection_status, metrics_duration_ms, metrics_due_at, metrics_problems_count,
          metrics_problems_json, metrics_last_error, metrics_last_error_at, metrics_last_error_sequence,
          metrics_has_messages
        FROM machine_state WHERE metrics_attempted_at IS NOT NULL;
        """

    /// What `machine_state` had until now, in its order: a list reads the beginning of the row.
    static let listedState = """
        hardware_at BIGINT
        hardware_due_at BIGINT
        hardware_status {TEXT}
        hardware_warnings_json {TEXT}
        raid_degraded_count BIGINT
        disks_failing_count BIGINT
        metrics_at BIGINT
        metrics_due_at BIGINT
        metrics_status {TEXT}
        metrics_warnings_json {TEXT}
        booted_at BIGINT
        load_1m DOUBLE PRECISION
        cpu_count BIGINT
        cpu_used_percent DOUBLE PRECISION
        memory_used_percent DOUBLE PRECISION
        root_used_percent DOUBLE PRECISION
        fullest_mount_point {TEXT}
        fullest_used_percent DOUBLE PRECISION
        failed_units_count BIGINT
        celsius_max DOUBLE PRECISION
        apt_at BIGINT
        apt_due_at BIGINT
        apt_status {TEXT}
        apt_warnings_json {TEXT}
        packages_count BIGINT
        updates_count BIGINT
        security_updates_count BIGINT
        held_count BIGINT
        phased_count BIGINT
        autoremovable_count BIGINT
        obsolete_count BIGINT
        broken_count BIGINT
        updates_unknown_since_at BIGINT
        lists_updated_at BIGINT
        reboot_required BIGINT
        services_to_restart_count BIGINT
        docker_at BIGINT
        docker_due_at BIGINT
        docker_status {TEXT}
        docker_warnings_json {TEXT}
        engine {TEXT}
        containers_total BIGINT
        containers_running BIGINT
        containers_unhealthy BIGINT
        stacks_count BIGINT
        last_error_kind {TEXT}
        last_error {TEXT}
        last_error_at BIGINT
        """

    /// What `machine_kinds` had of metrics, but for `metrics_at` and `metrics_due_at`.
    static let metricsRecord = """
        metrics_snapshot_uuid {TEXT}
        metrics_archive_id BIGINT
        metrics_schema_version BIGINT
        metrics_sequence BIGINT
        metrics_collected_at BIGINT
        metrics_received_at BIGINT
        metrics_unknown_json {TEXT}
        metrics_attempted_at BIGINT
        metrics_attempted_sequence BIGINT
        metrics_collection_status {TEXT}
        metrics_duration_ms BIGINT
        metrics_problems_json {TEXT}
        metrics_last_error {TEXT}
        metrics_last_error_at BIGINT
        metrics_last_error_sequence BIGINT
        metrics_has_unknown BIGINT NOT NULL DEFAULT 0
        metrics_has_messages BIGINT NOT NULL DEFAULT 0
        metrics_problems_count BIGINT NOT NULL DEFAULT 0
        """

    private static let recorded = names(metricsRecord).split(separator: ", ").map { column in
        let value = "k.\(column.dropFirst("metrics_".count))"
        return metricsRecord.contains("\(column) BIGINT NOT NULL") ? "coalesce(\(value), 0)" : value
    }.joined(separator: ", ")

    /// What `machine_metrics_latest` had besides.
    static let latestMetrics = """
        load_5m DOUBLE PRECISION
        load_15m DOUBLE PRECISION
        cpu_user_percent DOUBLE PRECISION
        cpu_system_percent DOUBLE PRECISION
        cpu_iowait_percent DOUBLE PRECISION
        cpu_steal_percent DOUBLE PRECISION
        memory_total_bytes BIGINT
        memory_used_bytes BIGINT
        memory_available_bytes BIGINT
        swap_total_bytes BIGINT
        swap_used_bytes BIGINT
        disk_read_bytes_per_second DOUBLE PRECISION
        disk_written_bytes_per_second DOUBLE PRECISION
        received_bytes_per_second DOUBLE PRECISION
        transmitted_bytes_per_second DOUBLE PRECISION
        pressure_cpu_percent DOUBLE PRECISION
        pressure_memory_percent DOUBLE PRECISION
        pressure_io_percent DOUBLE PRECISION
        processes_total BIGINT
        uptime_seconds DOUBLE PRECISION
        interval_seconds DOUBLE PRECISION
        cpu_nice_percent DOUBLE PRECISION
        cpu_irq_percent DOUBLE PRECISION
        cpu_idle_percent DOUBLE PRECISION
        memory_free_bytes BIGINT
        memory_buffers_bytes BIGINT
        memory_cached_bytes BIGINT
        processes_running BIGINT
        processes_blocked BIGINT
        threads_total BIGINT
        failed_units_json {TEXT}
        cores_json {TEXT}
        disks_json {TEXT}
        interfaces_json {TEXT}
        temperatures_json {TEXT}
        fans_json {TEXT}
        batteries_json {TEXT}
        """

    static func lines(_ columns: String) -> String {
        columns.split(separator: "\n").joined(separator: ",\n  ")
    }

    static func names(_ columns: String, of table: String = "") -> String {
        columns.split(separator: "\n").map { "\(table)\($0.prefix { $0 != " " })" }.joined(separator: ", ")
    }
}
