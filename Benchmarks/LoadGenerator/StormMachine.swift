import Contracts
import NIOCore

/// One machine whose hub was away: it connects at some moment, sends what waits in its agent's order, and backs off as
/// its agent does.
///
/// The agent's constants, from `DeliveryMachine`: full jitter over a limit that doubles from one second to five minutes,
/// not before what `Retry-After` asks for; two seconds between older metrics.
struct StormMachine: Sendable {
    static let firstBackOff = 1.0
    static let maximumBackOff = 300.0
    static let historyPause = 2.0

    /// The newest metrics, then inventory, then older metrics.
    var posts: Range<Int>
    /// Posts from this one on are history.
    var history: Int
    var connectsAfter: Double

    struct Outcome: Sendable {
        /// Seconds since the storm began at which each post was answered.
        var answered: [(post: Int, at: Double)] = []
        var refused: [Int] = []
        /// Answers 429 and 503.
        var askedToWait = 0
        /// Connections refused, reset or ended without an answer.
        var failures = 0
        var connections = 0
    }

    /// Until all is answered, or the deadline has passed.
    func play(
        _ posts: [Post], _ connector: Connector, on loop: any EventLoop, since start: NIODeadline, seconds: Double
    )
        async -> Outcome
    {
        func now() -> Double { Double((NIODeadline.now() - start).nanoseconds) / 1e9 }
        func pause(_ seconds: Double) async { try? await Task.sleep(for: .seconds(seconds)) }
        var outcome = Outcome()
        var client: Client?
        var failuresInARow = 0
        var next = self.posts.lowerBound
        await pause(connectsAfter)
        while next < self.posts.upperBound, now() < seconds {
            var asked = 0
            do {
                let connected: Client
                if let client {
                    connected = client
                } else {
                    connected = try await Client.connect(connector, on: loop)
                    client = connected
                    outcome.connections += 1
                }
                let answer = try await connected.post(posts[next])
                switch answer.status {
                case 200..<300:
                    outcome.answered.append((next, now()))
                    failuresInARow = 0
                    next += 1
                    if next > history, next < self.posts.upperBound { await pause(Self.historyPause) }
                    continue
                case 429, 503:
                    outcome.askedToWait += 1
                    asked = answer.retryAfterSeconds ?? 0
                default:
                    outcome.refused.append(next)
                    next += 1
                    continue
                }
            } catch {
                outcome.failures += 1
                client?.close()
                client = nil
            }
            failuresInARow += 1
            let limit = min(Self.maximumBackOff, Self.firstBackOff * Double(1 << min(failuresInARow - 1, 20)))
            await pause(Double(asked) + .random(in: 0...limit))
        }
        client?.close()
        return outcome
    }
}
