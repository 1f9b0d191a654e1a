import Contracts
import Logging
import Synchronization

/// Collects one kind, one collecting at a time, each with a deadline.
actor KindWorker {
    let kind: Kind
    private let collector: any Collector
    private let sealer: Sealer
    private let clock: AgentClock
    private let deadline: Duration
    private let intervalSeconds: Int
    /// A collecting that overran its deadline is left alone; until it ends no other is begun.
    private var isStuck = false
    private var turn: Task<Void, Never>?

    init(
        collector: any Collector, intervalSeconds: Int, sealer: Sealer, clock: AgentClock, deadline: Duration? = nil
    ) {
        kind = collector.kind
        self.collector = collector
        self.sealer = sealer
        self.clock = clock
        self.intervalSeconds = intervalSeconds
        self.deadline = deadline ?? collector.kind.deadline
    }

    /// A snapshot of now. Throws `FileFailure` where no sequence number can be had.
    func snapshot() async throws -> SealedSnapshot {
        while let turn { await turn.value }
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        turn = Task { for await _ in ended {} }
        defer {
            turn = nil
            end.finish()
        }
        let startedAt = clock.now()
        let start = clock.monotonic()
        let collected = await collect()
        return try await sealer.seal(
            collected, kind: kind, startedAt: startedAt, durationMilliseconds: Int(clock.monotonic() - start),
            nextDueSeconds: intervalSeconds)
    }

    private func collect() async -> Collected {
        guard !isStuck else { return failed("still_running", "an earlier collecting has not ended") }
        isStuck = true
        let collector = collector
        let late = failed("timed_out", "collecting took longer than \(deadline)")
        let first = FirstResult<Collected>()
        Task {
            first.offer(await collector.collect())
            self.ended()
        }
        let timer = Task { [clock, deadline] in
            try await clock.sleep(Int64(deadline / .milliseconds(1)))
            first.offer(late)
        }
        defer { timer.cancel() }
        return await first.value()
    }

    private func ended() { isStuck = false }

    private func failed(_ code: String, _ message: String) -> Collected {
        var collected = Collected(payload: nil)
        collected.problems = [Problem(code: code, severity: "error", source: kind.rawValue, message: message)]
        return collected
    }
}

/// The first of several results; the others are dropped.
final class FirstResult<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    func offer(_ value: Value) { continuation.yield(value) }

    /// Waits whatever happens to the task, because somebody always offers in the end.
    func value() async -> Value {
        await Task { [stream] in
            var iterator = stream.makeAsyncIterator()
            while true { if let value = await iterator.next() { return value } }
        }.value
    }
}
