import Contracts

/// The tables that derivers fill: what `rederive` can rebuild.
enum DerivedTables {
    /// What stands of a machine now; each row is replaced when the machine says something else.
    static let current = [
        "machine_kinds", "machine_sections", "machine_state", "machine_automatic_tags", "machine_os",
        "machine_hardware", "machine_disks", "machine_interfaces", "machine_addresses", "machine_pci_devices",
        "machine_host_keys", "machine_neighbors", "machine_metrics_latest", "machine_filesystems", "apt_packages",
        "apt_leftover_packages", "apt_planned_packages", "apt_sources", "apt_errors", "apt_reboots", "docker_engines",
        "docker_containers", "docker_images", "docker_image_references",
        "docker_volumes", "docker_networks", "docker_compose_stacks", "docker_stack_services",
    ]
    /// What only grows, and outlives its snapshots.
    static let histories = [
        "machine_events", "important_messages", "machine_host_key_sightings", "apt_applied_packages",
        "docker_container_events",
        "docker_image_events",
    ]
    /// Histories that begin with time; see `Migrations.derivedMetrics`.
    static let metricHistories = ["host_metrics", "container_metrics"]
    /// What is made of those by the hour and by 5 minutes; their keys begin with a block of time.
    static let rollups = ["host_metrics_5m", "host_metrics_1h", "filesystem_metrics_1h", "container_metrics_1h"]

    static var all: [String] { current + histories + metricHistories + rollups }

    /// A machine's rows of a table.
    static func dump(_ table: String) -> Statement {
        Statement("derive.dump.\(table)", "SELECT * FROM \(table) WHERE machine_id = ?1")
    }

    /// A machine's rows of a metric history between two moments, bucket by bucket.
    ///
    /// - Parameter first: the first column of its key: a bucket, or a block of them.
    static func dumpHistory(_ table: String, by first: String = "bucket_at") -> Statement {
        Statement(
            "derive.dump.\(table)",
            """
            WITH RECURSIVE buckets (\(first)) AS (
              SELECT min(\(first)) FROM \(table) WHERE \(first) >= ?2 UNION ALL
              SELECT (SELECT min(h.\(first)) FROM \(table) h WHERE h.\(first) > b.\(first))
              FROM buckets b WHERE b.\(first) < ?3)
            SELECT h.* FROM buckets b JOIN \(table) h ON h.\(first) = b.\(first) AND h.machine_id = ?1
            """)
    }

    static func dumpRollup(_ table: String) -> Statement { dumpHistory(table, by: "block_at") }

    static let statements =
        (current + histories).map(dump) + metricHistories.map { dumpHistory($0) } + rollups.map(dumpRollup)
}
