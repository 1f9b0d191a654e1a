extension TableDescriptions {
    private static let charted: [(name: String, text: String)] = [
        ("load_1m", "load average over 1 minute"), ("cpu_used_percent", "used share of all CPUs"),
        ("cpu_iowait_percent", "share idle while waiting for disks"),
        ("cpu_steal_percent", "share that the hypervisor gave to others"),
        ("memory_used_percent", "used share of memory"), ("swap_used_bytes", "swap in use"),
        ("root_used_percent", "used share of the file system at /"),
        ("fullest_used_percent", "used share of the fullest writable file system"),
        ("disk_read_bytes_per_second", "read from all disks"),
        ("disk_written_bytes_per_second", "written to all disks"),
        ("received_bytes_per_second", "received on all outer interfaces"),
        ("transmitted_bytes_per_second", "sent on all outer interfaces"),
        ("pressure_cpu_percent", "time in which some task waited for a CPU"),
        ("pressure_memory_percent", "time in which some task waited for memory"),
        ("pressure_io_percent", "time in which some task waited for disks"),
        ("processes_total", "processes"), ("celsius_max", "highest temperature of the sensors"),
    ]

    private static func minAvgMax(_ figures: [(name: String, text: String)]) -> [(name: String, text: String)] {
        figures.flatMap { figure in
            [("min", "least"), ("avg", "mean"), ("max", "most")].map {
                (name: "\(figure.name)_\($0.0)", text: "\(figure.text): \($0.1)")
            }
        }
    }

    private static func bucket(_ span: String, block: String) -> [(name: String, text: String)] {
        [
            ("block_at", "beginning of the \(block) that the row stands in, with which the key begins"),
            ("machine_id", machineID), ("bucket_at", "beginning of the \(span) that it sums up"),
            ("samples", "snapshots in them"),
        ]
    }

    private static let totals: [(name: String, text: String)] = [
        ("received_bytes_total", "received since its start"), ("transmitted_bytes_total", "sent since its start"),
        ("read_bytes_total", "read since its start"), ("written_bytes_total", "written since its start"),
    ]

    static let history = [
        DocumentedTable(
            "host_metrics_5m", .derived, "host_metrics by 5 minutes; ask with block_at, with which its key begins",
            columns: bucket("5 minutes", block: "hour") + minAvgMax(charted)),
        DocumentedTable(
            "host_metrics_1h", .derived, "host_metrics by the hour; ask with block_at, with which its key begins",
            columns: bucket("hour", block: "day") + minAvgMax(charted)),
        DocumentedTable(
            "filesystem_metrics_1h", .derived, "file systems by the hour, those that can be written",
            columns: bucket("hour", block: "day") + [("mount_point", "where it is mounted")]
                + minAvgMax([
                    ("used_percent", "used share, as df"), ("inodes_used_percent", "used share of the inodes"),
                ])),
        DocumentedTable(
            "container_metrics_1h", .derived, "container_metrics by the hour",
            columns: bucket("hour", block: "day")
                + [("container_id", "the engine's id: docker_containers.container_id")]
                + minAvgMax([
                    ("cpu_percent", "of one CPU: 250 is two and a half"),
                    ("memory_used_bytes", "memory without cache that can be dropped"),
                ]) + [("memory_limit_bytes_max", "its limit: most")]
                + totals.flatMap {
                    [
                        (name: "\($0.name)_min", text: "\($0.text): least"),
                        (name: "\($0.name)_max", text: "\($0.text): most; less than before after a restart"),
                    ]
                }),
        DocumentedTable(
            "history_marks", .observed, "how far histories are rolled up, and before when they were cut",
            [
                "name": "as 5m.closed (buckets before are rolled up) or metrics.cut (rows before were deleted)",
                "at": "the moment",
            ]),
        DocumentedTable(
            "history_late", .observed, "buckets to be rolled up again, since something came late",
            ["machine_id": machineID, "span": "5m or 1h", "bucket_at": "beginning of the bucket"]),
        DocumentedTable(
            "archive_baselines", .observed,
            "the oldest snapshot that retention has left: events until then stay, and are not derived again",
            ["machine_id": machineID, "kind": "kind of the snapshots", "at": "effective_at of that snapshot"]),
        DocumentedTable(
            "cleanup_runs", .observed, "each run of retention that deleted something or failed",
            [
                "id": "row id", "started_at": "when it began", "ended_at": "when it ended",
                "cause": "schedule, command, or disk where the space was short", "rows_deleted": "rows deleted",
                "bytes_deleted": "bytes of the snapshots and bodies among them",
                "bytes_returned": "by which the database file shrank", "rules_json": "rows by rule",
                "error": "why it ended early",
            ]),
        DocumentedTable(
            "hub_metrics", .observed, "the hub's own figures, one row a minute",
            [
                "at": "end of the minute", "interval_seconds": "time that rates and counts cover",
                "snapshots_taken": "answered with 2xx", "snapshots_per_second": "the same by time",
                "answers_json": "answers to snapshots by status", "queue_depth": "snapshots that waited at its end",
                "queue_depth_max": "most that waited", "commits": "transactions of ingest",
                "commit_ms_p50": "their time, median", "commit_ms_p99": "99th percentile", "commit_ms_max": "longest",
                "delay_ms_max": "age of the oldest snapshot that came: what spools gave back",
                "connections_open": "kept connections", "database_bytes": "size of the database file",
                "database_free_bytes": "pages in it that are in no use", "wal_bytes": "size of its write-ahead log",
                "disk_available_bytes": "free for the hub on its file system",
                "quarantine_entries": "refused bodies kept", "snapshots_held": "archived and not derivable yet",
                "spooling_machines": "machines whose last snapshot told of waiting ones",
                "spool_files": "snapshots that wait there", "spool_bytes": "their bytes",
                "resident_bytes": "memory of the hub's process",
                "slow_statements_json": "statements that took 10 ms or more: name, times, longest",
            ]),
    ]
}
