import Contracts
import Synchronization

/// Collects how the machine is doing; keeps the counters of the time before, so that rates cover a real interval.
final class MetricsCollector: Collector {
    let kind = Kind.metrics
    private let host: Host
    private let sampleFirst: Duration?
    private let commands: (any CommandRunning)?
    private let awakeNanoseconds: @Sendable () -> UInt64
    private let asleepNanoseconds: @Sendable () -> UInt64
    private let probe: FilesystemProbe
    private let memory = Mutex(Memory())

    /// What is kept from one collecting to the next.
    private struct Memory {
        var sample: MetricsSample?
        var sensors: SensorCatalogue?
        var smart: SMARTTemperatures?
        var failedUnits: FailedUnitsAnswer?
        /// A machine does not become a container, or cease to be one.
        var isContainer: Bool?
    }

    /// How long mounted file systems may take to answer.
    static let filesystemDeadline = Duration.seconds(2)

    /// With `sampleFirst` the first collecting takes two samples that far apart, so that it has rates too. Tests give
    /// the clock and the file systems' answers.
    init(
        host: Host, sampleFirst: Duration? = nil, commands: (any CommandRunning)? = nil,
        awakeNanoseconds: @escaping @Sendable () -> UInt64 = SystemClock.awakeNanoseconds,
        asleepNanoseconds: @escaping @Sendable () -> UInt64 = SystemClock.asleepNanoseconds,
        probe: FilesystemProbe? = nil
    ) {
        self.host = host
        self.sampleFirst = sampleFirst
        self.commands = commands
        self.awakeNanoseconds = awakeNanoseconds
        self.asleepNanoseconds = asleepNanoseconds
        self.probe = probe ?? FilesystemProbe(host: host)
    }

    func collect() async -> Collected {
        if let sampleFirst, memory.withLock({ $0.sample }) == nil {
            _ = read()
            try? await Task.sleep(for: sampleFirst)
        }
        var reading = read()
        await reading.filesystems(probe, deadline: Self.filesystemDeadline)
        reading.failedUnits(await failedUnits(at: reading.sample.awakeNanoseconds))
        return Collected(
            payload: reading.payload, unknown: reading.findings.unknown, problems: reading.findings.problems)
    }

    private func failedUnits(at awakeNanoseconds: UInt64) async -> FailedUnitsAnswer? {
        guard let commands else { return nil }
        if let kept = memory.withLock({ $0.failedUnits }), kept.isCurrent(at: awakeNanoseconds) { return kept }
        let answer = await FailedUnitsAnswer.ask(host, commands, at: awakeNanoseconds)
        memory.withLock { $0.failedUnits = answer }
        return answer
    }

    /// All that comes out of files at once.
    private func read() -> MetricsReading {
        memory.withLock { memory in
            let isContainer = memory.isContainer ?? (host.containerManager != nil)
            memory.isContainer = isContainer
            var reading = MetricsReading(host: host, isContainer: isContainer, earlier: memory.sample)
            reading.run(at: awakeNanoseconds(), asleep: asleepNanoseconds(), sensors: &memory.sensors)
            reading.smart(&memory.smart)
            memory.sample = reading.sample
            return reading
        }
    }
}

/// Counters of one moment, to be compared with those of the next.
struct MetricsSample: Sendable {
    var awakeNanoseconds: UInt64
    var asleepNanoseconds: UInt64 = 0
    var cpu: CPUTimes?
    var cores: [ProcStat.CoreTimes] = []
    var disks: [DiskStats] = []
    var interfaces: [NetDev] = []
    /// CPU time of containers in nanoseconds, by id.
    var containers: [String: UInt64] = [:]
}

/// One reading of all metrics: each section reads its files and fills its part of the payload.
struct MetricsReading {
    let host: Host
    /// What the kernel shows of disks and sensors in a container is its host's.
    let isContainer: Bool
    let earlier: MetricsSample?
    var sample = MetricsSample(awakeNanoseconds: 0)
    var payload = MetricsV1()
    var findings = Findings()
    /// Seconds since the earlier sample; nil without one, and where the clock has not moved enough to divide by.
    private(set) var interval: Double?

    init(host: Host, isContainer: Bool, earlier: MetricsSample?) {
        self.host = host
        self.isContainer = isContainer
        self.earlier = earlier
    }

    mutating func run(
        at awakeNanoseconds: UInt64, asleep asleepNanoseconds: UInt64 = 0, sensors: inout SensorCatalogue?
    ) {
        sample.awakeNanoseconds = awakeNanoseconds
        sample.asleepNanoseconds = asleepNanoseconds
        if let earlier, awakeNanoseconds > earlier.awakeNanoseconds {
            let seconds = Double(awakeNanoseconds - earlier.awakeNanoseconds) / 1e9
            if seconds >= 0.01 {
                interval = seconds
                payload.intervalSeconds = (seconds * 1000).rounded() / 1000
                payload.suspendedSeconds = Self.slept(from: earlier.asleepNanoseconds, to: asleepNanoseconds)
            }
        }
        uptime()
        processorTimes()
        load()
        memory()
        pressure()
        interfaces()
        containers()
        batteries()
        if !isContainer {
            disks()
            if sensors?.isCurrent(host) != true { sensors = SensorCatalogue(host) }
            if let sensors { self.sensors(sensors) }
        }
    }

    /// Seconds of sleep; nil for none. The two clocks differ by microseconds even where nobody slept.
    private static func slept(from earlier: UInt64, to now: UInt64) -> Double? {
        guard now > earlier, now - earlier >= 100_000_000 else { return nil }
        return (Double(now - earlier) / 1e6).rounded() / 1000
    }

    /// The rate of a counter, with two decimals. Nil where there is no interval, and where the counter went back: it
    /// wrapped or began anew, and what happened in between is not known.
    func rate(_ now: UInt64, _ before: UInt64?) -> Double? {
        guard let interval, let before, now >= before else { return nil }
        return (Double(now - before) / interval * 100).rounded() / 100
    }
}
