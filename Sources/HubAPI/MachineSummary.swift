package import Contracts

/// One machine as a list or a tile shows it. What could not be read is absent, never 0.
package struct MachineSummary: Codable, Equatable, Sendable {
    package var name: String
    package var machineID: Identifier
    package var freshness: Freshness
    /// The worst of `reasons`.
    package var status: HealthStatus
    package var reasons: [HealthReason]
    package var lastSeenAt: Timestamp?
    package var nextDueAt: Timestamp?
    package var retiredAt: Timestamp?
    package var hostname: String?
    /// As `Debian GNU/Linux 12 (bookworm)`.
    package var os: String?
    /// `physical`, `vm`, `lxc`, …
    package var machineKind: String?
    package var agentVersion: String?
    package var tags: [String]
    /// What is shown here but older than it should be: `apt_lists`, or a kind.
    package var stale: [String]
    package var unknown: [UnknownSection]
    package var updates: UpdateCounts?
    package var rebootRequired: Bool?
    package var containers: ContainerCounts?
    package var stacksTotal: Int?
    package var load: Double?
    package var cpuUsedPercent: Double?
    package var memoryUsedPercent: Double?
    package var rootUsedPercent: Double?
    /// The mount point that has the least left, in percent.
    package var fullestFilesystem: FullestFilesystem?
    package var uptimeSeconds: Double?

    package init(
        name: String, machineID: Identifier, freshness: Freshness, status: HealthStatus, reasons: [HealthReason]
    ) {
        self.name = name
        self.machineID = machineID
        self.freshness = freshness
        self.status = status
        self.reasons = reasons
        tags = []
        stale = []
        unknown = []
    }

    package enum CodingKeys: String, CodingKey {
        case name
        case machineID = "machine_id"
        case freshness, status, reasons
        case lastSeenAt = "last_seen_at"
        case nextDueAt = "next_due_at"
        case retiredAt = "retired_at"
        case hostname, os
        case machineKind = "machine_kind"
        case agentVersion = "agent_version"
        case tags, stale, unknown, updates
        case rebootRequired = "reboot_required"
        case containers
        case stacksTotal = "stacks_total"
        case load = "load_1m"
        case cpuUsedPercent = "cpu_used_percent"
        case memoryUsedPercent = "memory_used_percent"
        case rootUsedPercent = "root_used_percent"
        case fullestFilesystem = "fullest_filesystem"
        case uptimeSeconds = "uptime_seconds"
    }
}

/// Packages by what APT would do with them; `pending` has something to install.
package struct UpdateCounts: Codable, Equatable, Sendable {
    package var pending: Int
    package var security: Int
    package var held: Int
    package var phased: Int
    /// When APT's lists were last fetched, where that is known.
    package var listsUpdatedAt: Timestamp?
    /// Set where the counts are the last that could be read: since when they are not known any more.
    package var unknownSince: Timestamp?

    package init(pending: Int, security: Int, held: Int, phased: Int) {
        self.pending = pending
        self.security = security
        self.held = held
        self.phased = phased
    }

    package enum CodingKeys: String, CodingKey {
        case pending, security, held, phased
        case listsUpdatedAt = "lists_updated_at"
        case unknownSince = "unknown_since"
    }
}

package struct ContainerCounts: Codable, Equatable, Sendable {
    package var total: Int
    package var running: Int
    package var unhealthy: Int
    /// As in `UpdateCounts`.
    package var unknownSince: Timestamp?

    package init(total: Int, running: Int, unhealthy: Int) {
        self.total = total
        self.running = running
        self.unhealthy = unhealthy
    }

    package enum CodingKeys: String, CodingKey {
        case total, running, unhealthy
        case unknownSince = "unknown_since"
    }
}

package struct FullestFilesystem: Codable, Equatable, Sendable {
    package var mountPoint: String
    package var usedPercent: Double

    package init(mountPoint: String, usedPercent: Double) {
        self.mountPoint = mountPoint
        self.usedPercent = usedPercent
    }

    package enum CodingKeys: String, CodingKey {
        case mountPoint = "mount_point"
        case usedPercent = "used_percent"
    }
}
