import Contracts
import Synchronization
import Transport

/// Follows an engine's events and tells that something of interest happened; reconnects for as long as it runs.
struct EngineEventStream: Sendable {
    var host: Host
    var sockets: [String]
    /// First and longest wait before the next attempt.
    var backoff: (first: Duration, longest: Duration) = (.seconds(1), .seconds(60))

    /// A connection that lasted this long was a good one: the next failure begins the back-off anew.
    private static let goodFor: Duration = .seconds(10)

    /// Calls `pulse` for each bundle of events, and whenever the engine comes or goes; returns when cancelled.
    func follow(_ pulse: @escaping @Sendable () async -> Void) async {
        var wait = backoff.first
        while !Task.isCancelled {
            if case .open(let path) = EngineSocket.find(host, sockets) {
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
            wait = min(wait * 2, backoff.longest)
        }
    }

    /// Reads until the stream ends.
    private func read(_ path: String, _ pulse: @escaping @Sendable () async -> Void) async {
        let client = HTTPClient(unixSocket: path, userAgent: "vigie-agent/\(Vigie.version)")
        let lines = EventLines()
        let (events, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let forwarding = Task {
            for await _ in events { await pulse() }
        }
        // How it failed does not matter: the next attempt, or the next collecting, tells.
        _ = try? await client.stream(HTTPRequest(url: "http://localhost/events")) { bytes in
            if lines.isInteresting(bytes) { continuation.yield() }
            return true
        }
        continuation.finish()
        await forwarding.value
    }
}

/// Puts an engine's chunks together to lines and looks for what matters.
private final class EventLines: Sendable {
    private let rest = Mutex<[UInt8]>([])
    /// An event is about 1 KiB; what has no end of line is no event.
    private static let limit = 1 << 20

    func isInteresting(_ bytes: [UInt8]) -> Bool {
        rest.withLock { rest in
            rest += bytes
            guard let end = rest.lastIndex(of: 0x0A) else {
                guard rest.count > Self.limit else { return false }
                rest = []
                return true
            }
            let lines = rest[..<end].split(separator: 0x0A)
            rest = Array(rest[(end + 1)...])
            return lines.contains { line in
                guard let json = try? StrictJSON.read(Array(line)).root else { return true }
                return EngineEvents.event(json) != nil
            }
        }
    }
}
