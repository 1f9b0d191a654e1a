import Contracts
import Foundation
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Agent

/// The deliverer with a real queue, against a real TLS server that answers what the test says.
struct DelivererTests {
    let server: TestServer
    let directory: TemporaryDirectory
    let bench: DeliveryBench

    init() throws {
        server = try TestServer()
        directory = try TemporaryDirectory()
        bench = try DeliveryBench(urls: [server.url], caPEM: server.caPEM, directory: directory)
    }

    @Test func sendsWhatTheContractSays() async throws {
        try server.script([.accepted()])
        let snapshot = try SampleHead.sealed(.apt, sequence: 1)
        #expect(try await bench.deliver([snapshot]) == [.accepted(result: "derived")])
        let request = try #require(try server.recorded().first)
        #expect(request.method == "POST")
        #expect(request.path == "/v1/snapshots")
        #expect(request.headers["Authorization"] == "Bearer \(DeliveryBench.token)")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(request.headers["Content-Encoding"] == "gzip")
        #expect(request.headers["Content-Digest"] == nil, "a small one has gzip's checksum")
        #expect(request.headers["User-Agent"] == "vigie-agent/0.1.0")
        #expect(request.headers["Date"].flatMap(HTTPDate.parse) == bench.clock.now())
        #expect(Array(request.body.utf8) == (try Gzip.inflate(snapshot.body, limit: 1 << 20)))
        #expect(directory.names("state/spool") == [])
    }

    @Test func aLargeBodyGoesWithItsDigest() async throws {
        try server.script([.accepted()])
        let noise = Base64.encode((0..<6000).map { _ in UInt8.random(in: 0...255) })
        let snapshot = try SampleHead.sealed(.apt, sequence: 1, text: noise)
        #expect(try await bench.deliver([snapshot]).count == 1)
        let request = try #require(try server.recorded().first)
        #expect(request.headers["Content-Digest"] == request.digest)
    }

    @Test func theSecondEqualOneIsSentAsSuchAndInFullWhenAsked() async throws {
        try server.script([.accepted(), .accepted(200, result: "unchanged"), .problem(409, "resend_full"), .accepted()])
        let snapshots = try (1...3).map { try SampleHead.sealed(.apt, sequence: $0, text: "the same") }
        for snapshot in snapshots { #expect(try await bench.deliver([snapshot]).count == 1) }
        let bodies = try server.recorded().map { try StrictJSON.read(Array($0.body.utf8)).root }
        let first = snapshots[0].head.snapshotID.text
        #expect(bodies.map { $0["same_as"]?.stringValue } == [nil, first, first, nil])
        #expect(bodies.map { $0["payload"] == nil } == [false, true, true, false])
        #expect(bodies[2]["snapshot_id"] == bodies[3]["snapshot_id"])
        #expect(directory.names("state/spool") == [])
    }

    @Test(arguments: [
        (400, "not_gzip"), (400, "not_strict_json"), (413, "too_large"), (415, "unsupported_media_type"),
        (422, "schema_violation"), (422, "snapshot_id_reused"),
    ])
    func refusedOnesArePutAside(status: Int, code: String) async throws {
        try server.script([.problem(status, code)])
        let snapshot = try SampleHead.sealed(.apt, sequence: 1)
        #expect(try await bench.deliver([snapshot]) == [.rejected(code: code)])
        #expect(directory.names("state/spool") == [])
        #expect(directory.names("state/rejected").count == 2)
    }

    @Test func damageIsSentAgain() async throws {
        try server.script([
            .problem(400, "digest_mismatch"), .problem(400, "digest_mismatch"), .problem(400, "digest_mismatch"),
            .accepted(),
        ])
        #expect(
            try await bench.deliver([SampleHead.sealed(.apt, sequence: 1)]) == [.accepted(result: "derived")])
        #expect(try server.recorded().count == 4)
        try server.script([.problem(400, "digest_mismatch")])
        #expect(
            try await bench.deliver([SampleHead.sealed(.apt, sequence: 2)]) == [
                .rejected(code: "digest_mismatch")
            ])
        #expect(try server.recorded().count == 8)
    }

    static let kept: [TestServer.Answer] = [
        .problem(401, "unauthorized"), .problem(401, "reenroll_required"), .problem(403, "machine_mismatch"),
        .problem(429, "rate_limited", retryAfter: 30), .problem(503, "busy", retryAfter: 30),
        .problem(507, "storage_full"), .problem(500, "internal_error"),
        .init(status: 200, headers: ["Content-Type": "text/html"], body: "<html>Please log in</html>"),
        .init(status: 302, headers: ["Location": "/login"], body: ""),
        .init(status: 403, headers: ["Content-Type": "text/html"], body: "<h1>Proxy</h1>"),
        .init(
            status: 201,
            body: #"{"snapshot_id":"0194e7c2-7b7b-7000-8000-000000000000","result":"derived","highest_sequence":0,"#
                + #""requests":[]}"#),
        .init(status: 201, body: "{\"snapshot_id\":"),
    ]

    @Test(arguments: kept)
    func everythingElseKeeps(answer: TestServer.Answer) async throws {
        try server.script([answer])
        let results = try await bench.deliver([
            SampleHead.sealed(.apt, sequence: 1), SampleHead.sealed(.metrics, sequence: 2),
        ])
        for result in results {
            guard case .kept = result else {
                Issue.record("\(result)")
                return
            }
        }
        // Metrics may be in memory still: the hub was asked about the other one again before.
        await bench.deliverer.stop()
        #expect(directory.names("state/spool").count == 2)
        #expect(directory.names("state/rejected") == ["broken"])
    }

    @Test func whatWaitsIsDeliveredWhenTheHubIsBack() async throws {
        try server.script([.problem(503, "busy")])
        _ = try await bench.deliver([SampleHead.sealed(.apt, sequence: 1), SampleHead.sealed(.metrics, sequence: 2)])
        await bench.deliverer.stop()
        #expect(directory.names("state/spool").count == 2)
        // A new life of the agent takes up the queue.
        try server.script([.accepted()])
        let again = try DeliveryBench(urls: [server.url], caPEM: server.caPEM, directory: directory)
        #expect(try await again.deliver([SampleHead.sealed(.docker, sequence: 3)]) == [.accepted(result: "derived")])
        try await again.drain()
        #expect(directory.names("state/spool") == [])
    }

    @Test func theNextURLIsTriedWhereTheFirstDoesNotAnswer() async throws {
        let gone = try TestServer()
        gone.stop()
        try server.script([.accepted()])
        let bench = try DeliveryBench(urls: [gone.url, server.url], caPEM: server.caPEM, directory: directory)
        #expect(try await bench.deliver([SampleHead.sealed(.apt, sequence: 1)]) == [.accepted(result: "derived")])
    }

    @Test func noTokenOverAnOpenConnection() async throws {
        let bench = try DeliveryBench(urls: ["http://hub.example"], caPEM: nil, directory: directory)
        guard case .kept(let reason) = try await bench.deliver([SampleHead.sealed(.apt, sequence: 1)]).first else {
            Issue.record("not kept")
            return
        }
        #expect(reason.contains("not encrypted"))
    }

    @Test func anotherIdentitysSnapshotsAreNotSent() async throws {
        try server.script([.accepted()])
        let bench = try DeliveryBench(
            urls: [server.url], caPEM: server.caPEM, directory: directory,
            machineID: Identifier(milliseconds: 2, random: (2, 2)))
        #expect(
            try await bench.deliver([SampleHead.sealed(.apt, sequence: 1)]) == [.rejected(code: "other_machine")])
        #expect(try server.recorded().count == 0)
    }

    @Test func requestsAndSequencesAreFollowed() async throws {
        try server.script([.accepted(highest: 5000, requests: ["full:docker"])])
        _ = try await bench.deliver([SampleHead.sealed(.apt, sequence: 1)])
        #expect(bench.requested.withLock { $0 } == [.docker])
        let next = try await bench.sealer.seal(
            Collected(payload: nil), kind: .apt, startedAt: SampleHead.start, durationMilliseconds: 0,
            nextDueSeconds: 1)
        #expect(next.head.sequence == 5001)
    }

    @Test func stoppingPutsTheNewestMetricsOnDisk() async throws {
        await bench.deliverer.submit(try SampleHead.sealed(.metrics, sequence: 1))
        #expect(directory.names("state/spool") == [])
        await bench.deliverer.stop()
        #expect(directory.names("state/spool").count == 1)
        #expect(directory.names("state").contains("delivery.json"))
    }
}

