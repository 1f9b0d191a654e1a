import ArgumentParser
import Contracts
import Foundation
import NIOCore
import Transport

/// Enrols machines and posts their snapshots; prints one line of JSON.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enrol machines and post their snapshots.")

    @Argument(help: "An enrolment string with enough uses.") var enrollment: String
    @Option(help: "Machines to play.") var machines = 2000
    @Option(help: "Kept connections.") var connections = 32
    @Option(help: "Snapshots a second; 0: as fast as they are answered.") var rate = 0.0
    @Option(help: "Seconds to post.") var seconds = 10.0
    @Option(help: "Most snapshots to post; they are made before the clock starts.") var limit = 100_000
    @Option(help: "Where to write the ids of the answered snapshots, one a line.") var answered: String?
    @Option(help: "A file to make when the posting begins.") var started: String?

    struct Report: Codable {
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

        enum CodingKeys: String, CodingKey {
            case machines, connections, snapshots, answered, lost, statuses, seconds
            case perSecond = "per_second"
            case medianMs = "p50_ms"
            case p99Ms = "p99_ms"
            case maxMs = "max_ms"
            case bodyBytes = "body_bytes"
        }
    }

    func run() async throws {
        let string = try ConnectionString(enrollment, purpose: .enrollment)
        guard let url = URL(string: string.urls[0]), let host = url.host, let port = url.port else {
            throw ValidationError("the enrolment string's URL has no port: \(string.urls[0])")
        }
        guard let ca = try await HubTrust.bootstrap(url: string.urls[0], trust: string.trust, proxy: nil) else {
            throw ValidationError("the load generator plays against a hub with its own CA only")
        }
        var driver = Driver(host: host, port: port, caPEM: Array(ca.utf8), connections: connections)
        driver.keepBodies = true
        let fleet = try await enroll(driver, token: string.token)
        driver.keepBodies = false

        let count = rate > 0 ? min(limit, Int(rate * seconds)) : limit
        let end = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let posts = try (0..<count).map { try fleet.snapshot($0, of: count, endingAt: end) }
        driver.rate = rate > 0 ? rate : nil
        if let started { try "".write(toFile: started, atomically: true, encoding: .utf8) }
        let start = NIODeadline.now()
        driver.deadline = start + .milliseconds(Int64(seconds * 1000))
        let results = try await driver.run(posts)
        let elapsed = Double((NIODeadline.now() - start).nanoseconds) / 1e9

        let accepted = results.filter { (200...202).contains($0.status) }
        if let answered {
            let ids = accepted.compactMap { posts[$0.index].snapshotID?.text }
            try (ids.joined(separator: "\n") + "\n").write(toFile: answered, atomically: true, encoding: .utf8)
        }
        let latencies = accepted.map(\.latency).sorted()
        func quantile(_ share: Double) -> Double {
            latencies.isEmpty
                ? 0 : Double(latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]) / 1e6
        }
        let report = Report(
            machines: machines, connections: connections, snapshots: results.count, answered: accepted.count,
            lost: results.filter { $0.status == 0 }.count,
            statuses: Dictionary(grouping: results) { String($0.status) }.mapValues(\.count), seconds: elapsed,
            perSecond: Double(accepted.count) / elapsed, medianMs: quantile(0.5), p99Ms: quantile(0.99),
            maxMs: quantile(1), bodyBytes: posts.first?.body.count ?? 0)
        print(String(decoding: try CanonicalJSON.encode(report), as: UTF8.self))
    }

    private func enroll(_ driver: Driver, token: String) async throws -> Fleet {
        let tokens = (0..<machines).map { _ in Fleet.token() }
        let posts = try tokens.enumerated().map { number, machineToken in
            Post(
                path: "/v1/enroll",
                body: try CanonicalJSON.encode(
                    EnrollmentRequest(
                        enrollmentToken: token, machineTokenHash: Fleet.hash(machineToken),
                        hostname: "load-\(number)", agentVersion: Vigie.version)))
        }
        let results = try await driver.run(posts)
        let enrolled = try results.map { result -> Fleet.Machine in
            guard (200...201).contains(result.status), let document = try? StrictJSON.read(result.body) else {
                throw ValidationError(
                    "enrolment answered \(result.status): \(String(decoding: result.body.prefix(300), as: UTF8.self))")
            }
            let answer = try JSONTreeDecoder.decode(EnrollmentAnswer.self, from: document.root)
            let boot = Identifier.make(at: Timestamp(seconds: 1_790_000_000)).text
            return Fleet.Machine(token: tokens[result.index], id: answer.machineID, bootID: boot)
        }
        return Fleet(machines: enrolled)
    }
}
