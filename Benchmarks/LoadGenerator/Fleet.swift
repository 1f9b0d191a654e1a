import Contracts
import Transport

/// The machines that a run plays: identities, and the bodies that they will post, made before the clock starts.
struct Fleet: Sendable {
    struct Machine: Codable, Sendable {
        var token: String
        var id: Identifier
        var bootID: String
        /// The highest sequence number that was used up.
        var sequence = 0
    }

    var machines: [Machine]

    static func token() -> String { Base64.encode((0..<32).map { _ in UInt8.random(in: 0...255) }, .url) }

    /// Snapshots of the run: rounds of all machines, a minute long, ending some seconds before the given moment. Within
    /// a round the machines come one after the other, as a fleet's do, and their ids with them.
    func snapshots(_ count: Int, endingAt end: Timestamp, age: Int = 0) async throws -> [Post] {
        let order = FleetOrder(machines: machines.count, snapshots: count).machines
        let rounds = (count + machines.count - 1) / max(1, machines.count)
        return try await inParallel(count) { index in
            let (round, place) = index.quotientAndRemainder(dividingBy: machines.count)
            let behind = Int64(rounds - round) * 60_000 - Int64(place) * 60_000 / Int64(machines.count)
            let moment = end.adding(milliseconds: -behind - Int64(age) * 1000)
            return try snapshot(
                of: order[index], sequence: machines[order[index]].sequence + round + 1, seed: index,
                collectedAt: moment, madeAt: moment)
        }
    }

    /// A metrics snapshot of one machine, sealed and compressed as its agent does it.
    func snapshot(of number: Int, sequence: Int, seed: Int, collectedAt: Timestamp, madeAt: Timestamp) throws -> Post {
        try seal(
            try CanonicalJSON.encode(MetricsV1.sample(seed: seed)), kind: .metrics, of: number, sequence: sequence,
            collectedAt: collectedAt, madeAt: madeAt, nextDueSeconds: 60)
    }

    func seal(
        _ payload: [UInt8], kind: Kind, of number: Int, sequence: Int, collectedAt: Timestamp, madeAt: Timestamp,
        nextDueSeconds: Int
    ) throws -> Post {
        let machine = machines[number]
        var head = EnvelopeHead(
            envelope: 1, kind: kind.rawValue, schemaVersion: 1, snapshotID: Identifier.make(at: madeAt),
            machineID: machine.id, sequence: sequence, bootID: machine.bootID, collectedAt: collectedAt,
            host: HostIdentity(hostname: "load-\(number)"), agent: AgentReport(version: Vigie.version),
            collection: Collection(status: "ok"))
        head.agent.rssBytes = 19_000_000
        head.agent.cpuSecondsTotal = Double(sequence) * 0.005
        head.collection.durationMs = 4
        head.collection.nextDueSeconds = nextDueSeconds
        head.payloadDigest = Digest(sha256: SHA256.digest(payload))
        let body = try Gzip.compress(try EnvelopeDocument.join(head: head, payload: payload), level: 6)
        return Post(
            path: "/v1/snapshots", token: machine.token, contentEncoding: "gzip", body: body,
            snapshotID: head.snapshotID)
    }
}

/// Makes bodies on all cores: at some 0.2 ms each, a long run's would take half a minute on one.
func inParallel(_ count: Int, _ make: @escaping @Sendable (Int) throws -> Post) async throws -> [Post] {
    let chunk = 1000
    return try await withThrowingTaskGroup(of: (Int, [Post]).self) { tasks in
        for start in stride(from: 0, to: count, by: chunk) {
            tasks.addTask { (start, try (start..<min(count, start + chunk)).map(make)) }
        }
        let parts = try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        return stride(from: 0, to: count, by: chunk).flatMap { parts[$0] ?? [] }
    }
}
