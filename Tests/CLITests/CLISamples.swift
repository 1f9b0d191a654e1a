import Contracts
import HubAPI

/// Answers of a hub, as a test wants them.
enum CLISamples {
    static let now = Timestamp(milliseconds: 1_790_000_000_000)

    static func id(_ number: UInt64) -> Identifier { Identifier(milliseconds: 1_790_000_000_000, random: (number, 0)) }

    static func ago(seconds: Int64) -> Timestamp { now.adding(milliseconds: -seconds * 1000) }

    static var machines: [MachineSummary] {
        var well = MachineSummary(name: "web-01", machineID: id(1), freshness: .ok, status: .ok, reasons: [])
        well.lastSeenAt = ago(seconds: 20)
        well.os = "Debian GNU/Linux 12.12 (bookworm)"
        well.tags = ["docker", "web"]
        well.updates = UpdateCounts(pending: 0, security: 0, held: 1, phased: 2)
        well.updates?.listsUpdatedAt = ago(seconds: 7200)
        well.containers = ContainerCounts(total: 4, running: 3, unhealthy: 0)
        well.load = 0.5
        well.memoryUsedPercent = 41.25
        well.fullestFilesystem = FullestFilesystem(mountPoint: "/srv", usedPercent: 40)
        well.rebootRequired = false
        var ill = MachineSummary(
            name: "db, main", machineID: id(2), freshness: .offline, status: .critical,
            reasons: [HealthReason(code: "offline", severity: .critical, message: "offline")])
        ill.lastSeenAt = ago(seconds: 3 * 86_400)
        ill.updates = UpdateCounts(pending: 5, security: 2, held: 0, phased: 0)
        ill.updates?.unknownSince = ago(seconds: 3 * 86_400 + 60)
        return [well, ill]
    }
}
