import Contracts
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Hub

/// The writer by itself, on a real database: batches, replay, bounds, end.
struct IngestWriterTests {
    struct Poison: Error {}

    /// A database with one machine, and a writer that is not started yet.
    private struct Setup {
        let directory: TemporaryDirectory
        let store: SQLiteStore
        let machine: TestMachine
        let writer: IngestWriter
    }

    private func setup(
        count: Int = 100, bytes: Int = 1 << 30, derive: @escaping SnapshotArchive.Derive = { _, _ in .derived }
    ) throws -> Setup {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(path: directory.file("hub.sqlite"))
        let secret = SecureRandom.token()
        let token = SecureRandom.token()
        let now = Clock.now()
        let answer = try store.write { connection in
            _ = try connection.rows(
                TrustStatements.enrollmentInsert, TokenHash.of(token), now, now.adding(milliseconds: 60_000), 1, "",
                Int64?.none)
            return try Enrollment(connection: connection, now: now).enroll(
                EnrollmentRequest(
                    enrollmentToken: token, machineTokenHash: TokenHash.of(secret), hostname: "web-01",
                    agentVersion: "0.1.0")
            ).answer
        }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let writer = IngestWriter(
            store: store, archive: SnapshotArchive(derive: derive),
            quarantine: Quarantine(maximumEntries: 10, maximumBytes: 1 << 20), maximumCount: count,
            maximumBytes: bytes, logger: logger)
        return Setup(
            directory: directory, store: store,
            machine: TestMachine(token: secret, id: answer.machineID, name: answer.name), writer: writer)
    }

    private func submission(_ sequence: Int, _ setup: Setup, kind: Kind = .docker) throws -> Submission {
        let snapshot = try SentSnapshot(kind, of: setup.machine, sequence: sequence)
        let bytes = try snapshot.compressed()
        let read = try SnapshotReader.read(compressed: bytes, inflateLimit: 1 << 20)
        return Submission(
            tokenHash: TokenHash.of(setup.machine.token), head: read.head, content: read.content, body: bytes,
            bodyDigest: Digest(sha256: SHA256.digest(read.inflated)), inflatedBytes: read.inflated.count,
            receivedAt: Clock.now(), remoteAddress: nil, clockSkew: nil)
    }

    /// Submits all before the writer starts, so that they are one batch; answers the outcomes in their order.
    private func submitTogether(_ submissions: [Submission], _ setup: Setup) async throws -> [IngestOutcome] {
        async let outcomes = withTaskGroup(of: (Int, IngestOutcome).self) { group in
            for (index, submission) in submissions.enumerated() {
                group.addTask { (index, await setup.writer.submit(submission)) }
            }
            return await group.reduce(into: [Int: IngestOutcome]()) { $0[$1.0] = $1.1 }
        }
        #expect(try await eventually { setup.writer.waiting == submissions.count })
        let running = Task { try await setup.writer.run() }
        let found = await outcomes
        setup.writer.close()
        try await running.value
        return submissions.indices.compactMap { found[$0] }
    }

    @Test func oneBatchIsOneTransaction() async throws {
        let visible = Mutex<Set<Int64>>([])
        let reader = Mutex<SQLiteStore?>(nil)
        let setup = try setup { _, _ in
            // What another connection sees while the batch is being written.
            let row = try reader.withLock { try $0?.read { try $0.row(Self.archived) } }
            visible.withLock { _ = $0.insert(row?["n"].integer ?? -1) }
            return .derived
        }
        reader.withLock { $0 = setup.store }
        let outcomes = try await submitTogether(try (1...40).map { try submission($0, setup) }, setup)
        #expect(outcomes.count == 40)
        #expect(outcomes.allSatisfy { $0.answer?.result == "derived" })
        #expect(visible.withLock { $0 } == [0], "a part of the batch was committed by itself")
        let archived = try await setup.store.read { try $0.row(Self.archived) }
        #expect(archived?["n"].integer == 40)
    }

    private static let archived = Statement("test.archived", "SELECT count(*) AS n FROM snapshots")

