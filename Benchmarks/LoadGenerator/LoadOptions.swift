import ArgumentParser
import NIOCore

/// How requests are posted: the same for a hub and for its peers.
struct LoadOptions: ParsableArguments {
    @Option(help: "Kept connections.") var connections = 32
    @Option(help: "Snapshots a second; 0: as fast as they are answered.") var rate = 0.0
    @Option(help: "Seconds to post.") var seconds = 10.0
    @Option(help: "Most snapshots to post; they are made before the clock starts.") var limit = 100_000

    @Option(help: "The server's process, whose CPU time is to be in the report.") var server: Int?

    var count: Int { rate > 0 ? min(limit, Int(rate * seconds)) : limit }

    /// Posts until all is answered or time is up.
    func run(_ posts: [Post], at target: Target) async throws -> LoadOutcome {
        var driver = Driver(target: target, connections: connections)
        driver.rate = rate > 0 ? rate : nil
        let before = ProcessorTimes(server: server)
        let start = NIODeadline.now()
        driver.deadline = start + .milliseconds(Int64(seconds * 1000))
        let results = try await driver.run(posts)
        return LoadOutcome(
            results: results, seconds: Double((NIODeadline.now() - start).nanoseconds) / 1e9,
            processors: ProcessorTimes(server: server).spent(since: before))
    }
}

/// What came of a load, and what it took.
struct LoadOutcome {
    var results: [Result]
    var seconds: Double
    var processors: ProcessorTimes.Spent
}
