import Contracts
import HubAPI

extension MachineRow {
    /// Writes the canonical JSON of a `MachineSummary`. What is not known is left out, never 0.
    ///
    /// - Parameters:
    ///   - status: the worst of the findings.
    ///   - findings: of `health(into:)`.
    func write(_ status: HealthStatus, _ findings: [MachineHealth.Finding], to writer: inout JSONWriter) {
        writer.begin()
        text(#","agent_version":"#, Position.agentVersion, to: &writer)
        if let containers {
            writer.name(#","containers":"#)
            writer.begin()
            writer.member(#","running":"#, row.integer(Position.running) ?? 0)
            writer.member(#","total":"#, containers)
            writer.member(#","unhealthy":"#, row.integer(Position.unhealthy) ?? 0)
            writer.member(#","unknown_since":"#, time: containersUnknownSince)
            writer.end()
        }
        writer.member(#","cpu_used_percent":"#, row.real(Position.cpuUsed))
        writer.member(#","freshness":"#, freshness.rawValue)
        if let fullestUsedPercent {
            writer.name(#","fullest_filesystem":"#)
            writer.begin()
            text(#","mount_point":"#, Position.fullestMountPoint, to: &writer)
            writer.member(#","used_percent":"#, fullestUsedPercent)
            writer.end()
        }
        text(#","hostname":"#, Position.hostname, to: &writer)
        writer.member(#","last_seen_at":"#, time: lastSeen)
        writer.member(#","load_1m":"#, row.real(Position.load))
        text(#","machine_id":"#, Position.uuid, to: &writer)
        text(#","machine_kind":"#, Position.machineKind, to: &writer)
        writer.member(#","memory_used_percent":"#, row.real(Position.memoryUsed))
        text(#","name":"#, Position.name, to: &writer)
        writer.member(#","next_due_at":"#, time: nextDue)
        writeOperatingSystem(to: &writer)
        writer.name(#","reasons":"#)
        writer.begin("[")
        for finding in findings { writer.item("{", "}") { write(finding, to: &$0) } }
        writer.end("]")
        writer.member(#","reboot_required":"#, row.integer(Position.reboot).map { $0 != 0 })
        writer.member(#","retired_at":"#, time: row.integer(Position.retired))
        writer.member(#","root_used_percent":"#, row.real(Position.rootUsed))
        writer.member(#","stacks_total":"#, row.integer(Position.stacks))
        writer.name(#","stale":"#)
        writer.begin("[")
        for (kind, name) in MachineHealth.lateKindNames where late.contains(kind) { writer.item(name) }
        if areListsStale { writer.item("apt_lists") }
        writer.end("]")
        writer.member(#","status":"#, status.rawValue)
        writer.name(#","tags":"#)
        writer.begin("[")
        writer.items(tags)
        writer.end("]")
        writer.name(#","unknown":"#)
        writer.begin("[")
        for section in unknown {
            writer.item("{", "}") {
                $0.member(#","kind":"#, section.kind)
                $0.member(#","section":"#, section.section)
                $0.member(#","since":"#, section.since)
            }
        }
        writer.end("]")
        if let updates {
            writer.name(#","updates":"#)
            writer.begin()
            writer.member(#","held":"#, row.integer(Position.held) ?? 0)
            writer.member(#","lists_updated_at":"#, time: listsUpdated)
            writer.member(#","pending":"#, updates)
            writer.member(#","phased":"#, row.integer(Position.phased) ?? 0)
            writer.member(#","security":"#, row.integer(Position.security) ?? 0)
            writer.member(#","unknown_since":"#, time: updatesUnknownSince)
            writer.end()
        }
        if let booted = row.integer(Position.booted), let lastSeen, lastSeen >= booted {
            writer.member(#","uptime_seconds":"#, (lastSeen - booted) / 1000)
        }
        writer.end()
    }

    @inline(__always) private func text(_ name: StaticString, _ position: Int, to writer: inout JSONWriter) {
        row.withUTF8(position) { text in
            writer.name(name)
            writer.string { $0.part(text) }
        }
    }

    /// `Debian GNU/Linux 12.9 (bookworm)`, of what of it is known.
    private func writeOperatingSystem(to writer: inout JSONWriter) {
        guard row.isText(Position.osName) else { return }
        writer.name(#","os":"#)
        writer.string { writer in
            row.withUTF8(Position.osName) { writer.part($0) }
            row.withUTF8(Position.osVersion) { version in
                writer.raw(" ")
                writer.part(version)
            }
            row.withUTF8(Position.osCodename) { codename in
                writer.raw(" (")
                writer.part(codename)
                writer.raw(")")
            }
        }
    }

    private func write(_ finding: MachineHealth.Finding, to writer: inout JSONWriter) {
        func words(_ code: (inout JSONWriter) -> Void, _ message: (inout JSONWriter) -> Void) {
            writer.name(#","code":"#)
            writer.string(code)
            writer.name(#","message":"#)
            writer.string(message)
        }
        switch finding.cause {
        case .plain(let code, let message): words({ $0.raw(code) }, { $0.raw(message) })
        case .counted(let code, let count, let noun):
            words({ $0.raw(code) }) {
                $0.integer(count)
                $0.raw(" ")
                $0.raw(noun)
                if count != 1 { $0.raw("s") }
            }
        case .filesystem(let percent):
            words({ $0.raw("filesystem_full") }) { writer in
                row.withUTF8(Position.fullestMountPoint) { writer.part($0) }
                writer.raw(" ")
                writer.integer(Int64(min(percent, 1_000_000)))
                writer.raw(" % full")
            }
        case .kind(let kind, let code, let message):
            words({
                $0.part(kind)
                $0.raw(code)
            }) {
                $0.part(kind)
                $0.raw(message)
            }
        }
        writer.member(#","severity":"#, finding.severity.rawValue)
    }
}
