import Contracts

/// What a run did, as one line of JSON.
struct RunReport: Codable {
    var machines: Int
    var connections: Int
    var snapshots: Int
    var answered: Int
    var lost: Int
    var statuses: [String: Int]
    var seconds: Double
    var perSecond: Double
    var medianMs: Double
    var p99Ms: Double
    var maxMs: Double
    var bodyBytes: Int
    var processors: ProcessorTimes.Spent

    enum CodingKeys: String, CodingKey {
        case machines, connections, snapshots, answered, lost, statuses, seconds, processors
        case perSecond = "per_second"
        case medianMs = "p50_ms"
        case p99Ms = "p99_ms"
        case maxMs = "max_ms"
        case bodyBytes = "body_bytes"
    }

    init(machines: Int, connections: Int, posts: [Post], outcome: LoadOutcome) {
        let results = outcome.results
        let accepted = results.filter(\.isAccepted)
        let latencies = Latencies(accepted.map(\.latency))
        self.machines = machines
        self.connections = connections
        seconds = outcome.seconds
        processors = outcome.processors
        snapshots = results.count
        answered = accepted.count
        lost = results.filter { $0.status == 0 }.count
        statuses = Dictionary(grouping: results) { String($0.status) }.mapValues(\.count)
        perSecond = Double(accepted.count) / outcome.seconds
        medianMs = latencies.milliseconds(0.5)
        p99Ms = latencies.milliseconds(0.99)
        maxMs = latencies.milliseconds(1)
        bodyBytes = posts.reduce(0) { $0 + $1.body.count } / max(1, posts.count)
    }

    func printLine() throws { print(String(decoding: try CanonicalJSON.encode(self), as: UTF8.self)) }
}

/// Times in nanoseconds, to be asked for their quantiles.
struct Latencies {
    private let sorted: [Int64]

    init(_ values: [Int64]) { sorted = values.sorted() }

    func milliseconds(_ share: Double) -> Double {
        sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1e6
    }
}
