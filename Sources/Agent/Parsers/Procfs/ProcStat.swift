/// `/proc/stat` (proc_stat(5)): CPU time in ticks, boot time, processes.
struct ProcStat: Equatable, Sendable {
    var total: CPUTimes?
    /// Only the CPUs that are online.
    var cores: [CoreTimes] = []
    /// Unix seconds.
    var bootTime: UInt64?
    var processesRunning: UInt64?
    var processesBlocked: UInt64?

    struct CoreTimes: Equatable, Sendable {
        var core: Int
        var times: CPUTimes
    }

    static func parse(_ bytes: [UInt8]) -> Parsed<ProcStat> {
        var result = Parsed(value: ProcStat())
        var text = ByteScanner(bytes)
        var number = 0
        while var line = text.line() {
            number += 1
            guard let name = line.word() else { continue }
            if name.starts(with: "cpu") {
                var digits = name
                for _ in 0..<3 { digits.advance() }
                let core = digits.isAtEnd ? nil : digits.unsigned()
                guard let times = CPUTimes(&line), name.equals("cpu") || core.map({ $0 < 1 << 20 }) == true else {
                    result.faults.append(LineFault(line: number, message: "no CPU times of at least 4 numbers"))
                    continue
                }
                if let core {
                    result.value.cores.append(CoreTimes(core: Int(core), times: times))
                } else {
                    result.value.total = times
                }
            } else if let field = field(name) {
                if let value = line.unsigned() {
                    result.value[keyPath: field] = value
                } else {
                    result.faults.append(LineFault(line: number, message: "\(name.text) is no number"))
                }
            }
        }
        return result
    }

    private static func field(_ name: ByteScanner) -> WritableKeyPath<ProcStat, UInt64?>? {
        if name.equals("btime") { return \.bootTime }
        if name.equals("procs_running") { return \.processesRunning }
        if name.equals("procs_blocked") { return \.processesBlocked }
        return nil
    }
}

/// CPU time in ticks since boot. Guest time is in `user` and `nice` already.
struct CPUTimes: Equatable, Sendable {
    var user: UInt64 = 0
    var nice: UInt64 = 0
    var system: UInt64 = 0
    var idle: UInt64 = 0
    var iowait: UInt64 = 0
    var irq: UInt64 = 0
    var softirq: UInt64 = 0
    var steal: UInt64 = 0

    init() {}

    /// At least the first four numbers; kernels before 2.6.11 have no more.
    init?(_ line: inout ByteScanner) {
        guard let user = line.unsigned(), let nice = line.unsigned(), let system = line.unsigned(),
            let idle = line.unsigned()
        else { return nil }
        self.user = user
        self.nice = nice
        self.system = system
        self.idle = idle
        iowait = line.unsigned() ?? 0
        irq = line.unsigned() ?? 0
        softirq = line.unsigned() ?? 0
        steal = line.unsigned() ?? 0
    }

    var busy: UInt64 { user &+ nice &+ system &+ irq &+ softirq &+ steal }
    var total: UInt64 { busy &+ idle &+ iowait }

    /// What passed since then. Idle and iowait may go back a little (proc_stat(5)): such a field counts as nothing.
    func since(_ earlier: CPUTimes) -> CPUTimes {
        func step(_ now: UInt64, _ before: UInt64) -> UInt64 { now > before ? now - before : 0 }
        var difference = CPUTimes()
        difference.user = step(user, earlier.user)
        difference.nice = step(nice, earlier.nice)
        difference.system = step(system, earlier.system)
        difference.idle = step(idle, earlier.idle)
        difference.iowait = step(iowait, earlier.iowait)
        difference.irq = step(irq, earlier.irq)
        difference.softirq = step(softirq, earlier.softirq)
        difference.steal = step(steal, earlier.steal)
        return difference
    }
}
