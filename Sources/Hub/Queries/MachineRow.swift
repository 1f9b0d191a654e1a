import Contracts
import HubAPI

/// A row of `machines.list` on its way to a summary; positions are those of the statement's columns.
struct MachineRow {
    private enum Position {
        static let id = 0, name = 1, uuid = 2, created = 3, lastSeen = 4, nextDue = 5, retired = 6
        static let agentVersion = 7, hostname = 8, osName = 9, osVersion = 10, osCodename = 11, machineKind = 12
        static let clone = 13
        /// `…_at`, `…_due_at`, `…_status` of each kind follow each other.
        static let metrics = 17
        static let kinds = [("hardware", 14), ("metrics", metrics), ("apt", 20), ("docker", 23)]
        static let raidDegraded = 26, disksFailing = 27, booted = 28, load = 29, cpuUsed = 30, memoryUsed = 31
        static let rootUsed = 32, fullestMountPoint = 33, fullestUsed = 34, failedUnits = 35, updates = 36
        static let security = 37, held = 38, phased = 39, broken = 40, updatesUnknown = 41, listsUpdated = 42
        static let reboot = 43, containers = 44, running = 45, unhealthy = 46, stacks = 47
    }

    let row: any SQLRowReader

    init(_ row: any SQLRowReader) { self.row = row }

    func summary(extras: MachineQueries.Extras, hearing: Hearing, now: Timestamp) -> MachineSummary? {
        guard let id = row.integer(Position.id), let name = row.text(Position.name),
            let uuid = row.text(Position.uuid).flatMap(Identifier.init(_:)),
            let created = row.integer(Position.created)
        else { return nil }
        let promise = FreshnessRule.Promise(
            last: row.integer(Position.lastSeen), due: row.integer(Position.nextDue),
            metricsAt: row.integer(Position.metrics), metricsDue: row.integer(Position.metrics + 1))
        let freshness = hearing.freshness(of: id, promise, created: created)
        var machine = MachineSummary(
            name: name, machineID: uuid, freshness: freshness, status: .ok, reasons: [])
        machine.lastSeenAt = time(Position.lastSeen)
        machine.nextDueAt = promise.due.map { Timestamp(milliseconds: $0) }
        machine.retiredAt = time(Position.retired)
        machine.hostname = row.text(Position.hostname)
        machine.os = Self.operatingSystem(
            name: row.text(Position.osName), version: row.text(Position.osVersion),
            codename: row.text(Position.osCodename))
        machine.machineKind = row.text(Position.machineKind)
        machine.agentVersion = row.text(Position.agentVersion)
        machine.tags = extras.tags[id] ?? []
        machine.unknown = extras.unknown[id] ?? []
        machine.updates = updates(unknown: machine.unknown, now: now)
        machine.rebootRequired = row.integer(Position.reboot).map { $0 != 0 }
        machine.containers = containers(unknown: machine.unknown)
        machine.stacksTotal = count(Position.stacks)
        machine.load = row.real(Position.load)
        machine.cpuUsedPercent = row.real(Position.cpuUsed)
        machine.memoryUsedPercent = row.real(Position.memoryUsed)
        machine.rootUsedPercent = row.real(Position.rootUsed)
        if let point = row.text(Position.fullestMountPoint), let used = row.real(Position.fullestUsed) {
            machine.fullestFilesystem = FullestFilesystem(mountPoint: point, usedPercent: used)
        }
        if let booted = row.integer(Position.booted), let seen = row.integer(Position.lastSeen), seen >= booted {
            machine.uptimeSeconds = Double((seen - booted) / 1000)
        }
        machine.stale = stale(hearing, now: now.milliseconds)
        machine.reasons = MachineHealth.reasons(of: machine, signs: signs(unknown: machine.unknown))
        machine.status = machine.reasons.map(\.severity).max() ?? .ok
        return machine
    }

    private func signs(unknown: [UnknownSection]) -> MachineHealth.Signs {
        MachineHealth.Signs(
            brokenPackages: row.integer(Position.broken), failedUnits: row.integer(Position.failedUnits),
            degradedArrays: row.integer(Position.raidDegraded), failingDisks: row.integer(Position.disksFailing),
            cloneSuspected: row.integer(Position.clone) != nil,
            failedKinds: unknown.filter(\.section.isEmpty).map(\.kind),
            areUpdatesUnread: row.integer(Position.updatesUnknown) != nil)
    }

    private func stale(_ hearing: Hearing, now: Int64) -> [String] {
        var stale: [String] = []
        for (kind, position) in Position.kinds {
            guard let received = row.integer(position) else { continue }
            let freshness = hearing.kindFreshness(received: received, due: row.integer(position + 1))
            if freshness == .late { stale.append(kind) }
        }
        if FreshnessRule.areListsStale(row.integer(Position.listsUpdated), now: now) { stale.append("apt_lists") }
        return stale
    }

    /// Counts of old lists say nothing about today: they are those of then.
    private func updates(unknown: [UnknownSection], now: Timestamp) -> UpdateCounts? {
        guard let pending = count(Position.updates) else { return nil }
        var updates = UpdateCounts(
            pending: pending, security: count(Position.security) ?? 0, held: count(Position.held) ?? 0,
            phased: count(Position.phased) ?? 0)
        updates.listsUpdatedAt = time(Position.listsUpdated)
        let listsAt = row.integer(Position.listsUpdated)
        updates.unknownSince =
            [time(Position.updatesUnknown), unknown.first { $0.kind == "apt" && $0.section.isEmpty }?.since]
            .compactMap { $0 }.min()
            ?? (FreshnessRule.areListsStale(listsAt, now: now.milliseconds) ? updates.listsUpdatedAt : nil)
        return updates
    }

    private func containers(unknown: [UnknownSection]) -> ContainerCounts? {
        guard let total = count(Position.containers) else { return nil }
        var containers = ContainerCounts(
            total: total, running: count(Position.running) ?? 0, unhealthy: count(Position.unhealthy) ?? 0)
        containers.unknownSince =
            unknown.first {
                $0.kind == "docker" && ($0.section.isEmpty || $0.section == "/containers")
            }?.since
        return containers
    }

    private func time(_ position: Int) -> Timestamp? {
        row.integer(position).map { Timestamp(milliseconds: $0) }
    }

    private func count(_ position: Int) -> Int? { row.integer(position).map { Int($0) } }

    /// `Debian GNU/Linux 12.9 (bookworm)`, of what of it is known.
    static func operatingSystem(name: String?, version: String?, codename: String?) -> String? {
        guard let name else { return nil }
        return name + (version.map { " \($0)" } ?? "") + (codename.map { " (\($0))" } ?? "")
    }
}
