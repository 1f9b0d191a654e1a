import Contracts
import Synchronization
import Transport

/// Follows an engine's events, keeps them, and tells that something of interest happened; reconnects for as long as it
/// runs, and asks each time for what happened since the last event that it has.
struct EngineEventStream: Sendable {
    var host: Host
    var sockets: [String]
    var memory: EngineMemory
    var now: @Sendable () -> Timestamp = { SystemClock.now() }
    /// First and longest wait before the next attempt; where there is a socket, an engine is expected back soon.
    var backoff: (first: Duration, expected: Duration, longest: Duration) = (.seconds(1), .seconds(5), .seconds(60))

    /// A connection that lasted this long was a good one: the next failure begins the back-off anew.
    private static let goodFor: Duration = .seconds(10)

    /// Calls `pulse` for each bundle of new events, and whenever the engine comes or goes; returns when cancelled.
    func follow(_ pulse: @escaping @Sendable () async -> Void) async {
        var wait = backoff.first
        while !Task.isCancelled {
            let socket = EngineSocket.find(host, sockets)
            if case .open(let path) = socket {
                let started = ContinuousClock.now
                // Nobody told what happened before this connection, and how it ended is news as well.
                await pulse()
                await read(path, pulse)
                if Task.isCancelled { return }
                await pulse()
                if ContinuousClock.now - started > Self.goodFor { wait = backoff.first }
            }
            // With jitter, so that machines restarted together do not ask together.
            try? await Task.sleep(for: wait * Double.random(in: 0.5...1))
            wait = min(wait * 2, socket == .absent ? backoff.longest : backoff.expected)
        }
    }

    /// Reads until the stream ends.
    private func read(_ path: String, _ pulse: @escaping @Sendable () async -> Void) async {
        let client = HTTPClient(unixSocket: path, userAgent: "vigie-agent/\(Vigie.version)")
        let lines = EventLines()
        let (news, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let forwarding = Task {
            for await _ in news { await pulse() }
        }
        let since = memory.record.since(now: now()).milliseconds / 1000
        // How it failed does not matter: the next attempt, or the next collecting, tells.
        _ = try? await client.stream(HTTPRequest(url: "http://localhost/events?since=\(since)")) {
            [memory, now] bytes in
            let (events, isNonsense) = lines.take(bytes)
            if memory.add(events, now: now()) || isNonsense { continuation.yield() }
            return true
        }
        continuation.finish()
        await forwarding.value
        memory.save()
    }
}

/// Puts an engine's chunks together to lines, and reads the events in them.
final class EventLines: Sendable {
    private let rest = Mutex<[UInt8]>([])
    /// An event is about 1 KiB; what has no end of line is no event.
    private static let limit = 1 << 20

    /// Events of interest of the lines that are complete now, and whether something was none of an engine's.
    func take(_ bytes: [UInt8]) -> (events: [DockerV1.Event], isNonsense: Bool) {
        rest.withLock { rest in
            rest += bytes
            guard let end = rest.lastIndex(of: 0x0A) else {
                guard rest.count > Self.limit else { return ([], false) }
                rest = []
                return ([], true)
            }
            let lines = rest[..<end].split(separator: 0x0A)
            rest = Array(rest[(end + 1)...])
            let documents = lines.map { try? StrictJSON.read(Array($0)).root }
            return (documents.compactMap { $0.flatMap(EngineEvents.event) }, documents.contains { $0 == nil })
        }
    }
}
