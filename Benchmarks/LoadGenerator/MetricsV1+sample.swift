import Contracts

extension MetricsV1 {
    /// 76 values of a small server with four cores, three file systems and two disks; the last digits vary as real
    /// ones do, so that bodies compress like real ones. One server in a thousand is short of memory, and has a message.
    static func sample(seed: Int) -> MetricsV1 {
        var random = SplitMix(seed: seed)
        func between(_ low: Int, _ high: Int) -> Int { Int.random(in: low...high, using: &random) }
        func percent() -> Percent { Percent(clamping: Double(between(0, 10_000)) / 100) }
        var metrics = MetricsV1()
        metrics.uptimeSeconds = Double(between(100_000, 9_999_999))
        metrics.bootedAt = Timestamp(seconds: 1_790_000_000)
        metrics.intervalSeconds = 60
        metrics.load = .init(
            oneMinute: Double(between(0, 400)) / 100, fiveMinutes: Double(between(0, 400)) / 100,
            fifteenMinutes: Double(between(0, 400)) / 100)
        var cpu = MetricsV1.CPU(count: 4)
        (cpu.usedPercent, cpu.userPercent, cpu.systemPercent, cpu.nicePercent) = (
            percent(), percent(), percent(), percent()
        )
        (cpu.iowaitPercent, cpu.irqPercent, cpu.stealPercent, cpu.idlePercent) = (
            percent(), percent(), percent(), percent()
        )
        cpu.perCore = (0..<4).map { .init(core: $0, usedPercent: percent()) }
        metrics.cpu = cpu
        var memory = MetricsV1.Memory(totalBytes: 16_777_216_000)
        let used = between(1_000_000, 3_894_000) * 4096
        memory.usedBytes = used
        memory.availableBytes = between(1_000_000, 4_000_000) * 4096
        memory.freeBytes = between(100_000, 1_000_000) * 4096
        memory.buffersBytes = between(1000, 100_000) * 4096
        memory.cachedBytes = between(100_000, 2_000_000) * 4096
        memory.usedPercent = Percent(used, of: memory.totalBytes)
        memory.swapTotalBytes = 2_147_483_648
        memory.swapUsedBytes = between(0, 1000) * 4096
        metrics.memory = memory
        var pressure = MetricsV1.Pressure()
        pressure.cpu = .init(someAvg10Percent: percent(), someAvg60Percent: percent(), someAvg300Percent: percent())
        pressure.io = .init(someAvg10Percent: percent(), someAvg60Percent: percent(), someAvg300Percent: percent())
        metrics.pressure = pressure
        metrics.filesystems = [("/", "/dev/vda1"), ("/srv", "/dev/vdb1"), ("/boot", "/dev/vda2")].map { mount, device in
            let total = 107_374_182_400
            let used = between(1_000_000, 20_000_000) * 4096
            var filesystem = MetricsV1.Filesystem(
                mountPoint: mount, device: device, type: "ext4", totalBytes: total, usedBytes: used,
                availableBytes: total - used, readOnly: false)
            filesystem.usedPercent = Percent(used, of: total)
            filesystem.inodesTotal = 6_553_600
            filesystem.inodesUsed = between(10_000, 600_000)
            return filesystem
        }
        metrics.disks = ["vda", "vdb"].map { name in
            var disk = MetricsV1.Disk(
                name: name, readBytesTotal: between(1, 1 << 40), writtenBytesTotal: between(1, 1 << 40),
                readsTotal: between(1, 1 << 30), writesTotal: between(1, 1 << 30))
            disk.readBytesPerSecond = Double(between(0, 1 << 20))
            disk.writtenBytesPerSecond = Double(between(0, 1 << 20))
            disk.busyPercent = percent()
            return disk
        }
        var interface = MetricsV1.Interface(
            name: "eth0", receivedBytesTotal: between(1, 1 << 40), transmittedBytesTotal: between(1, 1 << 40))
        interface.receivedBytesPerSecond = Double(between(0, 1 << 20))
        interface.transmittedBytesPerSecond = Double(between(0, 1 << 20))
        metrics.interfaces = [interface]
        var processes = MetricsV1.Processes(total: between(100, 400))
        processes.running = between(1, 8)
        metrics.processes = processes
        return metrics
    }
}
