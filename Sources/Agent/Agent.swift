import Contracts
import Logging

/// An enrolled agent at work: what `once` and `run` share.
struct Agent: Sendable {
    let identity: Identity
    let configuration: AgentConfiguration
    let workers: [KindWorker]
    let connection: HubConnection
    let deliverer: Deliverer
    let spool: Spool
    /// Kinds that the hub asks for again.
    let requests: AsyncStream<Kind>
    /// What is known of the container engine beyond one collecting.
    let memory: EngineMemory

    /// What became of one kind in a run of `once`.
    struct KindResult: Codable, Equatable, Sendable {
        var kind: String
        /// `accepted`, `rejected`, `kept`.
        var delivery: String
        /// The hub's result, its refusal's code, or why it could not be reached.
        var detail: String

        var isAccepted: Bool { delivery == "accepted" }
    }

    /// Collects every kind and waits until each has its answer, or there is nobody who answers.
    func collectAndDeliverAll() async -> [KindResult] {
        await deliverer.retryNow()
        return await withTaskGroup(of: KindResult.self) { group in
            for worker in workers {
                group.addTask { [deliverer] in
                    do {
                        let snapshot = try await worker.snapshot()
                        return Self.result(worker.kind, await deliverer.deliver(snapshot))
                    } catch {
                        return KindResult(kind: worker.kind.rawValue, delivery: "rejected", detail: "\(error)")
                    }
                }
            }
            var results: [KindResult] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.kind < $1.kind }
        }
    }

    private static func result(_ kind: Kind, _ delivered: Delivered) -> KindResult {
        switch delivered {
        case .accepted(let result): KindResult(kind: kind.rawValue, delivery: "accepted", detail: result)
        case .rejected(let code): KindResult(kind: kind.rawValue, delivery: "rejected", detail: code)
        case .kept(let reason): KindResult(kind: kind.rawValue, delivery: "kept", detail: reason)
        }
    }
}