    @Test func badSnapshotNeverFailsItsNeighbours() async throws {
        let attempts = Mutex<[Int: Int]>([:])
        let setup = try setup { snapshot, _ in
            attempts.withLock { $0[snapshot.head.sequence, default: 0] += 1 }
            if snapshot.head.sequence == 7 { throw Poison() }
            return .derived
        }
        let outcomes = try await submitTogether(try (1...20).map { try submission($0, setup) }, setup)
        // The one that cannot be derived is archived and held, the others are as if nothing had been.
        for (index, outcome) in outcomes.enumerated() {
            #expect(outcome.answer?.result == (index + 1 == 7 ? "held" : "derived"), "sequence \(index + 1)")
        }
        // The batch was rolled back and replayed: some were derived twice, yet each stands once.
        #expect(attempts.withLock { $0.values.contains(2) })
        let rows = try await setup.store.read {
            try $0.rows(Statement("t", "SELECT sequence, result FROM snapshots ORDER BY sequence"))
        }
        #expect(rows.map { $0["sequence"].integer } == (1...20).map { Int64($0) })
        #expect(rows.filter { $0["result"].text == "held" }.map { $0["sequence"].integer } == [7])
    }

    @Test func fullQueueSaysBusyAndStoppedWriterSaysSo() async throws {
        let setup = try setup(count: 2)
        let first = try submission(1, setup)
        let second = try submission(2, setup)
        let third = try submission(3, setup)
        async let waiting = withTaskGroup(of: IngestOutcome.self) { group in
            group.addTask { await setup.writer.submit(first) }
            group.addTask { await setup.writer.submit(second) }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await eventually { setup.writer.waiting == 2 })
        guard case .busy = await setup.writer.submit(third) else {
            Issue.record("a third one found room")
            return
        }
        // Closing refuses what comes and still answers what is there.
        setup.writer.close()
        guard case .stopping = await setup.writer.submit(third) else {
            Issue.record("taken after the end")
            return
        }
        try await setup.writer.run()
        #expect(await waiting.allSatisfy { $0.answer != nil })
        #expect(!setup.writer.isRunning)
    }

    @Test func queueIsBoundedByBytesButTakesOneOfAnySize() throws {
        let queue = IngestQueue<Int>(maximumCount: 10, maximumCost: 100)
        try queue.put(1, cost: 1000)
        #expect(throws: IngestRefusal.full) { try queue.put(2, cost: 1) }
        #expect(queue.take(maximumCount: 10, maximumCost: 10) == [1])
        for number in 1...5 { try queue.put(number, cost: 20) }
        #expect(throws: IngestRefusal.full) { try queue.put(6, cost: 20) }
        #expect(queue.take(maximumCount: 10, maximumCost: 50) == [1, 2])
        #expect(queue.take(maximumCount: 2, maximumCost: 500) == [3, 4])
        queue.close()
        #expect(queue.take(maximumCount: 10, maximumCost: 500) == [5])
        #expect(queue.take(maximumCount: 10, maximumCost: 500) == nil)
    }

    @Test func duplicatesInOneBatchAreTold() async throws {
        let setup = try setup()
        let one = try submission(1, setup)
        let results = try await submitTogether([one, one, one], setup).compactMap { $0.answer?.result }.sorted()
        #expect(results == ["derived", "duplicate", "duplicate"])
    }

    @Test func answersComeAfterTheDisk() throws {
        let setup = try setup()
        #expect(try setup.store.synchronousMode() == 2, "FULL: fsync with each commit")
    }

    @Test func nextDueIsTheNearestPromise() async throws {
        let setup = try setup()
        let submissions = [
            try submission(1, setup, kind: .hardware).due(in: 86_400),
            try submission(2, setup, kind: .metrics).due(in: 60),
            try submission(3, setup, kind: .apt).due(in: 21_600),
        ]
        for submission in submissions {
            let outcome = try await setup.store.write { connection in
                try SnapshotArchive(derive: { _, _ in .derived }).take(submission, into: connection)
            }
            #expect(outcome.answer != nil)
        }
        let due = try await setup.store.read { try $0.row(Statement("t", "SELECT next_due_at FROM machine_state")) }
        #expect(due?["next_due_at"].integer == submissions[1].receivedAt.milliseconds + 60_000)
    }
}

extension IngestOutcome {
    fileprivate var answer: SnapshotAnswer? {
        guard case .accepted(let answer) = self else { return nil }
        return answer
    }
}

extension Submission {
    fileprivate func due(in seconds: Int) -> Submission {
        var head = self.head
        head.collection.nextDueSeconds = seconds
        return Submission(
            tokenHash: tokenHash, head: head, content: content, body: body, bodyDigest: bodyDigest,
            inflatedBytes: inflatedBytes, receivedAt: receivedAt, remoteAddress: remoteAddress, clockSkew: clockSkew)
    }
}
