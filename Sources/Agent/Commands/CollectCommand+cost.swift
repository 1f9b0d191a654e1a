import Contracts
import Glibc

extension CollectCommand {
    /// Cycles that a figure is the mean of: one alone is mostly noise.
    static let costCycles = 20

    /// Collects and encodes some more times and says what one time costs, in words for standard error.
    ///
    /// CPU time is this process's, user and system, and apart from it that of the commands it ran.
    static func cost(of collector: any Collector, cycles: Int = costCycles, encode: (Collected) throws -> Int)
        async throws
        -> String
    {
        let cpuBefore = SystemClock.processNanoseconds()
        let commandsBefore = commandSeconds()
        var bytes = 0
        for _ in 0..<cycles { bytes = try encode(await collector.collect()) }
        let milliseconds = Double(SystemClock.processNanoseconds() - cpuBefore) / 1e6 / Double(cycles)
        var text = "\(collector.kind.rawValue): \((milliseconds * 100).rounded() / 100) ms of CPU time a cycle"
        let commands = (commandSeconds() - commandsBefore) / Double(cycles)
        if commands > 0 { text += ", \((commands * 1000).rounded() / 1000) s in commands" }
        return text + ", \(bytes) bytes (mean of \(cycles))"
    }

    /// What the first collecting cost, of which the later ones may save a part.
    static func firstCost(_ kind: Kind, nanoseconds: UInt64, commandSeconds: Double) -> String {
        let milliseconds = (Double(nanoseconds) / 1e4).rounded() / 100
        return "\(kind.rawValue): the first \(milliseconds) ms of CPU time, "
            + "\((commandSeconds * 1000).rounded() / 1000) s in commands"
    }

    /// User and system time of commands that have ended and were waited for.
    static func commandSeconds() -> Double {
        var usage = rusage()
        guard getrusage(RUSAGE_CHILDREN.rawValue, &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// System calls of one collecting: those of a process that collects some times more, less those of one that does not,
    /// so that the program's start is in neither.
    func systemCalls() async -> String {
        let some = 10
        let base = ["collect", kind.rawValue] + options.arguments
        guard let one = await SystemCallCount.count(base + ["--cost-cycles", "0"]),
            let more = await SystemCallCount.count(base + ["--cost-cycles", "\(some)"])
        else { return "system calls cannot be counted here (ptrace is not permitted)" }
        return "\(max(0, more - one) / some) system calls (mean of \(some))"
    }

    /// Standard error, so that standard output stays one JSON document.
    func printError(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
