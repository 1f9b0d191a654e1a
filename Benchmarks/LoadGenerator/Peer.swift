import ArgumentParser
import Contracts
import Transport

/// Posts the metrics of the same machines to another database; prints one line of JSON as `run` does.
struct Peer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Post the same values to another database, as InfluxDB's line protocol.",
        discussion: "Plain HTTP, one snapshot a request, gzip. VictoriaMetrics and InfluxDB 1.x both take it.")

    @Argument(help: "The port on loopback.") var port: Int
    @Option(help: "Where to post to.") var path = "/write?db=vigie&precision=ms"
    @Option(help: "Machines to play.") var machines = 2000
    @OptionGroup var load: LoadOptions

    func run() async throws {
        let target = Target(host: "127.0.0.1", port: port, caPEM: nil)
        let posts = try await self.posts(load.count, endingAt: .current)
        let outcome = try await load.run(posts, at: target)
        try RunReport(machines: machines, connections: load.connections, posts: posts, outcome: outcome).printLine()
    }

    /// The values, the order and the times that `Fleet.snapshots` gives a hub.
    private func posts(_ count: Int, endingAt end: Timestamp) async throws -> [Post] {
        let order = FleetOrder(machines: machines, snapshots: count).machines
        let rounds = (count + machines - 1) / max(1, machines)
        let (path, machines) = (path, machines)
        return try await inParallel(count) { index in
            let payload = try CanonicalJSON.encode(MetricsV1.sample(seed: index))
            let lines = LineProtocol(
                try StrictJSON.read(payload).root, machine: "load-\(order[index])",
                at: end.adding(milliseconds: Int64(index / machines + 1 - rounds) * 60_000))
            return Post(
                path: path, contentType: "text/plain; charset=utf-8", contentEncoding: "gzip",
                body: try Gzip.compress(Array(lines.text.utf8), level: 6))
        }
    }
}
