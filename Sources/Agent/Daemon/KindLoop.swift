import Contracts
import Logging

/// Collects one kind again and again: when its time has come, or when it is asked to.
actor KindLoop {
    private let worker: KindWorker
    private let deliverer: Deliverer
    private let clock: AgentClock
    private var pace: KindPace
    private let wakeup = Wakeup()

    init(worker: KindWorker, agent: Agent, clock: AgentClock) {
        self.worker = worker
        deliverer = agent.deliverer
        self.clock = clock
        pace = KindPace(
            intervalSeconds: agent.configuration.settings(of: worker.kind).intervalSeconds,
            minimumGapSeconds: worker.kind.minimumGapSeconds, now: clock.monotonic())
    }

    func request() {
        pace.request(now: clock.monotonic())
        wakeup.signal()
    }

    func run(logger: Logger) async {
        while !Task.isCancelled {
            let now = clock.monotonic()
            guard now >= pace.due else {
                await wakeup.wait(milliseconds: pace.due - now, clock: clock)
                continue
            }
            pace.start(now: now) { .random(in: $0) }
            do {
                let snapshot = try await worker.snapshot()
                await deliverer.submit(snapshot)
                // Metrics are next, and need little of what an inventory needed.
                if worker.kind.isInventory { ResidentCode.letGo() }
            } catch {
                logger.error("a snapshot is lost", metadata: ["kind": "\(worker.kind)", "reason": "\(error)"])
            }
        }
    }
}
