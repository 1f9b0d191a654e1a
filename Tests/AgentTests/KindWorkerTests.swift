import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Agent

struct KindWorkerTests {
    /// Collects when it is told to, and counts how many collect at once.
    final class Scripted: Collector {
        let kind = Kind.docker
        let gate = Gate()
        let counts = Mutex((now: 0, most: 0, total: 0))

        func collect() async -> Collected {
            counts.withLock {
                $0.now += 1
                $0.total += 1
                $0.most = max($0.most, $0.now)
            }
            await gate.wait()
            counts.withLock { $0.now -= 1 }
            return Collected(payload: DockerV1())
        }
    }

    actor Gate {
        private var isOpen = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func wait() async {
            if isOpen { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }

    let directory: TemporaryDirectory
    let collector = Scripted()
    let sealer: Sealer

    init() throws {
        directory = try TemporaryDirectory()
        let state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        let spool = try Spool(
            state: state, limits: AgentConfiguration.SpoolLimits().limits, logger: .silent,
            now: { SampleHead.start })
        sealer = try Sealer(
            machineID: SampleHead.machineID, host: try Host(), spool: spool, state: state, atLeast: 1,
            clock: .system, logger: .silent)
    }

    private func worker(deadline: Duration) -> KindWorker {
        KindWorker(
            collector: collector, intervalSeconds: 900, sealer: sealer, clock: .system, deadline: deadline)
    }

    @Test func oneCollectingAtATime() async throws {
        let worker = worker(deadline: .seconds(60))
        async let first = worker.snapshot()
        async let second = worker.snapshot()
        await collector.gate.open()
        let sequences = Set([try await first.head.sequence, try await second.head.sequence])
        #expect(sequences.count == 2)
        #expect(collector.counts.withLock { $0.most } == 1)
        #expect(collector.counts.withLock { $0.total } == 2)
    }

    @Test func oneThatHangsIsReportedAndNotBegunAgain() async throws {
        let worker = worker(deadline: .milliseconds(30))
        let late = try await worker.snapshot()
        #expect(late.head.collection.status == "failed")
        #expect(late.head.payloadDigest == nil)
        #expect(late.head.collection.problems?.map(\.code) == ["timed_out"])
        let blocked = try await worker.snapshot()
        #expect(blocked.head.collection.problems?.map(\.code) == ["still_running"])
        #expect(collector.counts.withLock { $0.total } == 1)
        // When it ends at last, the kind is collected again.
        await collector.gate.open()
        while collector.counts.withLock({ $0.now }) > 0 { await Task.yield() }
        var again = try await worker.snapshot()
        while again.head.collection.status == "failed" { again = try await worker.snapshot() }
        #expect(again.head.collection.status == "ok")
        #expect(again.head.collection.nextDueSeconds == 900)
    }
}
