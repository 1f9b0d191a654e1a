import NIOCore
import Synchronization

/// How many connections are kept: beyond the budget those that have been idle for longest are closed.
///
/// Each kept TLS connection costs tens of kilobytes; agents come back with a resumed session.
final class ConnectionBudget: Sendable {
    private struct State {
        /// Idle connections, by when they became idle.
        var idle: [ObjectIdentifier: (order: UInt64, channel: any Channel)] = [:]
        var order: [(order: UInt64, id: ObjectIdentifier)] = []
        var open = 0
        var next: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    var open: Int { state.withLock { $0.open } }

    func opened(_ channel: any Channel) {
        let victim: (any Channel)? = state.withLock { state in
            state.open += 1
            return state.open > maximum ? Self.oldestIdle(&state) : nil
        }
        victim?.close(promise: nil)
    }

    func closed(_ channel: any Channel) {
        state.withLock { state in
            state.open -= 1
            state.idle[ObjectIdentifier(channel)] = nil
        }
    }

    func busy(_ channel: any Channel) {
        state.withLock { $0.idle[ObjectIdentifier(channel)] = nil }
    }

    func idle(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { state in
            state.next += 1
            state.idle[id] = (state.next, channel)
            state.order.append((state.next, id))
            // Entries that were overtaken are dropped when they outnumber the living ones.
            if state.order.count > 2 * state.idle.count + 64 {
                let idle = state.idle
                state.order.removeAll { idle[$0.id]?.order != $0.order }
            }
        }
    }

    private static func oldestIdle(_ state: inout State) -> (any Channel)? {
        for (index, entry) in state.order.enumerated() {
            guard let found = state.idle[entry.id], found.order == entry.order else { continue }
            state.order.removeFirst(index + 1)
            state.idle[entry.id] = nil
            return found.channel
        }
        state.order = []
        return nil
    }
}
