import ArgumentParser
import Contracts
import HubAPI

/// `vigie machine …`
struct MachineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "One machine.", subcommands: [MachineShow.self],
        defaultSubcommand: MachineShow.self)
}

/// `vigie machine show`
struct MachineShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show everything that is known of a machine.",
        discussion: """
            EXAMPLES:
              vigie machine show web-01
              vigie machine show web-01 -o json
              vigie machine show web-01 --at 2026-11-01T12:00Z
              vigie machine show web-01 --at 7d
            """)

    @Argument(help: "The machine's name, or its machine_id.") var name: String
    @Option(
        help: ArgumentHelp(
            "As it was then, by the archive: 2026-11-01T12:00Z, 2026-11-01, or 12h, 7d ago.", valueName: "time"))
    var at: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        var query = Query()
        query.add("at", at)
        let machine: MachineDetail = try await session.hub.get("/v1/machines/\(name.pathStep)", query)
        var page = session.output
        // What was an hour ago then is an hour ago on the page.
        if let past = machine.past { page.now = past.at }
        Printing.output(try page.machine(machine))
        Printing.error(Notices.text(machine.past))
    }
}

extension Output {
    func machine(_ machine: MachineDetail) throws -> String {
        switch format {
        case .json: try CanonicalJSON.pretty(machine)
        case .csv: CSV.render([machine.summary], columns: MachineColumns.list)
        case .table: MachinePage(machine: machine, output: self).text
        }
    }
}

/// A machine on one page.
struct MachinePage {
    let machine: MachineDetail
    let output: Output

    var text: String {
        [facts, kinds, unknown, memoryModules, filesystems, disks, pools, interfaces, hostKeys, events].filter {
            !$0.isEmpty
        }.joined(separator: "\n")
    }

    private var now: Timestamp { output.now }

    private var facts: String {
        let summary = machine.summary
        var lines: [(String, Value, Style)] = []
        func add(_ title: String, _ value: Value, _ style: Style = .plain) {
            if ![.absent, .text(""), .list([])].contains(value) { lines.append((title, value, style)) }
        }
        add("name", .text(summary.name), .strong)
        add("as of", .text(machine.past?.at.description), .warning)
        add("status", .text(summary.status.rawValue), MachineColumns.style(summary.status))
        add("because", .list(summary.reasons.map(\.message)), MachineColumns.style(summary.status))
        add("last seen", .time(summary.lastSeenAt))
        add("retired", .time(summary.retiredAt))
        add("hostname", .text(summary.hostname == summary.name ? nil : summary.hostname))
        add("tags", .list(summary.tags))
        add("notes", .text(machine.notes))
        add("system", .text(summary.os))
        add("kernel", .text([machine.os?.kernel, machine.os?.architecture].compactMap { $0 }.joined(separator: " ")))
        add("kind", .text([summary.machineKind, virtualization].compactMap { $0 }.joined(separator: ", ")))
        add("hardware", hardware)
        for fact in HardwareFacts.of(machine.hardware) { add(fact.title, .text(fact.text), fact.style) }
        add("cpu", cpu)
        add("memory", memory)
        add("load", load)
        add("up", .duration(summary.uptimeSeconds))
        add("updates", updates)
        add("reboot", .text(summary.rebootRequired == true ? "required" : nil), .warning)
        add("containers", MachineColumns.containers(summary.containers))
        add("agent", .text(summary.agentVersion))
        add("address", .text(machine.remoteAddress))
        add("time zone", .text(machine.os?.timeZone))
        if let skew = machine.clockSkewMs, abs(skew) >= 2000 {
            add(
                "clock", .text("\(Units.duration(seconds: Double(abs(skew)) / 1000)) \(skew < 0 ? "behind" : "ahead")"),
                .warning)
        }
        add("enrolled", .time(machine.createdAt))
        add("machine_id", .text(summary.machineID.text), .faint)
        let rows = lines.map {
            [Table.Cell(text: $0.0, style: .faint), .init(text: $0.1.human(now: now), style: $0.2)]
        }
        return Table(titles: ["", ""], rows: rows).render(on: output.terminal)
    }

