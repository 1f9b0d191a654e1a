import Contracts
import HubAPI

/// A row of `machines.list`, and what follows from it at the moment of the question. It is valid until the statement
/// steps on, and as long as the tags are there.
///
/// A list of a fleet is little else than rows that become JSON: text goes there from SQLite's own memory, and only what
/// the rules and the filters look at is read twice.
struct MachineRow {
    /// Positions are those of the statement's columns.
    enum Position {
        static let id = 0, name = 1, uuid = 2, created = 3, lastSeen = 4, nextDue = 5, retired = 6
        static let agentVersion = 7, hostname = 8, osName = 9, osVersion = 10, osCodename = 11, machineKind = 12
        static let clone = 13
        /// `…_at` and `…_due_at` of each kind follow each other.
        static let hardware = 14, metrics = 16, apt = 18, docker = 20
        static let raidDegraded = 22, disksFailing = 23, booted = 24, load = 25, cpuUsed = 26, memoryUsed = 27
        static let rootUsed = 28, fullestMountPoint = 29, fullestUsed = 30, failedUnits = 31, updates = 32
        static let security = 33, held = 34, phased = 35, broken = 36, updatesUnknown = 37, listsUpdated = 38
        static let reboot = 39, containers = 40, running = 41, unhealthy = 42, stacks = 43
    }

    let row: SQLRowReader
    let id: Int64
    let lastSeen: Int64?
    let nextDue: Int64?
    let freshness: Freshness
    /// Kinds that are shown here but older than they should be.
    let late: MachineHealth.LateKinds
    let listsUpdated: Int64?
    let areListsStale: Bool
    /// Items of a JSON array, in the memory of the tags.
    let tags: UnsafeRawBufferPointer
    /// It has the tag that is asked for.
    let isWanted: Bool
    let unknown: [UnknownSection]
    /// Nil where nothing is known of updates.
    let updates: Int64?
    /// Set where their counts are the last that could be read: since when they are not known any more.
    let updatesUnknownSince: Int64?
    /// Nil where nothing is known of containers.
    let containers: Int64?
    let containersUnknownSince: Int64?

    /// Nil where the row names no machine.
    init?(_ row: SQLRowReader, tags: MachineTags, unknown: UnreadSections, hearing: Hearing) {
        guard let id = row.integer(Position.id), let created = row.integer(Position.created),
            row.isText(Position.name), row.withUTF8(Position.uuid, Identifier.isCanonical(_:)) == true
        else { return nil }
        self.row = row
        self.id = id
        lastSeen = row.integer(Position.lastSeen)
        let metricsAt = row.integer(Position.metrics)
        let metricsDue = row.integer(Position.metrics + 1)
        let promise = FreshnessRule.Promise(
            last: lastSeen, due: row.integer(Position.nextDue), metricsAt: metricsAt, metricsDue: metricsDue)
        nextDue = promise.due
        freshness = hearing.freshness(of: id, promise, created: created)
        var late: MachineHealth.LateKinds = []
        func look(_ kind: MachineHealth.LateKinds, _ received: Int64?, _ due: Int64?) {
            if let received, hearing.kindFreshness(received: received, due: due) == .late { late.insert(kind) }
        }
        look(.hardware, row.integer(Position.hardware), row.integer(Position.hardware + 1))
        look(.metrics, metricsAt, metricsDue)
        look(.apt, row.integer(Position.apt), row.integer(Position.apt + 1))
        look(.docker, row.integer(Position.docker), row.integer(Position.docker + 1))
        self.late = late
        listsUpdated = row.integer(Position.listsUpdated)
        areListsStale = FreshnessRule.areListsStale(listsUpdated, now: hearing.now)
        self.tags = tags.items(of: id)
        isWanted = tags.isWanted(id)
        let unknown = unknown.of(id)
        self.unknown = unknown
        updates = row.integer(Position.updates)
        containers = row.integer(Position.containers)
        // Counts of old lists say nothing about today: they are those of then.
        updatesUnknownSince =
            updates == nil
            ? nil
            : Self.earlier(
                row.integer(Position.updatesUnknown), Self.since(unknown) { $0.kind == "apt" && $0.section.isEmpty })
                ?? (areListsStale ? listsUpdated : nil)
        containersUnknownSince =
            containers == nil
            ? nil
            : Self.since(unknown) { $0.kind == "docker" && ($0.section.isEmpty || $0.section == "/containers") }
    }

    private static func since(_ unknown: [UnknownSection], _ isMeant: (UnknownSection) -> Bool) -> Int64? {
        unknown.first(where: isMeant)?.since.milliseconds
    }

    private static func earlier(_ one: Int64?, _ other: Int64?) -> Int64? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    /// Something of it is older than it should be.
    var isStale: Bool {
        !late.isEmpty || areListsStale || updatesUnknownSince != nil || containersUnknownSince != nil
    }

    /// Mount point and used share of the file system that has the least left: both, or neither.
    var fullestUsedPercent: Double? {
        row.isText(Position.fullestMountPoint) ? row.real(Position.fullestUsed) : nil
    }

    /// - Parameter findings: gets the reasons; what was in it goes.
    func health(into findings: inout [MachineHealth.Finding]) -> HealthStatus {
        let signs = MachineHealth.Signs(
            freshness: freshness, hasReported: lastSeen != nil, isCloneSuspected: row.integer(Position.clone) != nil,
            degradedArrays: row.integer(Position.raidDegraded), failingDisks: row.integer(Position.disksFailing),
            fullestUsedPercent: fullestUsedPercent,
            unhealthyContainers: containers == nil ? nil : row.integer(Position.unhealthy),
            failedUnits: row.integer(Position.failedUnits), brokenPackages: row.integer(Position.broken),
            securityUpdates: updates == nil ? nil : row.integer(Position.security) ?? 0,
            areUpdatesUnread: row.integer(Position.updatesUnknown) != nil,
            rebootRequired: row.integer(Position.reboot).map { $0 != 0 } ?? false, areListsStale: areListsStale,
            failedKinds: unknown.compactMap { $0.section.isEmpty ? $0.kind : nil }, lateKinds: late)
        MachineHealth.look(at: signs, into: &findings)
        return findings.reduce(.ok) { max($0, $1.severity) }
    }
}
