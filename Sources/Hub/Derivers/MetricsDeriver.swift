import Contracts

/// `metrics` into latest values, file systems and histories.
enum MetricsDeriver: KindDeriver {
    /// Histories stand in buckets of this many milliseconds; see `Migrations.derivedMetrics`.
    static let bucket: Int64 = 300_000

    static let latest = DerivedTable(
        "machine_metrics_latest", section: "", keys: [],
        columns: [.row("at")] + MetricsValues.columns.map { .section($0.name, $0.section) } + [
            .section("uptime_seconds", "/uptime_seconds"), .section("booted_at", "/booted_at"),
            .section("interval_seconds", "/interval_seconds"), .section("cpu_count", "/cpu"),
            .section("cpu_nice_percent", "/cpu"), .section("cpu_irq_percent", "/cpu"),
            .section("cpu_idle_percent", "/cpu"), .section("memory_free_bytes", "/memory"),
            .section("memory_buffers_bytes", "/memory"), .section("memory_cached_bytes", "/memory"),
            .section("processes_running", "/processes"), .section("processes_blocked", "/processes"),
            .section("threads_total", "/processes"), .section("failed_units_json", "/failed_units"),
            .section("cores_json", "/cpu"), .section("disks_json", "/disks"),
            .section("interfaces_json", "/interfaces"), .section("temperatures_json", "/temperatures"),
            .section("fans_json", "/fans"), .section("batteries_json", "/batteries"),
        ])
    static let filesystems = DerivedTable(
        "machine_filesystems", section: "/filesystems", keys: ["mount_point"],
        columns: [
            "at", "device", "type", "total_bytes", "used_bytes", "available_bytes", "used_percent", "inodes_total",
            "inodes_used", "inodes_available", "inodes_used_percent", "read_only",
        ].map { .row($0) })
    static let tables = [latest, filesystems]

    static let state = StateColumns(
        .metrics,
        [
            .init("booted_at", "/booted_at"), .init("load_1m", "/load"), .init("cpu_count", "/cpu"),
            .init("cpu_used_percent", "/cpu"), .init("memory_used_percent", "/memory"),
            .init("root_used_percent", "/filesystems"), .init("fullest_mount_point", "/filesystems"),
            .init("fullest_used_percent", "/filesystems"), .init("failed_units_count", "/failed_units"),
            .init("celsius_max", "/temperatures"),
        ])

    static func derive(_ payload: MetricsV1, of snapshot: ArchivedSnapshot) -> Derived {
        derive(payload, at: snapshot.effectiveAt, values: MetricsValues.values(payload))
    }

    /// - Parameter values: those of `MetricsValues`.
    static func derive(_ payload: MetricsV1, at: Timestamp, values: [SQLValue]) -> Derived {
        let cpu = payload.cpu
        let memory = payload.memory
        let processes = payload.processes
        let fullest = MetricsValues.fullest(payload)
        let more: [any SQLBindable] = [
            payload.uptimeSeconds, payload.bootedAt, payload.intervalSeconds, cpu?.count, cpu?.nicePercent,
            cpu?.irqPercent, cpu?.idlePercent, memory?.freeBytes, memory?.buffersBytes, memory?.cachedBytes,
            processes?.running, processes?.blocked, processes?.threads, JSONText.strings(payload.failedUnits),
            MetricsLists.cores(cpu), MetricsLists.disks(payload), MetricsLists.interfaces(payload),
            MetricsLists.temperatures(payload), MetricsLists.fans(payload), MetricsLists.batteries(payload),
        ]
        var derived = Derived()
        derived.tables = [
            .init(latest, [DerivedRow(keys: [], values: [at.sqlValue] + values + more.map { $0.sqlValue })]),
            .init(filesystems, (payload.filesystems ?? []).map { row($0, at: at) }),
        ]
        let state: [any SQLBindable] = [
            payload.bootedAt, payload.load?.oneMinute, cpu?.count, cpu?.usedPercent, memory?.usedPercent,
            MetricsValues.root(payload)?.usedPercent, fullest?.mountPoint, fullest?.usedPercent,
            payload.failedUnits?.count, payload.temperatures?.map(\.celsius).max(),
        ]
        derived.state = state.map { $0.sqlValue }
        derived.warnings = warnings(payload)
        return derived
    }

    static func warnings(_ payload: MetricsV1) -> [StateWarning] { MetricsWarnings.of(payload) }

    static func lingering(_ payload: MetricsV1) -> [StateWarning] { MetricsWarnings.of(payload, isLingering: true) }

    private static func row(_ filesystem: MetricsV1.Filesystem, at: Timestamp) -> DerivedRow {
        DerivedRow(
            keys: [filesystem.mountPoint],
            [
                at, filesystem.device, filesystem.type, filesystem.totalBytes, filesystem.usedBytes,
                filesystem.availableBytes, filesystem.usedPercent, filesystem.inodesTotal, filesystem.inodesUsed,
                filesystem.inodesAvailable, filesystem.inodesUsedPercent, filesystem.readOnly,
            ])
    }