/// A deliverer with all that it needs, on a directory of the test's.
struct DeliveryBench {
    static let token = "machine-token"

    let clock: AgentClock
    let spool: Spool
    let sealer: Sealer
    let deliverer: Deliverer
    let requested: Requested

    final class Requested: Sendable {
        private let kinds = Mutex<[Kind]>([])
        func withLock<T>(_ body: ([Kind]) -> T) -> T { kinds.withLock { body($0) } }
        func add(_ kind: Kind) { kinds.withLock { $0.append(kind) } }
    }

    init(
        urls: [String], caPEM: String?, directory: TemporaryDirectory, machineID: Identifier = SampleHead.machineID
    ) throws {
        let state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        let identity = Identity(
            machineID: machineID, name: "web-01", hubURLs: urls, token: Self.token, caBundle: caPEM)
        let clock = AgentClock(
            now: { SampleHead.start }, monotonic: AgentClock.system.monotonic, sleep: AgentClock.system.sleep)
        self.clock = clock
        spool = try Spool(
            state: state, limits: AgentConfiguration.SpoolLimits().limits, logger: .silent, now: clock.now)
        sealer = try Sealer(
            machineID: machineID, host: try Host(), spool: spool, state: state, atLeast: 1, clock: clock,
            logger: .silent)
        let requested = Requested()
        self.requested = requested
        deliverer = Deliverer(
            identity: identity,
            connection: HubConnection(identity: identity, proxy: nil, now: clock.now, logger: .silent),
            spool: spool, sealer: sealer,
            record: Agent.deliveryRecord(of: identity, state: state, logger: .silent), state: state, clock: clock,
            logger: .silent, requested: { requested.add($0) })
    }

    /// Delivers while the deliverer runs, and stops it.
    func deliver(_ snapshots: [SealedSnapshot]) async throws -> [Delivered] {
        let running = Task { await deliverer.run() }
        var results: [Delivered] = []
        for snapshot in snapshots { results.append(await deliverer.deliver(snapshot)) }
        running.cancel()
        await running.value
        return results
    }

    /// Runs until nothing waits.
    func drain() async throws {
        let running = Task { await deliverer.run() }
        while await !spool.index.entries.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        running.cancel()
        await running.value
    }
}
