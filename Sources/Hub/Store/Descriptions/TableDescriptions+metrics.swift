extension TableDescriptions {
    static let hostValues = columns([
        "load_1m": "load average over 1 minute", "load_5m": "load average over 5 minutes",
        "load_15m": "load average over 15 minutes", "cpu_used_percent": "used share of all CPUs",
        "cpu_user_percent": "share in programs", "cpu_system_percent": "share in the kernel",
        "cpu_iowait_percent": "share idle while waiting for disks",
        "cpu_steal_percent": "share that the hypervisor gave to others", "memory_total_bytes": "memory in all",
        "memory_used_bytes": "memory that is not available", "memory_available_bytes": "memory that programs can get",
        "memory_used_percent": "used share of it", "swap_total_bytes": "swap in all", "swap_used_bytes": "swap in use",
        "root_used_percent": "used share of the file system at /",
        "fullest_used_percent": "used share of the fullest writable file system",
        "disk_read_bytes_per_second": "read from all disks", "disk_written_bytes_per_second": "written to all disks",
        "received_bytes_per_second": "received on all outer interfaces",
        "transmitted_bytes_per_second": "sent on all outer interfaces",
        "pressure_cpu_percent": "time in which some task waited for a CPU, over 60 s",
        "pressure_memory_percent": "time in which some task waited for memory, over 60 s",
        "pressure_io_percent": "time in which some task waited for disks, over 60 s",
        "processes_total": "processes", "celsius_max": "highest temperature of the sensors",
    ])

    /// What the newest metrics have besides.
    static let latestValues = columns([
        "uptime_seconds": "seconds since boot", "booted_at": "when it booted",
        "interval_seconds": "time that rates and shares cover", "cpu_count": "logical CPUs online",
        "cpu_nice_percent": "share in programs of low priority", "cpu_irq_percent": "share in interrupts",
        "cpu_idle_percent": "idle share", "memory_free_bytes": "memory in no use at all",
        "memory_buffers_bytes": "buffers", "memory_cached_bytes": "page cache",
        "processes_running": "ready or on a CPU", "processes_blocked": "waiting for input or output",
        "threads_total": "threads", "failed_units_json": "systemd units that failed",
        "cores_json": "used share of each CPU", "disks_json": "rates of each disk",
        "interfaces_json": "rates and errors of each interface", "temperatures_json": "each sensor",
        "fans_json": "each fan", "batteries_json": "each battery",
    ])

    static let metrics = [
        DocumentedTable(
            "machine_metrics_latest", .derived, "newest metrics of each machine",
            columns: columns(["machine_id": machineID, "at": "moment of the snapshot"]) + hostValues + latestValues,
            isView: true),
        DocumentedTable(
            "machine_filesystems", .derived, "file systems, newest values",
            columns: columns([
                "machine_id": machineID, "mount_point": "where it is mounted", "at": "moment of the values",
                "device": "its device", "type": "as ext4", "total_bytes": "size", "used_bytes": "in use",
                "available_bytes": "free for programs that are not root's", "used_percent": "used share, as df",
                "inodes_total": "inodes in all", "inodes_used": "inodes in use", "inodes_available": "inodes free",
                "inodes_used_percent": "used share of the inodes", "read_only": "1 where it cannot be written",
            ]), isView: true),
        DocumentedTable(
            "host_metrics", .derived, "history of metrics, one row a snapshot; ask with bucket_at, which is its key",
            columns: columns([
                "bucket_at": "beginning of the five minutes that the row stands in", "machine_id": machineID,
                "at": "moment of the snapshot", "sequence": "its sequence number",
            ]) + hostValues
                + columns([
                    "filesystems_json":
                        "of each file system that can be written: mount point, used share, used share of inodes",
                    "entry": "number of the row, in the order in which rows came",
                ])),
        DocumentedTable(
            "container_metrics", .derived, "history of containers' metrics; ask with bucket_at, which is its key",
            [
                "bucket_at": "beginning of the five minutes that the row stands in", "machine_id": machineID,
                "container_id": "the engine's id: docker_containers.container_id", "at": "moment of the snapshot",
                "sequence": "its sequence number", "cpu_percent": "of one CPU: 250 is two and a half",
                "memory_used_bytes": "memory without cache that can be dropped",
                "memory_limit_bytes": "its limit", "received_bytes_total": "received since its start",
                "transmitted_bytes_total": "sent since its start", "read_bytes_total": "read since its start",
                "written_bytes_total": "written since its start",
            ]),
    ]
}
