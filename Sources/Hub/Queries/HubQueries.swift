import Contracts
import HubAPI

/// `vigie hub`: the hub's own figures.
enum HubQueries {
    static let machines = Statement(
        "hub.machines",
        """
        SELECT m.created_at, t.last_seen_at, t.next_due_at, t.metrics_at, t.metrics_due_at, m.id
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id
        LEFT JOIN machine_state t ON t.machine_id = m.id WHERE s.retired_at IS NULL
        """)
    // The archive is too long to be counted: its newest row id is what it has taken.
    static let snapshots = Statement("hub.snapshots", "SELECT max(id) AS newest FROM snapshots")
    static let held = Statement(
        "hub.held", "SELECT count(*) AS entries FROM snapshots WHERE result = 'held'")
    static let quarantine = Statement("hub.quarantine", "SELECT count(*) AS entries FROM quarantine")
    static let schema = Statement("hub.schema", "SELECT max(version) AS version FROM schema_migrations")

    static let figures = Statement(
        "hub.figures",
        """
        SELECT at, interval_seconds, snapshots_per_second, answers_json, queue_depth, queue_depth_max, commits,
          commit_ms_p50, commit_ms_p99, commit_ms_max, delay_ms_max, connections_open, database_free_bytes, wal_bytes,
          disk_available_bytes, resident_bytes, spooling_machines, spool_files, spool_bytes, slow_statements_json
        FROM hub_metrics WHERE at > ?1 ORDER BY at DESC LIMIT 1
        """)
    static let cleanup = Statement(
        "hub.cleanup",
        """
        SELECT started_at, cause, rows_deleted, bytes_deleted, bytes_returned, error FROM cleanup_runs
        ORDER BY started_at DESC, id DESC LIMIT 1
        """)
    /// Figures that are older are not those of a hub that serves.
    private static let newFigures: Int64 = 180_000

    static let all = [machines, snapshots, held, quarantine, schema, figures, cleanup]

    /// - Parameter heardSince: since when the hub has been able to hear machines; nil says always.
    static func status(
        _ connection: any SQLConnection, now: Timestamp, heardSince: Int64? = nil
    ) throws -> HubStatus {
        var counts: [Freshness: Int] = [:]
        let hearing = try Hearing(connection, now: now.milliseconds, since: heardSince)
        try connection.each(machines, []) { row in
            guard let created = row.integer(0), let machine = row.integer(5) else { return true }
            let promise = FreshnessRule.Promise(
                last: row.integer(1), due: row.integer(2), metricsAt: row.integer(3), metricsDue: row.integer(4))
            let freshness = hearing.freshness(of: machine, promise, created: created)
            counts[freshness, default: 0] += 1
            return true
        }
        var status = HubStatus(
            version: Vigie.version, now: now,
            machines: MachineCounts(
                total: counts.values.reduce(0, +), ok: counts[.ok] ?? 0, late: counts[.late] ?? 0,
                offline: counts[.offline] ?? 0, new: counts[.new] ?? 0),
            schemaVersion: try connection.row(schema)?.integer("version") ?? 0)
        status.snapshotsTotal = try connection.row(snapshots)?.integer("newest") ?? 0
        status.snapshotsHeld = try connection.row(held)?.integer("entries") ?? 0
        status.quarantined = try connection.row(quarantine)?.integer("entries") ?? 0
        status.figures = try connection.row(figures, now.milliseconds - newFigures).flatMap(HubFigures.init(row:))
        status.lastCleanup = try connection.row(cleanup).flatMap(CleanupSummary.init(row:))
        return status
    }
}
