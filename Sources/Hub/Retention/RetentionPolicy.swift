import Contracts

/// How long what is kept, and how much of the disk may be used: `[retention]` of hub.toml.
struct RetentionPolicy: Equatable, Sendable {
    /// Archived metrics snapshots, by when they were received.
    var metricsHours = 48
    /// Of the database in all; beyond, the oldest metrics go first, see `Retention.relieve`.
    var databaseBytes = 64 << 30
    /// Left on the disk for others, or a twentieth of it where that is less.
    var minimumFreeBytes = 512 << 20
    /// `host_metrics` and `container_metrics`.
    var hostMetricsDays = 14
    var rollup5mDays = 90
    /// All hourly rollups.
    var rollup1hDays = 730
    /// Archived snapshots of the other kinds.
    var inventoryDays = 90
    /// Events, and the histories of packages and containers.
    var eventsDays = 730
    var auditDays = 400
    var quarantineDays = 7
    var hubMetricsDays = 90

    /// An audit log that is shorter is none.
    static let leastAuditDays = 365
    /// Snapshots come up to 30 days late; what they come late for must still be there.
    static let leastInventoryDays = 31

    /// What is wrong with the values together, in words; nil where nothing is.
    var contradiction: String? {
        if auditDays < Self.leastAuditDays {
            return "retention.audit_days must be \(Self.leastAuditDays) or more"
        }
        if inventoryDays < Self.leastInventoryDays {
            return "retention.inventory_days must be \(Self.leastInventoryDays) or more: snapshots may come that late"
        }
        if eventsDays < inventoryDays {
            return "retention.events_days must not be less than retention.inventory_days, which events are made of"
        }
        if rollup1hDays < hostMetricsDays {
            return "retention.rollup_1h_days must not be less than retention.host_metrics_days"
        }
        return nil
    }

    /// The bytes to leave free on a disk of that size.
    func minimumFree(ofTotal total: Int64) -> Int64 { min(Int64(minimumFreeBytes), total / 20) }
}

/// What retention deletes, rule by rule, in the order in which they are applied.
enum RetentionRule: String, CaseIterable, Sendable {
    case metricsSnapshots = "metrics_snapshots"
    case inventorySnapshots = "inventory_snapshots"
    case rawMetrics = "raw_metrics"
    case rollup5m = "rollup_5m"
    case rollup1h = "rollup_1h"
    case events
    case audit
    case quarantine
    case hubMetrics = "hub_metrics"

    /// For people: what it is about.
    var words: String {
        switch self {
        case .metricsSnapshots: "archived metrics snapshots"
        case .inventorySnapshots: "archived hardware, apt and docker snapshots"
        case .rawMetrics: "metrics as they came"
        case .rollup5m: "metrics by 5 minutes"
        case .rollup1h: "metrics by the hour"
        case .events: "events, packages' and containers' history"
        case .audit: "audit log"
        case .quarantine: "quarantine"
        case .hubMetrics: "the hub's own figures"
        }
    }

    /// How long it is kept, in milliseconds.
    func age(_ policy: RetentionPolicy) -> Int64 {
        let day: Int64 = 86_400_000
        return switch self {
        case .metricsSnapshots: Int64(policy.metricsHours) * 3_600_000
        case .inventorySnapshots: Int64(policy.inventoryDays) * day
        case .rawMetrics: Int64(policy.hostMetricsDays) * day
        case .rollup5m: Int64(policy.rollup5mDays) * day
        case .rollup1h: Int64(policy.rollup1hDays) * day
        case .events: Int64(policy.eventsDays) * day
        case .audit: Int64(policy.auditDays) * day
        case .quarantine: Int64(policy.quarantineDays) * day
        case .hubMetrics: Int64(policy.hubMetricsDays) * day
        }
    }

    /// What is older is deleted.
    func cutoff(_ policy: RetentionPolicy, now: Timestamp) -> Int64 { now.milliseconds - age(policy) }

    var kinds: [Kind] {
        switch self {
        case .metricsSnapshots: [.metrics]
        case .inventorySnapshots: Kind.allCases.filter { $0 != .metrics }
        default: []
        }
    }

    /// Tables whose rows stand in buckets or blocks of time.
    var buckets: [BucketTable] {
        switch self {
        case .rawMetrics: BucketTable.raw
        case .rollup5m: [.fiveMinutes]
        case .rollup1h: BucketTable.hourly
        default: []
        }
    }

    /// Tables whose rows have a moment with an index.
    var rows: [AgedTable] {
        switch self {
        case .events: AgedTable.events
        case .audit: [.audit]
        case .quarantine: [.quarantine]
        case .hubMetrics: [.hubMetrics, .cleanupRuns]
        default: []
        }
    }
}
