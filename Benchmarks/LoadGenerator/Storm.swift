import ArgumentParser
import Contracts
import Foundation
import NIOCore
import NIOPosix

/// A hub that was away comes back, and its whole fleet with it; prints one line of JSON.
struct Storm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a fleet whose hub was away come back at once.",
        discussion: """
            Each machine connects at some moment of the first seconds, sends its newest metrics, then an inventory, \
            then the metrics that it kept, and backs off with full jitter, not before what Retry-After asks for.
            """)

    @Argument(help: "An enrolment string with enough uses.") var enrollment: String
    @Option(help: "Machines to play.") var machines = 10_000
    @Option(help: "Seconds in which they connect.") var within = 2.0
    @Option(help: "Older metrics that each of them kept.") var kept = 3
    @Option(help: "A payload of the hardware kind.") var inventory: String
    @Option(help: "Seconds to go on at most.") var seconds = 300.0
    @Option(help: "Where to write the ids of the answered snapshots, one a line.") var answered: String?
    @Option(help: "The server's process, whose CPU time is to be in the report.") var server: Int?

    struct Report: Codable {
        var machines: Int
        var snapshots: Int
        var answered: Int
        var refused: Int
        /// Not answered when the time was up.
        var waiting: Int
        var connections: Int
        var askedToWait: Int
        var failures: Int
        /// Seconds until half, 99 of 100, and all of the newest metrics had been answered; then all that there was.
        var newestHalf: Double
        var newestMost: Double
        var newestAll: Double
        var settled: Double
        var processors: ProcessorTimes.Spent

        enum CodingKeys: String, CodingKey {
            case machines, snapshots, answered, refused, waiting, connections, failures, processors
            case askedToWait = "asked_to_wait"
            case newestHalf = "newest_p50_seconds"
            case newestMost = "newest_p99_seconds"
            case newestAll = "newest_all_seconds"
            case settled = "settled_seconds"
        }
    }

    func run() async throws {
        let string = try ConnectionString(enrollment, purpose: .enrollment)
        let target = try await Target.hub(of: string)
        let fleet = try await Fleet.enroll(machines, with: string.token, at: target)
        let posts = try await posts(of: fleet, at: .current)
        let perMachine = 2 + kept

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connector = try target.connector(group)
        let before = ProcessorTimes(server: server)
        let start = NIODeadline.now()
        let outcomes = await withTaskGroup(of: StormMachine.Outcome.self) { tasks in
            for number in 0..<machines {
                let first = number * perMachine
                let machine = StormMachine(
                    posts: first..<first + perMachine, history: first + 2, connectsAfter: .random(in: 0...within))
                tasks.addTask {
                    await machine.play(posts, connector, on: group.next(), since: start, seconds: seconds)
                }
            }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        let spent = ProcessorTimes(server: server).spent(since: before)
        try await group.shutdownGracefully()
        try report(outcomes, posts: posts, perMachine: perMachine, spent: spent)
    }

    private func report(
        _ outcomes: [StormMachine.Outcome], posts: [Post], perMachine: Int, spent: ProcessorTimes.Spent
    ) throws {
        let all = outcomes.flatMap(\.answered)
        if let answered {
            let ids = all.compactMap { posts[$0.post].snapshotID?.text }
            try (ids.joined(separator: "\n") + "\n").write(toFile: answered, atomically: true, encoding: .utf8)
        }
        let newest = all.filter { $0.post % perMachine == 0 }.map(\.at).sorted()
        func quantile(_ share: Double) -> Double {
            newest.isEmpty ? 0 : newest[min(newest.count - 1, Int(Double(newest.count) * share))]
        }
        let refused = outcomes.reduce(0) { $0 + $1.refused.count }
        let report = Report(
            machines: machines, snapshots: posts.count, answered: all.count, refused: refused,
            waiting: posts.count - all.count - refused, connections: outcomes.reduce(0) { $0 + $1.connections },
            askedToWait: outcomes.reduce(0) { $0 + $1.askedToWait },
            failures: outcomes.reduce(0) { $0 + $1.failures }, newestHalf: quantile(0.5),
            newestMost: quantile(0.99), newestAll: quantile(1), settled: all.map(\.at).max() ?? 0, processors: spent)
        print(String(decoding: try CanonicalJSON.encode(report), as: UTF8.self))
    }

    /// For each machine the newest metrics, an inventory of its own, and older metrics, the oldest first.
    private func posts(of fleet: Fleet, at now: Timestamp) async throws -> [Post] {
        let example = try JSONValue.read(inventory)
        let kept = kept
        return try await inParallel(fleet.machines.count * (2 + kept)) { index in
            let (number, place) = index.quotientAndRemainder(dividingBy: 2 + kept)
            switch place {
            case 0:
                return try fleet.snapshot(
                    of: number, sequence: kept + 2, seed: index, collectedAt: now, madeAt: now)
            case 1:
                return try fleet.seal(
                    try CanonicalJSON.encode(example.naming(machine: number)), kind: .hardware, of: number,
                    sequence: 1, collectedAt: now.adding(milliseconds: -600_000), madeAt: now, nextDueSeconds: 86_400)
            default:
                return try fleet.snapshot(
                    of: number, sequence: place, seed: index,
                    collectedAt: now.adding(milliseconds: Int64(place - 2 - kept) * 60_000), madeAt: now)
            }
        }
    }
}
