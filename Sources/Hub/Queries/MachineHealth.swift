import Contracts
import HubAPI

/// What an operator should know about a machine, from the one row that lists are made of.
///
/// The same rules decide what `vigie machines` colours and what `vigie check` ends with.
enum MachineHealth {
    /// What the rules look at.
    struct Signs {
        var freshness: Freshness
        var hasReported: Bool
        var isCloneSuspected: Bool
        var degradedArrays: Int64?
        var failingDisks: Int64?
        /// Of the file system that has the least left, percent.
        var fullestUsedPercent: Double?
        var unhealthyContainers: Int64?
        var failedUnits: Int64?
        var brokenPackages: Int64?
        /// Nil where nothing is known of updates.
        var securityUpdates: Int64?
        /// What APT would do could not be read, which is more than that its lists are old.
        var areUpdatesUnread: Bool
        var rebootRequired: Bool
        var areListsStale: Bool
        /// Kinds whose newest collecting failed.
        var failedKinds: [String]
        var lateKinds: LateKinds
    }

    /// Kinds that are shown here but older than they should be.
    struct LateKinds: OptionSet {
        let rawValue: UInt8
        static let hardware = LateKinds(rawValue: 1), metrics = LateKinds(rawValue: 2)
        static let apt = LateKinds(rawValue: 4), docker = LateKinds(rawValue: 8)
    }

    /// A reason why a machine is not simply well.
    struct Finding {
        let severity: HealthStatus
        let cause: Cause
    }

    enum Cause {
        /// Code, and a short phrase.
        case plain(StaticString, StaticString)
        /// Code, a count, and what is counted: its name and the letter that makes it many.
        case counted(StaticString, Int64, StaticString)
        /// Percent that is used of the file system that has the least left.
        case filesystem(Double)
        /// The end of the code after a kind's name, and of the phrase.
        case kind(String, StaticString, StaticString)
    }

    /// - Parameter findings: gets what there is to say; what was in it goes.
    static func look(at signs: Signs, into findings: inout [Finding]) {
        findings.removeAll(keepingCapacity: true)
        func add(_ severity: HealthStatus, _ cause: Cause) {
            findings.append(Finding(severity: severity, cause: cause))
        }
        func count(_ code: StaticString, _ severity: HealthStatus, _ number: Int64?, _ noun: StaticString) {
            if let number, number > 0 { add(severity, .counted(code, number, noun)) }
        }
        switch signs.freshness {
        case .offline: add(.critical, .plain("offline", signs.hasReported ? "offline" : "never reported"))
        case .late: add(.warning, .plain("late", "report overdue"))
        case .new: add(.unknown, .plain("new", "no report yet"))
        case .ok: break
        }
        if signs.isCloneSuspected { add(.critical, .plain("clone_suspected", "two machines use one identity")) }
        count("raid_degraded", .critical, signs.degradedArrays, "degraded RAID array")
        count("disk_failing", .critical, signs.failingDisks, "failing disk")
        if let percent = signs.fullestUsedPercent, percent >= Thresholds.filesystemWarning {
            add(percent >= Thresholds.filesystemCritical ? .critical : .warning, .filesystem(percent))
        }
        count("containers_unhealthy", .warning, signs.unhealthyContainers, "unhealthy container")
        count("units_failed", .warning, signs.failedUnits, "failed unit")
        count("packages_broken", .warning, signs.brokenPackages, "broken package")
        let areUpdatesUnread = signs.areUpdatesUnread || signs.failedKinds.contains("apt")
        if !areUpdatesUnread { count("security_updates", .warning, signs.securityUpdates, "security update") }
        if signs.rebootRequired { add(.warning, .plain("reboot_required", "reboot required")) }
        if signs.areListsStale { add(.warning, .plain("lists_stale", "package lists are stale")) }
        if areUpdatesUnread, signs.securityUpdates != nil {
            add(.unknown, .plain("updates_unknown", "updates unknown"))
        }
        for kind in signs.failedKinds { add(.unknown, .kind(kind, "_failed", " could not be collected")) }
        guard signs.freshness == .ok else { return }
        for (kind, name) in lateKindNames where signs.lateKinds.contains(kind) {
            add(.unknown, .kind(name, "_late", " overdue"))
        }
    }

    /// In the order in which they are told.
    static let lateKindNames: [(LateKinds, String)] = [
        (.hardware, "hardware"), (.metrics, "metrics"), (.apt, "apt"), (.docker, "docker"),
    ]
}