    static func enterHistories(
        _ payload: MetricsV1, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {
        try MetricsHistory(payload).enter(snapshot, into: connection)
    }

    /// What rows of histories begin with: their key, and the number of the snapshot that they are of.
    static let historyKey = ["bucket_at", "machine_id", "at", "sequence"]
    static let hostColumns = MetricsValues.columns.map(\.name) + ["filesystems_json"]
    static let containerColumns = [
        "cpu_percent", "memory_used_bytes", "memory_limit_bytes", "received_bytes_total", "transmitted_bytes_total",
        "read_bytes_total", "written_bytes_total",
    ]

    /// - Parameter returning: what comes back of a row that was written.
    private static func history(
        _ label: String, _ table: String, key: [String], columns: [String], returning: String = ""
    ) -> Statement {
        let all = historyKey + key + columns
        let target = (historyKey.dropLast() + key).joined(separator: ", ")
        return Statement(
            label,
            """
            INSERT INTO \(table) (\(all.joined(separator: ", ")))
            SELECT \(all.indices.map { "?\($0 + 1)" }.joined(separator: ", "))
            WHERE CAST(?1 AS BIGINT) >= COALESCE((SELECT at FROM history_marks WHERE name = 'metrics.cut'), 0)
            ON CONFLICT (\(target)) DO UPDATE SET
              \((["sequence"] + columns).map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
            WHERE excluded.sequence >= \(table).sequence\(returning)
            """)
    }

    /// Nothing is entered where retention has cut, so that an old snapshot derived again leaves no trace there. What
    /// comes back tells whether the row came too late for its rollup, without a statement of its own.
    static let host = history(
        "derive.host_metrics", "host_metrics", key: [], columns: hostColumns,
        returning: "\nRETURNING (SELECT at FROM history_marks WHERE name = '5m.closed') AS closed_until")
    static let container = history(
        "derive.container_metrics", "container_metrics", key: ["container_id"], columns: containerColumns)
    /// File systems that the newest snapshot did not touch are gone.
    static let dropFilesystems = Statement(
        "derive.machine_filesystems.drop", "DELETE FROM machine_filesystems WHERE machine_id = ?1 AND at <> ?2")

    /// A machine's rows of a history: found bucket by bucket, since the key begins with time.
    private static func erase(_ table: String, by first: String = "bucket_at") -> Statement {
        Statement(
            "derive.\(table).erase",
            """
            DELETE FROM \(table) WHERE machine_id = ?1 AND \(first) IN (
              WITH RECURSIVE buckets (\(first)) AS (
                SELECT min(\(first)) FROM \(table) UNION ALL
                SELECT (SELECT min(h.\(first)) FROM \(table) h WHERE h.\(first) > b.\(first))
                FROM buckets b WHERE b.\(first) IS NOT NULL)
              SELECT \(first) FROM buckets)
            """)
    }

    private static let erasures =
        DerivedTables.metricHistories.map { erase($0) } + DerivedTables.rollups.map { erase($0, by: "block_at") }
        + [Rollup.forgetLate]

    /// Deletes what a machine left in the histories, which no foreign key does.
    static func erase(_ machine: Int64, from connection: any SQLConnection) throws {
        for erasure in erasures { try connection.run(erasure, machine) }
    }

    static let historyStatements = [host, container, dropFilesystems] + erasures
}

extension Derivation {
    /// Written without a look at what stands there: this is the path of most snapshots.
    func applyMetrics(_ payload: MetricsV1) throws -> DerivationResult {
        let prepared = snapshot.prepared ?? PreparedMetrics(payload, at: snapshot.effectiveAt)
        try prepared.history.enter(snapshot, into: connection)
        guard
            let advanced = try KindRecord.advance(
                to: snapshot, payload: snapshot.head.snapshotID, unchangedSince: nil, in: connection)
        else {
            try fillUnknown(payload, try KindRecord.read(snapshot.machineID, kind, in: connection))
            try enterMessages(payload, hasMessages: true)
            return .stale
        }
        let derived = prepared.derived
        if advanced.hasUnknown {
            try put(derived, at: order, due: advanced.nextDueAt)
            try enterMessages(payload, hasMessages: advanced.hasMessages)
            return .derived
        }
        for entry in derived.tables {
            for row in entry.rows {
                try connection.run(entry.table.upsert, [snapshot.machineID.sqlValue] + row.keys + row.values)
            }
        }
        try connection.run(MetricsDeriver.dropFilesystems, snapshot.machineID, order.effectiveAt)
        try setState(
            MetricsDeriver.state, at: order.effectiveAt, due: advanced.nextDueAt, values: derived.state,
            warnings: derived.warnings)
        if replay != nil || advanced.hasMessages || !derived.warnings.isEmpty {
            try enterMessages(payload, hasMessages: advanced.hasMessages)
        }
        return .derived
    }
}
