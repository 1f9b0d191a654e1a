import Dispatch
import Synchronization

/// Why the queue does not take an element.
enum IngestRefusal: Error { case full, closed }

/// A bounded queue with many producers and one consumer, who takes all that is there: what arrives during one commit
/// is the next one's batch.
final class IngestQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var costs: [Int] = []
        var cost = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
    private let maximumCount: Int
    private let maximumCost: Int

    /// - Parameter maximumCost: bytes that may wait; one element of any size always fits into an empty queue.
    init(maximumCount: Int, maximumCost: Int) {
        self.maximumCount = maximumCount
        self.maximumCost = maximumCost
    }

    var count: Int { state.withLock { $0.elements.count } }

    func put(_ element: Element, cost: Int) throws(IngestRefusal) {
        let refusal: IngestRefusal? = state.withLock { state in
            guard !state.isClosed else { return .closed }
            guard
                state.elements.isEmpty
                    || (state.elements.count < maximumCount && state.cost + cost <= maximumCost)
            else { return .full }
            state.elements.append(element)
            state.costs.append(cost)
            state.cost += cost
            return nil
        }
        if let refusal { throw refusal }
        arrived.signal()
    }

    /// Waits for elements and takes the oldest, up to the bounds but at least one; nil once closed and empty. Blocks.
    ///
    /// - Parameter isWorthwhile: whether it is time to take that many, unless the queue is closed; asked again when more
    ///   come and at a `nudge`.
    func take(
        maximumCount: Int, maximumCost: Int, isWorthwhile: (_ count: Int) -> Bool = { _ in true }
    ) -> [Element]? {
        while true {
            let (batch, ended): ([Element], Bool) = state.withLock { state in
                guard state.isClosed || isWorthwhile(state.elements.count) else { return ([], false) }
                var count = 0
                var cost = 0
                while count < state.elements.count, count < maximumCount,
                    count == 0 || cost + state.costs[count] <= maximumCost
                {
                    cost += state.costs[count]
                    count += 1
                }
                let batch = Array(state.elements.prefix(count))
                state.elements.removeFirst(count)
                state.costs.removeFirst(count)
                state.cost -= cost
                return (batch, state.isClosed)
            }
            if !batch.isEmpty { return batch }
            if ended { return nil }
            arrived.wait()
        }
    }

    /// Has the consumer look again whether it is worthwhile.
    func nudge() { arrived.signal() }

    /// Refuses what comes; what is there is still taken.
    func close() {
        state.withLock { $0.isClosed = true }
        arrived.signal()
    }
}
