import Contracts

extension MetricsReading {
    /// Whole disks of `/proc/diskstats`; what is built on them would count everything twice.
    mutating func disks() {
        let path = "/proc/diskstats"
        guard let bytes = findings.bytes(host, path, unknown: "/disks") else { return }
        let whole = Set(host.names("/sys/block"))
        let parsed = DiskStats.parse(bytes) { name in
            let text = name.text
            return BlockDevice.isDisk(text) && (whole.isEmpty ? !BlockDevice.isPartition(text) : whole.contains(text))
        }
        findings.add(parsed.faults, in: path, unknown: "/disks")
        sample.disks = parsed.value
        payload.disks = parsed.value.map { disk($0) }.sorted { $0.name < $1.name }.nonEmpty
    }

    private func disk(_ now: DiskStats) -> MetricsV1.Disk {
        let before = earlier?.disks.first { $0.name == now.name }
        var disk = MetricsV1.Disk(
            name: now.name, readBytesTotal: WireInteger.counter(now.readSectors &* DiskStats.sectorSize),
            writtenBytesTotal: WireInteger.counter(now.writtenSectors &* DiskStats.sectorSize),
            readsTotal: WireInteger.counter(now.reads), writesTotal: WireInteger.counter(now.writes))
        disk.readBytesPerSecond = rate(now.readSectors, before?.readSectors).map { $0 * 512 }
        disk.writtenBytesPerSecond = rate(now.writtenSectors, before?.writtenSectors).map { $0 * 512 }
        disk.readsPerSecond = rate(now.reads, before?.reads)
        disk.writesPerSecond = rate(now.writes, before?.writes)
        // Milliseconds per second are tenths of a percent.
        disk.busyPercent = busyRate(now, before).map { Percent(clamping: $0 / 10) }
        return disk
    }

    /// The kernel keeps 32 bits of it: a busy disk begins anew every 50 days. More than the interval is no wrap but
    /// another disk, or a clock that jumped.
    private func busyRate(_ now: DiskStats, _ before: DiskStats?) -> Double? {
        guard let interval, let before, now.busyMilliseconds < before.busyMilliseconds,
            before.busyMilliseconds < 1 << 32
        else { return rate(now.busyMilliseconds, before?.busyMilliseconds) }
        let spent = now.busyMilliseconds + (1 << 32 - before.busyMilliseconds)
        guard Double(spent) <= interval * 1100 else { return nil }
        return rate(spent, 0)
    }

    /// Without the loopback, and without the engine's ends of its containers' links: their traffic is the containers'.
    mutating func interfaces() {
        let path = "/proc/net/dev"
        guard let bytes = findings.bytes(host, path, unknown: "/interfaces") else { return }
        let parsed = NetDev.parse(bytes) { !$0.equals("lo") && !$0.starts(with: "veth") }
        findings.add(parsed.faults, in: path, unknown: "/interfaces")
        sample.interfaces = parsed.value
        payload.interfaces = parsed.value.map { interface($0) }.sorted { $0.name < $1.name }.nonEmpty
    }

    private func interface(_ now: NetDev) -> MetricsV1.Interface {
        let before = earlier?.interfaces.first { $0.name == now.name }
        var interface = MetricsV1.Interface(
            name: now.name, receivedBytesTotal: WireInteger.counter(now.receivedBytes),
            transmittedBytesTotal: WireInteger.counter(now.transmittedBytes))
        interface.receivedPacketsTotal = WireInteger.counter(now.receivedPackets)
        interface.transmittedPacketsTotal = WireInteger.counter(now.transmittedPackets)
        interface.receiveErrorsTotal = WireInteger.counter(now.receiveErrors)
        interface.transmitErrorsTotal = WireInteger.counter(now.transmitErrors)
        interface.receiveDropsTotal = WireInteger.counter(now.receiveDrops)
        interface.transmitDropsTotal = WireInteger.counter(now.transmitDrops)
        interface.receivedBytesPerSecond = rate(now.receivedBytes, before?.receivedBytes)
        interface.transmittedBytesPerSecond = rate(now.transmittedBytes, before?.transmittedBytes)
        return interface
    }

    /// Charge of the machine's own batteries.
    mutating func batteries() {
        var batteries: [MetricsV1.Battery] = []
        for name in host.names("/sys/class/power_supply") {
            let path = "/sys/class/power_supply/\(name)/"
            guard host.line(path + "type") == "Battery", host.line(path + "scope") != "Device" else { continue }
            var battery = MetricsV1.Battery(name: name)
            battery.chargePercent = host.integer(path + "capacity").flatMap {
                (0...100).contains($0) ? Percent(clamping: Double($0)) : nil
            }
            battery.state = host.line(path + "status").map { $0.lowercased().words.joined(separator: "_") }
            batteries.append(battery)
        }
        payload.batteries = batteries.nonEmpty
    }
}
