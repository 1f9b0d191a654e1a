import Contracts
import HubAPI

extension MachineSummary {
    /// The bytes that `CanonicalJSON` makes of it; a test compares them.
    func write(to writer: inout JSONWriter) {
        writer.begin()
        writer.member(#","agent_version":"#, agentVersion)
        if let containers {
            writer.name(#","containers":"#)
            writer.begin()
            writer.member(#","running":"#, containers.running)
            writer.member(#","total":"#, containers.total)
            writer.member(#","unhealthy":"#, containers.unhealthy)
            writer.member(#","unknown_since":"#, containers.unknownSince)
            writer.end()
        }
        writer.member(#","cpu_used_percent":"#, cpuUsedPercent)
        writer.member(#","freshness":"#, freshness.rawValue)
        if let fullestFilesystem {
            writer.name(#","fullest_filesystem":"#)
            writer.begin()
            writer.member(#","mount_point":"#, fullestFilesystem.mountPoint)
            writer.member(#","used_percent":"#, fullestFilesystem.usedPercent)
            writer.end()
        }
        writer.member(#","hostname":"#, hostname)
        writer.member(#","last_seen_at":"#, lastSeenAt)
        writer.member(#","load_1m":"#, load)
        writer.member(#","machine_id":"#, machineID.text)
        writer.member(#","machine_kind":"#, machineKind)
        writer.member(#","memory_used_percent":"#, memoryUsedPercent)
        writer.member(#","name":"#, name)
        writer.member(#","next_due_at":"#, nextDueAt)
        writer.member(#","os":"#, os)
        writer.name(#","reasons":"#)
        writer.begin("[")
        for (index, reason) in reasons.enumerated() {
            if index > 0 { writer.raw(",") }
            writer.begin()
            writer.member(#","code":"#, reason.code)
            writer.member(#","message":"#, reason.message)
            writer.member(#","severity":"#, reason.severity.rawValue)
            writer.end()
        }
        writer.end("]")
        writer.member(#","reboot_required":"#, rebootRequired)
        writer.member(#","retired_at":"#, retiredAt)
        writer.member(#","root_used_percent":"#, rootUsedPercent)
        writer.member(#","stacks_total":"#, stacksTotal)
        writer.member(#","stale":"#, stale)
        writer.member(#","status":"#, status.rawValue)
        writer.member(#","tags":"#, tags)
        writer.name(#","unknown":"#)
        writer.begin("[")
        for (index, section) in unknown.enumerated() {
            if index > 0 { writer.raw(",") }
            writer.begin()
            writer.member(#","kind":"#, section.kind)
            writer.member(#","section":"#, section.section)
            writer.member(#","since":"#, section.since)
            writer.end()
        }
        writer.end("]")
        if let updates {
            writer.name(#","updates":"#)
            writer.begin()
            writer.member(#","held":"#, updates.held)
            writer.member(#","lists_updated_at":"#, updates.listsUpdatedAt)
            writer.member(#","pending":"#, updates.pending)
            writer.member(#","phased":"#, updates.phased)
            writer.member(#","security":"#, updates.security)
            writer.member(#","unknown_since":"#, updates.unknownSince)
            writer.end()
        }
        writer.member(#","uptime_seconds":"#, uptimeSeconds)
        writer.end()
    }
}
