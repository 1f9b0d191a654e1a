import Contracts
import Glibc

extension CollectCommand {
    /// Cycles that a figure is the mean of: one alone is mostly noise.
    static let costCycles = 20

    /// Collects and encodes some more times and says what one time costs, in words for standard error.
    ///
    /// CPU time is this process's, user and system, without that of commands it runs. Reads are `read` system calls
    /// (`syscr` of proc_pid_io(5)); opening and closing comes with each file besides.
    static func cost(of collector: any Collector, cycles: Int = costCycles, encode: (Collected) throws -> Int)
        async throws
        -> String
    {
        let cpuBefore = SystemClock.processNanoseconds()
        let readsBefore = readCalls()
        var bytes = 0
        for _ in 0..<cycles { bytes = try encode(await collector.collect()) }
        let milliseconds = Double(SystemClock.processNanoseconds() - cpuBefore) / 1e6 / Double(cycles)
        var text = "\(collector.kind.rawValue): \((milliseconds * 100).rounded() / 100) ms of CPU time a cycle"
        if let readsBefore, let readsAfter = readCalls() { text += ", \((readsAfter - readsBefore) / cycles) reads" }
        return text + ", \(bytes) bytes (mean of \(cycles))"
    }

    private static func readCalls() -> Int? {
        guard let bytes = try? Host().bytes("/proc/self/io") else { return nil }
        return ContainerCgroup.value("syscr:", in: bytes).map(WireInteger.counter)
    }

    /// Standard error, so that standard output stays one JSON document.
    func printError(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
