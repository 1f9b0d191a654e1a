/// A table whose rows are deleted one by one, the oldest first.
struct AgedTable: Sendable {
    let name: String
    /// Parameters: before when, how many at most.
    let delete: Statement
    /// Parameter: before when.
    let measure: Statement

    /// - Parameter bytes: an expression for what a row holds besides its columns.
    init(_ name: String, keys: [String], at: String, bytes: String = "0") {
        self.name = name
        let key = keys.joined(separator: ", ")
        delete = Statement(
            "retention.\(name).delete",
            """
            DELETE FROM \(name) WHERE \(keys.count > 1 ? "(\(key))" : key) IN (
              SELECT \(key) FROM \(name) WHERE \(at) < ?1 ORDER BY \(at) LIMIT ?2)
            RETURNING \(bytes) AS bytes
            """)
        measure = Statement(
            "retention.\(name).measure",
            """
            SELECT count(*) AS entries, min(\(at)) AS oldest, CAST(COALESCE(sum(\(bytes)), 0) AS BIGINT) AS bytes
            FROM \(name) WHERE \(at) < ?1
            """)
    }

    static let events = [
        AgedTable("machine_events", keys: ["machine_id", "event_id"], at: "at"),
        // What is open has no end yet.
        AgedTable("important_messages", keys: ["machine_id", "message_id"], at: "closed_at"),
        AgedTable(
            "apt_applied_packages", keys: ["machine_id", "started_at", "name", "architecture", "operation"],
            at: "started_at"),
        AgedTable("docker_container_events", keys: ["machine_id", "at", "container_id", "action"], at: "at"),
        AgedTable("docker_image_events", keys: ["machine_id", "at", "image", "action"], at: "at"),
    ]
    static let audit = AgedTable("audit_log", keys: ["id"], at: "at")
    static let quarantine = AgedTable("quarantine", keys: ["id"], at: "received_at", bytes: "length(body)")
    static let hubMetrics = AgedTable("hub_metrics", keys: ["at"], at: "at")
    static let cleanupRuns = AgedTable("cleanup_runs", keys: ["id"], at: "started_at")

    static let statements = (events + [audit, quarantine, hubMetrics, cleanupRuns]).flatMap { [$0.delete, $0.measure] }
}

/// A table whose rows stand in buckets or blocks of time, by machine inside: deleted in the order of its key.
struct BucketTable: Sendable {
    let name: String
    /// Milliseconds of a bucket or block.
    let length: Int64
    /// Parameter: before when. The first bucket.
    let first: Statement
    /// Parameters: bucket, how many rows. The machine up to which they reach.
    let reach: Statement
    /// Parameters: bucket, the last machine.
    let delete: Statement
    /// Of a table whose rows stand as they come: the expired ones among the first. Parameters: before when, among how many.
    let deleteFirst: Statement?
    /// Parameter: before when.
    let measure: Statement

    init(_ name: String, column: String, length: Int64, isInOrderOfArrival: Bool = false) {
        self.name = name
        self.length = length
        first = Statement(
            "retention.\(name).first", "SELECT min(\(column)) AS bucket FROM \(name) WHERE \(column) < ?1")
        reach = Statement(
            "retention.\(name).reach",
            "SELECT machine_id FROM \(name) WHERE \(column) = ?1 ORDER BY machine_id LIMIT 1 OFFSET ?2")
        delete = Statement(
            "retention.\(name).delete", "DELETE FROM \(name) WHERE \(column) = ?1 AND machine_id <= ?2")
        let oldest = "(SELECT min(entry) FROM \(name))"
        // The sum keeps SQLite from the index of the column, in whose order each row has a page of its own.
        deleteFirst =
            isInOrderOfArrival
            ? Statement(
                "retention.\(name).delete_first",
                """
                DELETE FROM \(name) WHERE entry >= \(oldest) AND entry < \(oldest) + CAST(?2 AS BIGINT)
                  AND \(column) + 0 < ?1
                """) : nil
        measure = Statement(
            "retention.\(name).measure",
            "SELECT count(*) AS entries, min(\(column)) AS oldest, 0 AS bytes FROM \(name) WHERE \(column) < ?1")
    }

