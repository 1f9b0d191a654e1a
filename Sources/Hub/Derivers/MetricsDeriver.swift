import Contracts

/// `metrics` into newest values and histories.
enum MetricsDeriver: KindDeriver {
    /// Histories stand in buckets of this many milliseconds; see `Migrations.derivedMetrics`.
    static let bucket: Int64 = 300_000

    static let tables: [DerivedTable] = []

    /// All the newest values: those that a list shows, and those that `machine_metrics_latest` and `machine_filesystems`
    /// show.
    static let state = StateColumns(
        .metrics,
        MetricsValues.columns.map { .init($0.name, $0.section) } + [
            .init("booted_at", "/booted_at"), .init("cpu_count", "/cpu"),
            .init("fullest_mount_point", "/filesystems"), .init("failed_units_count", "/failed_units"),
            .init("uptime_seconds", "/uptime_seconds"), .init("interval_seconds", "/interval_seconds"),
            .init("cpu_nice_percent", "/cpu"), .init("cpu_irq_percent", "/cpu"), .init("cpu_idle_percent", "/cpu"),
            .init("memory_free_bytes", "/memory"), .init("memory_buffers_bytes", "/memory"),
            .init("memory_cached_bytes", "/memory"), .init("processes_running", "/processes"),
            .init("processes_blocked", "/processes"), .init("threads_total", "/processes"),
            .init("failed_units_json", "/failed_units"), .init("cores_json", "/cpu"), .init("disks_json", "/disks"),
            .init("interfaces_json", "/interfaces"), .init("temperatures_json", "/temperatures"),
            .init("fans_json", "/fans"), .init("batteries_json", "/batteries"),
            .init("filesystems_json", "/filesystems"), .init("filesystems_used_percent_max", "/filesystems"),
        ])

    static func derive(_ payload: MetricsV1, of snapshot: ArchivedSnapshot) -> Derived {
        derive(
            payload, at: snapshot.effectiveAt, values: MetricsValues.values(payload),
            filesystems: MetricsLists.byMountPoint(payload))
    }

    /// - Parameters:
    ///   - values: those of `MetricsValues`.
    ///   - filesystems: the payload's, by mount point.
    static func derive(
        _ payload: MetricsV1, at: Timestamp, values: [SQLValue], filesystems: [MetricsV1.Filesystem]
    ) -> Derived {
        let cpu = payload.cpu
        let memory = payload.memory
        let processes = payload.processes
        let more = [
            payload.bootedAt.sqlValue, (cpu?.count).sqlValue, (MetricsValues.fullest(payload)?.mountPoint).sqlValue,
            (payload.failedUnits?.count).sqlValue, payload.uptimeSeconds.sqlValue, payload.intervalSeconds.sqlValue,
            (cpu?.nicePercent).sqlValue, (cpu?.irqPercent).sqlValue, (cpu?.idlePercent).sqlValue,
            (memory?.freeBytes).sqlValue, (memory?.buffersBytes).sqlValue, (memory?.cachedBytes).sqlValue,
            (processes?.running).sqlValue, (processes?.blocked).sqlValue, (processes?.threads).sqlValue,
            JSONText.strings(payload.failedUnits).sqlValue, MetricsLists.cores(cpu).sqlValue,
            MetricsLists.disks(payload).sqlValue, MetricsLists.interfaces(payload).sqlValue,
            MetricsLists.temperatures(payload).sqlValue, MetricsLists.fans(payload).sqlValue,
            MetricsLists.batteries(payload).sqlValue, MetricsLists.filesystems(filesystems, at: at).sqlValue,
            filesystems.compactMap { $0.usedPercent?.value }.max().sqlValue,
        ]
        var derived = Derived()
        derived.state = values + more
        derived.warnings = warnings(payload)
        return derived
    }

    static func warnings(_ payload: MetricsV1) -> [StateWarning] { MetricsWarnings.of(payload) }

    static func lingering(_ payload: MetricsV1) -> [StateWarning] { MetricsWarnings.of(payload, isLingering: true) }