    private var virtualization: String? { machine.os?.virtualization.flatMap { $0 == "none" ? nil : $0 } }

    private var hardware: Value {
        guard let hardware = machine.hardware else { return .absent }
        let words = [hardware.vendor, hardware.product].compactMap { $0 }.joined(separator: " ")
        let serial = hardware.serial.map { "serial \($0)" }
        let text = ([words.isEmpty ? nil : words, serial] as [String?]).compactMap { $0 }.joined(separator: ", ")
        return Value.text(text.isEmpty ? nil : text).unless(unknownSince: text.isEmpty ? hardware.unknownSince : nil)
    }

    private var cpu: Value {
        guard let hardware = machine.hardware, let model = hardware.cpuModel else { return .absent }
        let cores = hardware.cpuCores.map { ", " + Units.counted($0, "core") } ?? ""
        let threads = hardware.cpuThreads.map { ", " + Units.counted($0, "thread") } ?? ""
        let used = machine.summary.cpuUsedPercent.map { ", \(Units.percent($0)) used" } ?? ""
        return .text(model + cores + threads + used)
    }

    private var memory: Value {
        let parts = [
            machine.hardware?.memoryBytes.map(Units.bytes),
            machine.summary.memoryUsedPercent.map { "\(Units.percent($0)) used" },
        ].compactMap { $0 }
        return parts.isEmpty ? .absent : .text(parts.joined(separator: ", "))
    }

    private var load: Value { .number(machine.summary.load) }

    private var updates: Value {
        guard let updates = machine.summary.updates else { return .absent }
        if let since = updates.unknownSince { return .unknown(since: since) }
        var parts = ["\(updates.pending) pending", "\(updates.security) security"]
        if updates.held > 0 { parts.append("\(updates.held) held") }
        if updates.phased > 0 { parts.append("\(updates.phased) phased") }
        if let lists = updates.listsUpdatedAt { parts.append("lists of \(Units.ago(lists, now: now))") }
        return .text(parts.joined(separator: ", "))
    }

    private func section<Item>(_ title: String, _ items: [Item], _ columns: [Column<Item>]) -> String {
        output.section(title, items, columns)
    }

    private var kinds: String {
        section(
            "Snapshots", machine.kinds,
            [
                Column("KIND", "kind") { .text($0.kind) },
                Column("FRESHNESS", "freshness", style: { $0.freshness == .ok ? .good : .warning }) {
                    .text($0.freshness.rawValue)
                },
                Column("COLLECTED", "collected_at") { .time($0.collectedAt) },
                Column("NEXT DUE", "next_due_at") { .time($0.nextDueAt) },
                Column("COLLECTING", "collection_status", style: { $0.collectionStatus == "ok" ? .plain : .warning }) {
                    .text($0.collectionStatus)
                },
                Column("LAST ERROR", "last_error") { .text($0.lastError) },
            ])
    }

    private var unknown: String {
        section(
            "Could not be read", machine.summary.unknown,
            [
                Column("KIND", "kind") { .text($0.kind) },
                Column("SECTION", "section") { .text($0.section.isEmpty ? "everything" : $0.section) },
                Column("SINCE", "since") { .time($0.since) },
            ])
    }

    private var filesystems: String {
        section("File systems", machine.filesystems, DiskColumns.filesystems.filter { $0.name != "machine" })
    }

    private var memoryModules: String {
        section("Memory modules", machine.hardware?.dimms ?? [], HardwareFacts.dimms)
    }

    private var disks: String {
        section("Disks", machine.disks, DiskColumns.devices.filter { $0.name != "machine" })
    }

    private var pools: String {
        section("RAID, volume groups, ZFS", machine.storagePools, DiskColumns.pools.filter { $0.name != "machine" })
    }

    private var interfaces: String {
        section(
            "Interfaces", machine.interfaces.filter { $0.kind != "loopback" },
            InterfaceColumns.list.filter { $0.name != "machine" })
    }

    private var hostKeys: String {
        section("SSH host keys", machine.hostKeys, HostKeyColumns.list.filter { $0.name != "machine" })
    }

    private var events: String {
        section("Latest events", machine.events, EventColumns.list.filter { $0.name != "machine" })
    }
}
