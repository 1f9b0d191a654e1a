extension Migrations {
    /// What derivers make of payloads; every table here can be rebuilt from the archive.
    ///
    /// Every key begins with `machine_id` but those of the metric histories, which begin with time: new rows then fall
    /// on few pages, whatever the number of machines.
    static let derived = Migration(
        version: 2, name: "derived",
        sql: derivedMachines + derivedHardware + derivedMetrics + derivedAPT + derivedDocker + derivedEvents)

    /// `machine_id` of a table of which the machine has many rows, or one.
    static let ofMachine = "machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE"
    static let oneOfMachine = "machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE"

    private static let derivedMachines = """
        CREATE TABLE machine_kinds (
          \(ofMachine),
          kind {TEXT} NOT NULL,
          snapshot_uuid {TEXT},
          archive_id BIGINT,
          schema_version BIGINT,
          effective_at BIGINT,
          sequence BIGINT,
          collected_at BIGINT,
          received_at BIGINT,
          payload_uuid {TEXT},
          payload_digest {TEXT},
          unchanged_since_at BIGINT,
          has_unknown BIGINT NOT NULL DEFAULT 0,
          unknown_json {TEXT},
          attempted_at BIGINT NOT NULL,
          attempted_sequence BIGINT NOT NULL,
          collection_status {TEXT} NOT NULL,
          duration_ms BIGINT,
          next_due_at BIGINT,
          problems_count BIGINT NOT NULL DEFAULT 0,
          problems_json {TEXT},
          last_error {TEXT},
          last_error_at BIGINT,
          last_error_sequence BIGINT,
          PRIMARY KEY (machine_id, kind)
        );
        CREATE INDEX machine_kinds_due ON machine_kinds (kind, next_due_at);
        CREATE TABLE machine_sections (
          \(ofMachine),
          kind {TEXT} NOT NULL,
          pointer {TEXT} NOT NULL,
          unknown_since_at BIGINT NOT NULL,
          known_at BIGINT,
          known_sequence BIGINT,
          PRIMARY KEY (machine_id, kind, pointer)
        ) {KEYED};
        CREATE TABLE machine_state (
          \(oneOfMachine),
          status {TEXT} NOT NULL,
          hardware_at BIGINT,
          hardware_due_at BIGINT,
          hardware_status {TEXT},
          hardware_warnings_json {TEXT},
          raid_degraded_count BIGINT,
          disks_failing_count BIGINT,
          metrics_at BIGINT,
          metrics_due_at BIGINT,
          metrics_status {TEXT},
          metrics_warnings_json {TEXT},
          booted_at BIGINT,
          load_1m DOUBLE PRECISION,
          cpu_count BIGINT,
          cpu_used_percent DOUBLE PRECISION,
          memory_used_percent DOUBLE PRECISION,
          root_used_percent DOUBLE PRECISION,
          fullest_mount_point {TEXT},
          fullest_used_percent DOUBLE PRECISION,
          failed_units_count BIGINT,
          celsius_max DOUBLE PRECISION,
          apt_at BIGINT,
          apt_due_at BIGINT,
          apt_status {TEXT},
          apt_warnings_json {TEXT},
          packages_count BIGINT,
          updates_count BIGINT,
          security_updates_count BIGINT,
          held_count BIGINT,
          phased_count BIGINT,
          autoremovable_count BIGINT,
          obsolete_count BIGINT,
          broken_count BIGINT,
          updates_unknown_since_at BIGINT,
          lists_updated_at BIGINT,
          reboot_required BIGINT,
          services_to_restart_count BIGINT,
          docker_at BIGINT,
          docker_due_at BIGINT,
          docker_status {TEXT},
          docker_warnings_json {TEXT},
          engine {TEXT},
          containers_total BIGINT,
          containers_running BIGINT,
          containers_unhealthy BIGINT,
          stacks_count BIGINT,
          last_error_kind {TEXT},
          last_error {TEXT},
          last_error_at BIGINT
        );
        CREATE INDEX machine_state_status ON machine_state (status);
        CREATE TABLE machine_automatic_tags (
          \(ofMachine),
          tag {TEXT} NOT NULL,
          kind {TEXT} NOT NULL,
          PRIMARY KEY (machine_id, tag, kind)
        ) {KEYED};
        CREATE INDEX machine_automatic_tags_tag ON machine_automatic_tags (tag, machine_id);

        """

    private static let derivedEvents = """
        CREATE TABLE machine_events (
          \(ofMachine),
          event_id {TEXT} NOT NULL,
          at BIGINT NOT NULL,
          source {TEXT} NOT NULL CHECK (source IN ('snapshot', 'hub', 'operator')),
          kind {TEXT},
          snapshot_uuid {TEXT},
          type {TEXT} NOT NULL,
          severity {TEXT} NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
          subject {TEXT} NOT NULL,
          message {TEXT} NOT NULL,
          detail_json {TEXT},
          PRIMARY KEY (machine_id, event_id)
        ) {KEYED};
        CREATE INDEX machine_events_at ON machine_events (at);
        CREATE INDEX machine_events_machine_at ON machine_events (machine_id, at);
        CREATE INDEX machine_events_snapshot ON machine_events (machine_id, snapshot_uuid);
        CREATE INDEX machine_events_type ON machine_events (type, at);

        """
}
