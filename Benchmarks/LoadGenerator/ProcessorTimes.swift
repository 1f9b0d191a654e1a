import Foundation

/// CPU times of a server, of this process, and of the whole machine, from procfs (proc_pid_stat(5), proc_stat(5)).
struct ProcessorTimes {
    private var server = 0.0
    private var own = 0.0
    private var machine = 0.0
    private var moment = Date()

    init(server pid: Int?) {
        server = pid.map(Self.seconds(of:)) ?? 0
        own = Self.seconds(of: Int(getpid()))
        machine = Self.machineSeconds()
    }

    /// What was spent between an earlier moment and this one.
    func spent(since start: ProcessorTimes) -> Spent {
        let others = (machine - start.machine) - (server - start.server) - (own - start.own)
        let capacity = moment.timeIntervalSince(start.moment) * Double(ProcessInfo.processInfo.processorCount)
        return Spent(
            serverSeconds: server - start.server, loadSeconds: own - start.own,
            othersShare: capacity > 0 ? max(0, others) / capacity : 0)
    }

    struct Spent: Codable {
        var serverSeconds: Double
        var loadSeconds: Double
        /// The share of all cores that neither the server nor the load took: near 0 where nothing else was at work.
        var othersShare: Double

        enum CodingKeys: String, CodingKey {
            case serverSeconds = "server_cpu_seconds"
            case loadSeconds = "load_cpu_seconds"
            case othersShare = "others_share"
        }
    }

    private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

    private static func words(_ path: String) -> [Substring] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        // The name in parentheses may hold anything; what follows it does not.
        return (text.split(separator: ")").last ?? "").split(whereSeparator: \.isWhitespace)
    }

    private static func seconds(of pid: Int) -> Double {
        let words = words("/proc/\(pid)/stat")
        guard words.count > 12, let user = Double(words[11]), let system = Double(words[12]) else { return 0 }
        return (user + system) / ticks
    }

    private static func machineSeconds() -> Double {
        let fields = words("/proc/stat").dropFirst().prefix(8).compactMap { Double($0) }
        guard fields.count == 8 else { return 0 }
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / ticks
    }
}