    static let raw = DerivedTables.metricHistories.map {
        BucketTable(
            $0, column: "bucket_at", length: MetricsDeriver.bucket, isInOrderOfArrival: $0 == "host_metrics")
    }
    static let fiveMinutes = BucketTable(
        RollupSpan.fiveMinutes.table, column: "block_at", length: RollupSpan.fiveMinutes.block)
    static let hourly = RollupSpan.hour.tables.map {
        BucketTable($0, column: "block_at", length: RollupSpan.hour.block)
    }

    /// Only what is over as a whole is deleted.
    func whole(_ cutoff: Int64) -> Int64 {
        cutoff - cutoff % length - (length > MetricsDeriver.bucket ? length - 1 : 0)
    }

    static let statements = (raw + [fiveMinutes] + hourly).flatMap {
        [$0.first, $0.reach, $0.delete, $0.measure] + [$0.deleteFirst].compactMap { $0 }
    }
}

/// Archived snapshots of a kind, by when they were received.
enum SnapshotExpiry {
    /// Never the newest derived one of its machine and kind, the one that carries its payload, or a held one; and never
    /// one that rows of a section are of which could not be read since, or the first that could not read it: both say
    /// what a rebuild would not know otherwise.
    private static func expired(_ row: String) -> String {
        """
        \(row).kind = ?1 AND \(row).received_at >= ?2 AND \(row).received_at < ?3 AND \(row).result <> 'held'
            AND NOT EXISTS (SELECT 1 FROM machine_inventories k WHERE k.machine_id = \(row).machine_id
              AND k.kind = \(row).kind
              AND (k.snapshot_uuid = \(row).snapshot_uuid OR k.payload_uuid = \(row).snapshot_uuid))
            AND NOT EXISTS (SELECT 1 FROM machine_state t WHERE t.machine_id = \(row).machine_id
              AND t.metrics_snapshot_uuid = \(row).snapshot_uuid)
            AND NOT EXISTS (SELECT 1 FROM machine_sections u WHERE u.machine_id = \(row).machine_id
              AND u.kind = \(row).kind
              AND (u.known_at = \(row).effective_at OR u.unknown_since_at = \(row).effective_at))
        """
    }

    /// Never one that a snapshot in the archive names; when those are gone, the next pass takes it. Parameters: kind,
    /// from when, before when, how many at most.
    static let delete = Statement(
        "retention.snapshots.delete",
        """
        DELETE FROM snapshots WHERE id IN (
          SELECT s.id FROM snapshots s WHERE \(expired("s"))
            AND NOT EXISTS (SELECT 1 FROM snapshots r WHERE r.machine_id = s.machine_id
              AND r.same_as = s.snapshot_uuid)
          ORDER BY s.received_at LIMIT ?4)
        RETURNING machine_id, effective_at, received_at, length(body) AS bytes
        """)
    /// What passes of `delete` would take. Parameters: kind, from when, before when.
    static let measure = Statement(
        "retention.snapshots.measure",
        """
        SELECT count(*) AS entries, min(s.received_at) AS oldest,
          CAST(COALESCE(sum(length(s.body)), 0) AS BIGINT) AS bytes
        FROM snapshots s WHERE \(expired("s"))
            AND NOT EXISTS (SELECT 1 FROM snapshots r WHERE r.machine_id = s.machine_id
              AND r.same_as = s.snapshot_uuid AND NOT (\(expired("r"))))
        """)
    /// The oldest snapshot that is left after those that were deleted; see `archive_baselines`. Parameters: machine,
    /// kind, the last moment of a deleted one.
    static let baseline = Statement(
        "retention.baseline",
        """
        INSERT INTO archive_baselines (machine_id, kind, at)
        SELECT m.id, CAST(?2 AS TEXT), COALESCE((SELECT min(s.effective_at) FROM snapshots s
          WHERE s.machine_id = ?1 AND s.kind = ?2 AND s.effective_at >= ?3 AND s.collection_status <> 'failed'
            AND s.result <> 'held'), CAST(?3 AS BIGINT))
        FROM machines m WHERE m.id = ?1
        ON CONFLICT (machine_id, kind) DO UPDATE SET at = excluded.at WHERE excluded.at > archive_baselines.at
        """)

    static let statements = [delete, measure, baseline]
}
