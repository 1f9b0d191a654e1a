import Contracts
import HubAPI

/// What an operator should know about a machine, from the one row that lists are made of.
///
/// The same rules decide what `vigie machines` colours and what `vigie check` ends with.
enum MachineHealth {
    static let filesystemWarningPercent = Thresholds.filesystemWarning
    static let filesystemCriticalPercent = Thresholds.filesystemCritical

    /// Counts of the row that are not shown in a summary of their own.
    struct Signs {
        var brokenPackages: Int64?
        var failedUnits: Int64?
        var degradedArrays: Int64?
        var failingDisks: Int64?
        var cloneSuspected = false
        /// Kinds whose newest collecting failed.
        var failedKinds: [String] = []
        /// What APT would do could not be read, which is more than that its lists are old.
        var areUpdatesUnread = false
    }

    static func reasons(of machine: MachineSummary, signs: Signs) -> [HealthReason] {
        var reasons: [HealthReason] = []
        func add(_ code: String, _ severity: HealthStatus, _ message: String) {
            reasons.append(HealthReason(code: code, severity: severity, message: message))
        }
        switch machine.freshness {
        case .offline: add("offline", .critical, machine.lastSeenAt == nil ? "never reported" : "offline")
        case .late: add("late", .warning, "report overdue")
        case .new: add("new", .unknown, "no report yet")
        case .ok: break
        }
        if signs.cloneSuspected { add("clone_suspected", .critical, "two machines use one identity") }
        if let count = signs.degradedArrays, count > 0 {
            add("raid_degraded", .critical, counted(count, "degraded RAID array"))
        }
        if let count = signs.failingDisks, count > 0 { add("disk_failing", .critical, counted(count, "failing disk")) }
        if let fullest = machine.fullestFilesystem, fullest.usedPercent >= filesystemWarningPercent {
            add(
                "filesystem_full", fullest.usedPercent >= filesystemCriticalPercent ? .critical : .warning,
                "\(fullest.mountPoint) \(Int(fullest.usedPercent)) % full")
        }
        if let count = machine.containers?.unhealthy, count > 0 {
            add("containers_unhealthy", .warning, counted(Int64(count), "unhealthy container"))
        }
        if let count = signs.failedUnits, count > 0 { add("units_failed", .warning, counted(count, "failed unit")) }
        if let count = signs.brokenPackages, count > 0 {
            add("packages_broken", .warning, counted(count, "broken package"))
        }
        let areUpdatesUnread = signs.areUpdatesUnread || signs.failedKinds.contains("apt")
        if let updates = machine.updates, !areUpdatesUnread, updates.security > 0 {
            add("security_updates", .warning, counted(Int64(updates.security), "security update"))
        }
        if machine.rebootRequired == true { add("reboot_required", .warning, "reboot required") }
        if machine.stale.contains("apt_lists") { add("lists_stale", .warning, "package lists are stale") }
        if areUpdatesUnread, machine.updates != nil { add("updates_unknown", .unknown, "updates unknown") }
        for kind in signs.failedKinds { add("\(kind)_failed", .unknown, "\(kind) could not be collected") }
        for kind in machine.stale where kind != "apt_lists" && machine.freshness == .ok {
            add("\(kind)_late", .unknown, "\(kind) overdue")
        }
        return reasons
    }

    private static func counted(_ number: Int64, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
