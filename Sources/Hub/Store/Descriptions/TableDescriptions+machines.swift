extension TableDescriptions {
    static let machines = [
        DocumentedTable(
            "machine_inventories", .derived,
            "one row per machine and kind but metrics: the snapshot that the tables show",
            columns: machineKind),
        DocumentedTable(
            "machine_kinds", .derived,
            "the same of all kinds, metrics too; a join of many machines is faster with machine_inventories and machine_state",
            columns: machineKind, isView: true),
        DocumentedTable(
            "machine_sections", .derived, "parts that exist on the machine and could not be read; their rows are old",
            [
                "machine_id": machineID, "kind": "the kind they belong to",
                "pointer": "JSON pointer into the payload, items by name",
                "unknown_since_at": "since when it could not be read",
                "known_at": "moment of the snapshot that its rows are of; null where there never was one",
                "known_sequence": "that snapshot's sequence number",
            ]),
        DocumentedTable(
            "machine_state", .derived,
            "the newest state of a machine in one row: what a list needs, and all values of its newest metrics",
            columns: columns([
                "machine_id": machineID,
                "status": "worst of the kinds: ok, warning, critical; without what depends on the time of asking",
                "last_seen_at": "last snapshot that was taken from the machine; noted by the hub, as the next seven",
                "next_due_at": "when the next snapshot of any kind is due",
                "highest_sequence": "highest sequence number seen of it",
                "clock_skew_ms": "its clock minus the hub's, milliseconds",
                "remote_address": "address that it last came from",
                "spool_files": "snapshots that wait on its disk",
                "spool_bytes": "bytes that wait on its disk",
                "spool_dropped_total": "snapshots that its spool had to drop, ever",
            ])
                + longLast(machineState)
        ),
        DocumentedTable(
            "machine_automatic_tags", .derived, "tags that the hub gives by itself",
            [
                "machine_id": machineID, "tag": "as vm, proxmox, debian, docker",
                "kind": "the kind that shows it, or rule: see tag_rules",
            ]),
        DocumentedTable(
            "machine_events", .derived, "the timeline: what changed",
            [
                "machine_id": machineID,
                "event_id":
                    "hash of machine, snapshot, type and subject, or what an event of the hub's is about: one event, once",
                "at": "moment of the snapshot that showed it",
                "source": "snapshot, hub or operator",
                "kind": "kind of the snapshot",
                "snapshot_uuid": "the snapshot that showed it",
                "type": "as packages_upgraded, container_stopped",
                "severity": "info, warning or critical",
                "subject": "what it happened to",
                "message": "one sentence",
                "detail_json": "what changed, for programs",
            ]),
    ]

    /// What `machine_state` says of the machine; see `longLast`.
    private static let machineState =
        columns([
            "hardware_at": "moment of the hardware snapshot shown",
            "hardware_due_at": "when the next one is due",
            "hardware_status": "ok, warning or critical",
            "hardware_warnings_json": "why: code, severity, subject, message",
            "raid_degraded_count": "RAID arrays that are not whole",
            "disks_failing_count": "disks whose SMART verdict is bad",
            "metrics_at": "moment of the metrics shown",
            "metrics_due_at": "when the next ones are due",
            "metrics_status": "ok, warning or critical",
            "metrics_warnings_json": "why: code, severity, subject, message",
            "booted_at": "when the machine booted",
            "load_1m": "load average over one minute",
            "cpu_count": "logical CPUs online",
            "cpu_used_percent": "used share of all CPUs",
            "memory_used_percent": "share of memory that is not available",
            "root_used_percent": "used share of the file system at /",
            "fullest_mount_point": "the writable file system with the largest used share",
            "fullest_used_percent": "that share",
            "failed_units_count": "systemd units in the failed state",
            "celsius_max": "highest temperature of its sensors",
            "apt_at": "moment of the apt snapshot shown",
            "apt_due_at": "when the next one is due",
            "apt_status": "ok, warning or critical",
            "apt_warnings_json": "why: code, severity, subject, message",
            "packages_count": "packages that dpkg knows as installed",
            "updates_count": "installed packages that can be upgraded; without held and phased ones",
            "security_updates_count": "those from an origin of security updates",
            "held_count": "packages kept by a hold",
            "phased_count": "packages deferred on this machine by phasing",
            "autoremovable_count": "packages that nothing needs any more",
            "obsolete_count": "packages in no enabled source",
            "broken_count": "packages in a broken state",
            "updates_unknown_since_at": "since when APT's answer is unknown: the counts are old",
            "lists_updated_at": "last successful apt update",
            "reboot_required": "1 where the machine asks for a reboot",
            "services_to_restart_count": "services that still run deleted files",
            "docker_at": "moment of the docker snapshot shown",
            "docker_due_at": "when the next one is due",
            "docker_status": "ok, warning or critical",
            "docker_warnings_json": "why: code, severity, subject, message",
            "engine": "docker or podman; null without an engine",
            "containers_total": "containers in any state",
            "containers_running": "containers that run",
            "containers_unhealthy": "containers whose health check fails",
            "stacks_count": "compose stacks",
            "last_error_kind": "kind whose newest collecting failed",
            "last_error": "why it failed",
            "last_error_at": "when it failed",
        ])
        + columns([
            "metrics_snapshot_uuid": "the newest metrics snapshot",
            "metrics_archive_id": "its number in the archive",
            "metrics_schema_version": "version of its payload's schema",
            "metrics_sequence": "its sequence number",
            "metrics_collected_at": "when the agent collected it, by its clock",
            "metrics_received_at": "when the hub received it",
            "metrics_unknown_json": "JSON pointers of what could not be read, as sent",
            "metrics_attempted_at": "moment of the newest collecting of metrics, failed ones too",
            "metrics_attempted_sequence": "its sequence number",
            "metrics_collection_status": "how it went: ok, partial, failed",
            "metrics_duration_ms": "how long it took, milliseconds",
            "metrics_problems_json": "problems that it met: code, severity, source, message",
            "metrics_last_error": "why collecting metrics last failed; shown while that is so",
            "metrics_last_error_at": "when it last failed",
            "metrics_last_error_sequence": "sequence number of that snapshot",
            "metrics_has_unknown": "1 where something could not be read; see machine_sections",
            "metrics_has_messages": "1 where a message of metrics is open; see important_messages",
            "metrics_problems_count": "how many problems it met",
        ]) + hostValues.filter { !listed.contains($0.name) } + latestValues.filter { !listed.contains($0.name) }
        + columns([
            "filesystems_json": "each file system: machine_filesystems has it as rows",
            "filesystems_used_percent_max": "used share of the fullest of them, read-only ones among them",
        ])

    /// What is long stands behind all that is short.
    private static func longLast(_ columns: [(name: String, text: String)]) -> [(name: String, text: String)] {
        let isLong = { (name: String) in name.hasSuffix("_json") || name.hasSuffix("last_error") }
        return columns.filter { !isLong($0.name) } + columns.filter { isLong($0.name) }
    }

    /// Which snapshot of a kind the tables show, and how its collecting goes.
    private static let machineKind = columns([
        "machine_id": machineID,
        "kind": "hardware, metrics, apt, docker",
        "snapshot_uuid": "the newest snapshot whose state is shown",
        "archive_id": "its number in the archive: snapshots.id",
        "schema_version": "version of its payload's schema",
        "effective_at": "its moment",
        "sequence": "its sequence number",
        "collected_at": "when the agent collected it, by its clock",
        "received_at": "when the hub received it",
        "payload_uuid": "the snapshot that carries its payload",
        "payload_digest": "SHA-256 of its payload; of inventories",
        "unchanged_since_at": "since when the payload has been equal",
        "has_unknown": "1 where something could not be read; see machine_sections",
        "unknown_json": "JSON pointers of what could not be read, as sent",
        "attempted_at": "moment of the newest collecting, failed ones too",
        "attempted_sequence": "its sequence number",
        "collection_status": "how the newest collecting went: ok, partial, failed",
        "duration_ms": "how long it took, milliseconds",
        "next_due_at": "when the next one is due, by the hub's clock",
        "problems_count": "problems that it met",
        "problems_json": "those problems: code, severity, source, message",
        "last_error": "why collecting last failed; shown while collection_status is failed",
        "last_error_at": "when it last failed",
        "last_error_sequence": "sequence number of that snapshot",
        "has_messages": "1 where a message of the kind is open; see important_messages",
    ])

    /// Values of metrics that stand among what a list shows.
    private static let listed: Set = [
        "booted_at", "load_1m", "cpu_count", "cpu_used_percent", "memory_used_percent", "root_used_percent",
        "fullest_used_percent", "celsius_max",
    ]
}
