import Contracts

extension MetricsReading {
    /// `/proc/uptime` counts the time asleep too, as uptime(1) does.
    mutating func uptime() {
        let path = "/proc/uptime"
        guard let bytes = findings.bytes(host, path, unknown: "/uptime_seconds", limit: 4096) else { return }
        var text = ByteScanner(bytes)
        if let seconds = text.decimal(), seconds >= 0 {
            payload.uptimeSeconds = seconds
        } else {
            findings.malformed(path, "no number of seconds", unknown: "/uptime_seconds")
        }
    }

    /// CPU shares, boot time and processes, which stand in one file.
    mutating func processorTimes() {
        let path = "/proc/stat"
        guard let bytes = findings.bytes(host, path, unknown: "/cpu") else { return }
        let parsed = ProcStat.parse(bytes)
        findings.add(parsed.faults, in: path, unknown: "/cpu")
        let stat = parsed.value
        sample.cpu = stat.total
        sample.cores = stat.cores
        if let boot = stat.bootTime, boot < 1 << 40 { payload.bootedAt = Timestamp(seconds: Int64(boot)) }
        if stat.total != nil, !stat.cores.isEmpty {
            payload.cpu = shares(stat)
        } else {
            findings.malformed(path, "no CPU times", unknown: "/cpu")
        }
        processes(stat)
    }

    private func shares(_ stat: ProcStat) -> MetricsV1.CPU {
        var cpu = MetricsV1.CPU(count: stat.cores.count)
        guard interval != nil, let now = stat.total, let before = earlier?.cpu, now.busy >= before.busy else {
            return cpu
        }
        let spent = now.since(before)
        let total = spent.total
        guard total > 0 else { return cpu }
        func share(_ ticks: UInt64) -> Percent { Percent(clamping: Double(ticks) * 100 / Double(total)) }
        cpu.usedPercent = share(spent.busy)
        cpu.userPercent = share(spent.user)
        cpu.systemPercent = share(spent.system)
        cpu.nicePercent = share(spent.nice)
        cpu.iowaitPercent = share(spent.iowait)
        cpu.irqPercent = share(spent.irq &+ spent.softirq)
        cpu.stealPercent = share(spent.steal)
        cpu.idlePercent = share(spent.idle)
        cpu.perCore = perCore(stat.cores)
        return cpu
    }

    /// Cores that were online at both ends of the interval; they stand in the order of their numbers.
    private func perCore(_ cores: [ProcStat.CoreTimes]) -> [MetricsV1.Core]? {
        guard let before = earlier?.cores else { return nil }
        var result: [MetricsV1.Core] = []
        result.reserveCapacity(cores.count)
        var index = 0
        for core in cores {
            while index < before.count, before[index].core < core.core { index += 1 }
            guard index < before.count, before[index].core == core.core,
                core.times.busy >= before[index].times.busy
            else { continue }
            let spent = core.times.since(before[index].times)
            guard spent.total > 0 else { continue }
            let used = Percent(clamping: Double(spent.busy) * 100 / Double(spent.total))
            result.append(MetricsV1.Core(core: core.core, usedPercent: used))
        }
        return result.nonEmpty
    }

    /// Directories of `/proc` that are numbers.
    private mutating func processes(_ stat: ProcStat) {
        var total = 0
        var seesInit = false
        do {
            try host.forEachEntry("/proc") { name, isDirectory in
                guard isDirectory, name.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return }
                total += 1
                if name.count == 1, name[0] == 0x31 { seesInit = true }
            }
        } catch {
            findings.add(error, unknown: "/processes")
            return
        }
        // hidepid and ProtectProc= leave only the agent's own: a count of those would be a wrong one.
        guard seesInit else {
            findings.unknown("/processes")
            return
        }
        var processes = MetricsV1.Processes(total: total)
        processes.running = stat.processesRunning.map(WireInteger.size)
        processes.blocked = stat.processesBlocked.map(WireInteger.size)
        payload.processes = processes
    }

    mutating func load() {
        let path = "/proc/loadavg"
        guard let bytes = findings.bytes(host, path, unknown: "/load", limit: 4096) else { return }
        guard let average = LoadAverage.parse(bytes) else {
            findings.malformed(path, "not three load averages", unknown: "/load")
            return
        }
        payload.load = MetricsV1.Load(
            oneMinute: average.oneMinute, fiveMinutes: average.fiveMinutes, fifteenMinutes: average.fifteenMinutes)
        payload.processes?.threads = average.threads
    }

    mutating func memory() {
        let path = "/proc/meminfo"
        guard let bytes = findings.bytes(host, path, unknown: "/memory", limit: 65_536) else { return }
        let parsed = MemInfo.parse(bytes)
        findings.add(parsed.faults, in: path, unknown: "/memory")
        let info = parsed.value
        guard let total = info.total else {
            findings.malformed(path, "no MemTotal in it", unknown: "/memory")
            return
        }
        var memory = MetricsV1.Memory(totalBytes: WireInteger.size(total))
        memory.freeBytes = info.free.map(WireInteger.size)
        memory.buffersBytes = info.buffers.map(WireInteger.size)
        // free(1) counts what can be reclaimed of the kernel's own caches as cache.
        memory.cachedBytes = info.cached.map { WireInteger.size($0 + (info.reclaimable ?? 0)) }
        if let available = info.available, available <= total {
            memory.availableBytes = WireInteger.size(available)
            memory.usedBytes = WireInteger.size(total - available)
            memory.usedPercent = Percent(WireInteger.size(total - available), of: memory.totalBytes)
        }
        if let swapTotal = info.swapTotal {
            memory.swapTotalBytes = WireInteger.size(swapTotal)
            if let free = info.swapFree, free <= swapTotal { memory.swapUsedBytes = WireInteger.size(swapTotal - free) }
        }
        payload.memory = memory
    }

    /// Absent where the kernel does not measure it.
    mutating func pressure() {
        var pressure = MetricsV1.Pressure()
        pressure.cpu = stall("cpu")
        pressure.memory = stall("memory")
        pressure.io = stall("io")
        if pressure != MetricsV1.Pressure() { payload.pressure = pressure }
    }

    private mutating func stall(_ name: String) -> MetricsV1.Stall? {
        let path = "/proc/pressure/" + name
        let pointer = "/pressure/" + name
        guard let bytes = findings.bytes(host, path, unknown: pointer, limit: 4096) else { return nil }
        let parsed = PressureStall.parse(bytes)
        findings.add(parsed.faults, in: path, unknown: pointer)
        guard let value = parsed.value else {
            if parsed.faults.isEmpty { findings.malformed(path, "no averages in it", unknown: pointer) }
            return nil
        }
        var stall = MetricsV1.Stall(
            someAvg10Percent: Percent(clamping: value.some.over10),
            someAvg60Percent: Percent(clamping: value.some.over60),
            someAvg300Percent: Percent(clamping: value.some.over300))
        stall.fullAvg10Percent = value.full.map { Percent(clamping: $0.over10) }
        stall.fullAvg60Percent = value.full.map { Percent(clamping: $0.over60) }
        stall.fullAvg300Percent = value.full.map { Percent(clamping: $0.over300) }
        return stall
    }
}
