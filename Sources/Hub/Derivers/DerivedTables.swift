/// The tables that derivers fill: what `rederive` can rebuild.
enum DerivedTables {
    /// What stands of a machine now; each row is replaced when the machine says something else.
    static let current = [
        "machine_inventories", "machine_sections", "machine_state", "machine_automatic_tags", "machine_os",
        "machine_hardware", "machine_disks", "machine_interfaces", "machine_addresses", "machine_pci_devices",
        "machine_host_keys", "machine_neighbors", "apt_packages", "apt_leftover_packages", "apt_planned_packages",
        "apt_sources", "apt_errors", "apt_reboots", "docker_engines",
        "docker_containers", "docker_images", "docker_image_references",
        "docker_volumes", "docker_networks", "docker_compose_stacks", "docker_stack_services",
    ]
    /// Columns of those that tell what the hub has noted of each contact: no snapshot says it, and it stays as it is.
    static let observed: [String: Set<String>] = ["machine_state": Set(ContactNote.columns.map(\.name))]
    /// What outlives its snapshots, and becomes another when one comes between two others.
    static let replayed = ["machine_events", "important_messages"]
    /// What only grows: each payload's rows are entered by themselves, in any order; see `HistoryTable`.
    static let entered = [
        "machine_host_key_sightings", "apt_applied_packages", "docker_container_events", "docker_image_events",
    ]
    /// Histories that begin with time; see `Migrations.derivedMetrics`.
    static let metricHistories = ["host_metrics", "container_metrics"]
    /// What is made of those by the hour and by 5 minutes; their keys begin with a block of time.
    static let rollups = RollupSpan.allCases.flatMap(\.tables)

    static var all: [String] { current + replayed + entered + metricHistories + rollups }
}
