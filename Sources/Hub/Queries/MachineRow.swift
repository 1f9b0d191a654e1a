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

    let row: SQLRow

    init(_ row: SQLRow) { self.row = row }

    func summary(extras: MachineQueries.Extras, now: Timestamp) -> MachineSummary? {
        guard let id = row[Position.id].integer, let name = row[Position.name].text,
            let uuid = row[Position.uuid].text.flatMap(Identifier.init(_:)),
            let created = row[Position.created].integer
        else { return nil }
        let promise = FreshnessRule.Promise(
            last: row[Position.lastSeen].integer, due: row[Position.nextDue].integer,
            metricsAt: row[Position.metrics].integer, metricsDue: row[Position.metrics + 1].integer)
        let freshness = FreshnessRule.freshness(promise, created: created, now: now.milliseconds)
        var machine = MachineSummary(
            name: name, machineID: uuid, freshness: freshness, status: .ok, reasons: [])
        machine.lastSeenAt = time(Position.lastSeen)
        machine.nextDueAt = promise.due.map { Timestamp(milliseconds: $0) }
        machine.retiredAt = time(Position.retired)
        machine.hostname = row[Position.hostname].text
        machine.os = Self.operatingSystem(
            name: row[Position.osName].text, version: row[Position.osVersion].text,
            codename: row[Position.osCodename].text)
        machine.machineKind = row[Position.machineKind].text
        machine.agentVersion = row[Position.agentVersion].text
        machine.tags = extras.tags[id] ?? []
        machine.unknown = extras.unknown[id] ?? []
        machine.updates = updates()
        machine.rebootRequired = row[Position.reboot].integer.map { $0 != 0 }
        machine.containers = containers(unknown: machine.unknown)
        machine.stacksTotal = count(Position.stacks)
        machine.load = row[Position.load].real
        machine.cpuUsedPercent = row[Position.cpuUsed].real
        machine.memoryUsedPercent = row[Position.memoryUsed].real
        machine.rootUsedPercent = row[Position.rootUsed].real
        if let point = row[Position.fullestMountPoint].text, let used = row[Position.fullestUsed].real {
            machine.fullestFilesystem = FullestFilesystem(mountPoint: point, usedPercent: used)
        }
        if let booted = row[Position.booted].integer, let seen = row[Position.lastSeen].integer, seen >= booted {
            machine.uptimeSeconds = Double((seen - booted) / 1000)
        }
        machine.stale = stale(now: now.milliseconds)
        machine.reasons = MachineHealth.reasons(of: machine, signs: signs())
        machine.status = machine.reasons.map(\.severity).max() ?? .ok
        return machine
    }

    private func signs() -> MachineHealth.Signs {
        MachineHealth.Signs(
            brokenPackages: row[Position.broken].integer, failedUnits: row[Position.failedUnits].integer,
            degradedArrays: row[Position.raidDegraded].integer, failingDisks: row[Position.disksFailing].integer,
            cloneSuspected: !row[Position.clone].isNull,
            failedKinds: Position.kinds.filter { row[$0.1 + 2].text == "failed" }.map(\.0))
    }

    private func stale(now: Int64) -> [String] {
        var stale: [String] = []
        for (kind, position) in Position.kinds {
            guard let received = row[position].integer else { continue }
            let freshness = FreshnessRule.kindFreshness(received: received, due: row[position + 1].integer, now: now)
            if freshness == .late { stale.append(kind) }
        }
        if FreshnessRule.areListsStale(row[Position.listsUpdated].integer, now: now) { stale.append("apt_lists") }
        return stale
    }

    private func updates() -> UpdateCounts? {
        guard let pending = count(Position.updates) else { return nil }
        var updates = UpdateCounts(
            pending: pending, security: count(Position.security) ?? 0, held: count(Position.held) ?? 0,
            phased: count(Position.phased) ?? 0)
        updates.listsUpdatedAt = time(Position.listsUpdated)
        updates.unknownSince = time(Position.updatesUnknown)
        return updates
    }

    private func containers(unknown: [UnknownSection]) -> ContainerCounts? {
        guard let total = count(Position.containers) else { return nil }
        var containers = ContainerCounts(
            total: total, running: count(Position.running) ?? 0, unhealthy: count(Position.unhealthy) ?? 0)
        containers.unknownSince = unknown.first {
            $0.kind == "docker" && ($0.section.isEmpty || $0.section == "/containers")
        }?.since
        return containers
    }

    private func time(_ position: Int) -> Timestamp? {
        row[position].integer.map { Timestamp(milliseconds: $0) }
    }

    private func count(_ position: Int) -> Int? { row[position].integer.map { Int($0) } }

    /// `Debian GNU/Linux 12.9 (bookworm)`, of what of it is known.
    static func operatingSystem(name: String?, version: String?, codename: String?) -> String? {
        guard let name else { return nil }
        return name + (version.map { " \($0)" } ?? "") + (codename.map { " (\($0))" } ?? "")
    }
}
