import Contracts

extension HardwareDeriver {
    static func events(
        from previous: ObservedSnapshot, _ old: HardwareV1, to current: ObservedSnapshot, _ new: HardwareV1
    ) throws -> [MachineEvent] {
        func known(_ pointer: String) -> Bool { previous.knows(pointer) && current.knows(pointer) }
        var events = HeadEvents.between(previous.head, current.head)
        if known("/os"), let before = old.os, let after = new.os { events += system(before, after) }
        if known("/memory"), let before = old.memory?.totalBytes, let after = new.memory?.totalBytes,
            // The kernel keeps a little more or less for itself after each upgrade.
            abs(before - after) > before / 32
        {
            events.append(
                try MachineEvent(
                    "memory_changed", .warning, "memory",
                    "memory changed from \(before >> 20) to \(after >> 20) MiB",
                    detail: detail(["from_bytes": String(before), "to_bytes": String(after)])))
        }
        if known("/cpu"), let before = old.cpu, let after = new.cpu,
            before.model != after.model || before.threads != after.threads
        {
            events.append(
                MachineEvent(
                    "cpu_changed", .info, "cpu", "CPU changed from \(name(before)) to \(name(after))"))
        }
        if known("/firmware"), let before = old.firmware?.version, let after = new.firmware?.version, before != after {
            events.append(MachineEvent("firmware_changed", .info, "firmware", "firmware \(before) became \(after)"))
        }
        if known("/disks") { events += disks(old.disks ?? [], new.disks ?? []) }
        if known("/raid_arrays") { events += arrays(old.raidArrays ?? [], new.raidArrays ?? []) }
        if known("/interfaces") { events += addresses(old.interfaces ?? [], new.interfaces ?? []) }
        if known("/ssh_host_keys") { events += hostKeys(old.sshHostKeys ?? [], new.sshHostKeys ?? []) }
        return events
    }

    private static func detail(_ members: [String: String]) throws -> SQLValue { try JSONText.encode(members) }

    private static func name(_ cpu: HardwareV1.CPU) -> String {
        "\(cpu.model ?? "unknown model") with \(cpu.threads.map(String.init) ?? "?") threads"
    }

    private static func system(_ old: HardwareV1.OperatingSystem, _ new: HardwareV1.OperatingSystem) -> [MachineEvent] {
        var events: [MachineEvent] = []
        if old.id != new.id || old.version != new.version {
            events.append(
                MachineEvent(
                    "os_changed", .info, "os",
                    "\(old.id) \(old.version ?? "") became \(new.id) \(new.version ?? "")"))
        }
        if old.kernel != new.kernel {
            events.append(
                MachineEvent("kernel_changed", .info, "kernel", "kernel \(old.kernel) became \(new.kernel)"))
        }
        return events
    }

    private static func disks(_ old: [HardwareV1.Disk], _ new: [HardwareV1.Disk]) -> [MachineEvent] {
        // A serial number stays with the disk when it gets another name; removable ones come and go.
        func identity(_ disk: HardwareV1.Disk) -> String { disk.serial ?? disk.wwn ?? disk.name }
        func fixed(_ disks: [HardwareV1.Disk]) -> [String: HardwareV1.Disk] {
            Dictionary(
                disks.filter { $0.removable != true }.map { (identity($0), $0) }, uniquingKeysWith: { _, last in last })
        }
        func words(_ disk: HardwareV1.Disk) -> String {
            "\(disk.name) (\(disk.model ?? "no model"), \(disk.sizeBytes / 1_000_000_000) GB)"
        }
        let before = fixed(old)
        let after = fixed(new)
        var events: [MachineEvent] = []
        for (key, disk) in after.sorted(by: { $0.key < $1.key }) {
            if let earlier = before[key] {
                if HardwareWarnings.severity(of: disk) == .critical, HardwareWarnings.severity(of: earlier) != .critical
                {
                    events.append(
                        MachineEvent("disk_failing", .critical, key, "disk \(words(disk)) reports that it is failing"))
                }
            } else {
                events.append(MachineEvent("disk_added", .info, key, "disk \(words(disk)) was added"))
            }
        }
        for (key, disk) in before.sorted(by: { $0.key < $1.key }) where after[key] == nil {
            events.append(MachineEvent("disk_removed", .warning, key, "disk \(words(disk)) is gone"))
        }
        return events
    }

    private static func arrays(_ old: [HardwareV1.RAIDArray], _ new: [HardwareV1.RAIDArray]) -> [MachineEvent] {
        let before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        return new.compactMap { array in
            guard let earlier = before[array.name], earlier.state != array.state else { return nil }
            let weight: MachineEvent.Weight = HardwareWarnings.severity(of: array) == .critical ? .critical : .info
            return MachineEvent(
                "raid_changed", weight, array.name, "RAID \(array.name) went from \(earlier.state) to \(array.state)")
        }
    }

    private static func addresses(_ old: [HardwareV1.Interface], _ new: [HardwareV1.Interface]) -> [MachineEvent] {
        // Link-local addresses follow from the hardware's; those of containers' interfaces come and go.
        func global(_ interfaces: [HardwareV1.Interface]) -> Set<[String]> {
            Set(
                interfaces.filter { !["veth", "loopback"].contains($0.kind) }.flatMap { interface in
                    (interface.addresses ?? []).filter { $0.scope != "link" && $0.scope != "host" }
                        .map { [interface.name, "\($0.address)/\($0.prefixLength)"] }
                })
        }
        func key(_ address: [String]) -> String { address.joined(separator: " ") }
        let before = global(old)
        let after = global(new)
        return after.subtracting(before).map { address in
            MachineEvent("address_added", .info, key(address), "\(address[0]) has the address \(address[1])")
        }.sorted { $0.subject < $1.subject }
            + before.subtracting(after).map { address in
                MachineEvent("address_removed", .info, key(address), "\(address[0]) lost the address \(address[1])")
            }.sorted { $0.subject < $1.subject }
    }

    private static func hostKeys(_ old: [HardwareV1.SSHHostKey], _ new: [HardwareV1.SSHHostKey]) -> [MachineEvent] {
        let before = Set(old.map(\.fingerprint))
        let after = Set(new.map(\.fingerprint))
        let types = Set(old.map(\.type))
        return new.filter { !before.contains($0.fingerprint) }.map { key in
            types.contains(key.type)
                ? MachineEvent(
                    "host_key_changed", .warning, key.fingerprint, "the SSH host key \(key.type) is another one")
                : MachineEvent("host_key_added", .info, key.fingerprint, "the SSH host key \(key.type) is new")
        }
            + old.filter { key in !after.contains(key.fingerprint) && !new.contains { $0.type == key.type } }.map {
                MachineEvent("host_key_removed", .info, $0.fingerprint, "the SSH host key \($0.type) is gone")
            }
    }
}

/// What the heads of two hardware snapshots tell; the agent sends one at each of its starts.
enum HeadEvents {
    static func between(_ old: EnvelopeHead, _ new: EnvelopeHead) -> [MachineEvent] {
        var events: [MachineEvent] = []
        if old.bootID != new.bootID {
            events.append(MachineEvent("rebooted", .info, "machine", "the machine rebooted"))
        }
        if old.host.hostname != new.host.hostname {
            events.append(
                MachineEvent(
                    "hostname_changed", .info, "hostname",
                    "\(old.host.hostname) is called \(new.host.hostname) now"))
        }
        if old.agent.version != new.agent.version {
            events.append(
                MachineEvent(
                    "agent_upgraded", .info, "agent",
                    "vigie-agent \(old.agent.version) became \(new.agent.version)"))
        }
        return events
    }
}