    static func enterHistories(
        _ payload: MetricsV1, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {
        try MetricsHistory(payload, MetricsValues.values(payload), MetricsLists.byMountPoint(payload))
            .enter(snapshot, into: connection)
    }

    /// What rows of histories begin with: their key, and the number of the snapshot that they are of.
    static let historyKey = ["bucket_at", "machine_id", "at", "sequence"]
    static let hostColumns = MetricsValues.columns.map(\.name) + ["filesystems_json"]
    static let containerColumns = [
        "cpu_percent", "memory_used_bytes", "memory_limit_bytes", "received_bytes_total", "transmitted_bytes_total",
        "read_bytes_total", "written_bytes_total",
    ]

    private static func history(
        _ label: String, _ table: String, key: [String], columns: [String], looksForCut: Bool = true
    ) -> Statement {
        let all = historyKey + key + columns
        let values = all.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let condition = "CAST(?1 AS BIGINT) >= COALESCE((SELECT at FROM history_marks WHERE name = 'metrics.cut'), 0)"
        let target = (historyKey.dropLast() + key).joined(separator: ", ")
        return Statement(
            label,
            """
            INSERT INTO \(table) (\(all.joined(separator: ", ")))
            \(looksForCut ? "SELECT \(values) WHERE \(condition)" : "VALUES (\(values))")
            ON CONFLICT (\(target)) DO UPDATE SET
              \((["sequence"] + columns).map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
            WHERE excluded.sequence >= \(table).sequence
            """)
    }

    /// Nothing is entered where retention has cut, so that an old snapshot derived again leaves no trace there.
    static let host = history("derive.host_metrics", "host_metrics", key: [], columns: hostColumns)
    /// The same for whoever has looked already.
    static let hostAfterCut = history(
        "derive.host_metrics.after_cut", "host_metrics", key: [], columns: hostColumns, looksForCut: false)
    static let container = history(
        "derive.container_metrics", "container_metrics", key: ["container_id"], columns: containerColumns)
    /// All that a snapshot puts into the machine's row, at once: for one that knows everything and comes in its order,
    /// after others like it, to a machine of which no message of metrics is open and no error of them is shown. Nothing is
    /// done where that is not so.
    static let newestOfQuiet = newest("newest_of_quiet", and: isQuiet)
    /// The same, and what is to be noted of the contact.
    static let newestOfQuietAndContact = newest(
        "newest_of_quiet_and_contact", and: isQuiet, contact: ContactNote.columns)
    private static let isQuiet = """
          AND machine_state.metrics_has_messages = 0
          AND machine_state.last_error_kind IS DISTINCT FROM 'metrics'
        """
    /// The same to any machine. It tells whether a message is open, and whose error is shown.
    static let newest = newest("newest", and: "RETURNING metrics_has_messages, last_error_kind")

    private static func newest(_ label: String, and rest: String, contact: [ContactNote.Column] = []) -> Statement {
        let record = KindStatements.ofSnapshot.compactMap { pair in
            KindStatements.metricsColumn(pair.0).map { ($0, pair.1) }
        }
        let others = ["metrics_status", "metrics_warnings_json"] + state.columns.map(\.name)
        let own = record.map(\.0) + others
        let columns = own + contact.map(\.name)
        let values = record.map(\.1) + (others + contact.map(\.name)).indices.map { "?\(14 + $0)" }
        let sets = own.map { "\($0) = excluded.\($0)" } + contact.map { $0.set(to: "excluded.\($0.name)") }
        func order(_ table: String, _ columns: String...) -> String {
            "(" + columns.map { "\(table).metrics_\($0)" }.joined(separator: ", ") + ")"
        }
        return Statement(
            "derive.machine_state.metrics.\(label)",
            """
            INSERT INTO machine_state (machine_id, status, \(columns.joined(separator: ", ")))
            VALUES (?1, ?14, \(values.joined(separator: ", ")))
            ON CONFLICT (machine_id) DO UPDATE SET
              \(sets.joined(separator: ", ")), status = \(state.worst)
            WHERE machine_state.metrics_has_unknown = 0
              AND (machine_state.metrics_at IS NULL OR \(order("excluded", "at", "sequence", "snapshot_uuid"))
                > \(order("machine_state", "at", "sequence", "snapshot_uuid")))
              AND (machine_state.metrics_attempted_at IS NULL OR \(order("excluded", "at", "sequence"))
                >= \(order("machine_state", "attempted_at", "attempted_sequence")))
            \(rest)
            """)
    }

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

    static let historyStatements =
        [host, hostAfterCut, container, newestOfQuiet, newestOfQuietAndContact, newest] + erasures
}

extension Derivation {
    /// Written without a look at what stands there: this is the path of most snapshots.
    func applyMetrics(_ payload: MetricsV1) throws -> DerivationResult {
        let prepared = snapshot.prepared ?? PreparedMetrics(payload, at: snapshot.effectiveAt)
        try prepared.history.enter(snapshot, into: connection)
        let derived = prepared.derived
        guard (snapshot.head.collection.unknown ?? []).isEmpty, let hasMessages = try advanceMetrics(derived) else {
            return try applyMetrics(payload, derived)
        }
        if replay != nil || hasMessages || !derived.warnings.isEmpty {
            try enterMessages(payload, hasMessages: hasMessages)
        }
        return .derived
    }

    /// Whether a message was open; nil where the snapshot is not simply the next one.
    private func advanceMetrics(_ derived: Derived) throws -> Bool? {
        let status: [SQLValue] = [
            StateWarning.worst(derived.warnings).rawValue.sqlValue, try StateWarning.text(derived.warnings),
        ]
        let values = [try KindRecord.values(of: snapshot), status, derived.state]
        if let contact = snapshot.contact {
            if try connection.run(MetricsDeriver.newestOfQuietAndContact, pieces: values + [contact.values]) == 1 {
                contact.noted()
                return false
            }
        } else if try connection.run(MetricsDeriver.newestOfQuiet, pieces: values) == 1 {
            return false
        }
        guard let row = try connection.rows(MetricsDeriver.newest, Array(values.joined())).first else { return nil }
        try showError(insteadOf: row[1])
        return row[0].integer == 1
    }

    /// A snapshot that came late, or knows less than everything, or follows one that did.
    private func applyMetrics(_ payload: MetricsV1, _ derived: Derived) throws -> DerivationResult {
        guard
            let advanced = try KindRecord.advance(
                to: snapshot, kind, payload: snapshot.head.snapshotID, unchangedSince: nil, in: connection)
        else {
            try fillUnknown(payload, try KindRecord.read(snapshot.machineID, kind, in: connection))
            try enterMessages(payload, hasMessages: true)
            return .stale
        }
        try put(derived, at: order, due: advanced.nextDueAt)
        try enterMessages(payload, hasMessages: advanced.hasMessages)
        return .derived
    }
}
