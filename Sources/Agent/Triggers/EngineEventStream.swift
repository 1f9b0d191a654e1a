import Contracts
import Synchronization
import Transport

/// Follows an engine's events and tells that something of interest happened; reconnects for as long as it runs.
struct EngineEventStream: Sendable {
    var host: Host
    var sockets: [String]
    /// First and longest wait before the next attempt.
    var backoff: (first: Duration, longest: Duration) = (.seconds(1), .seconds(60))

    /// Calls `pulse` for each bundle of events, and whenever the engine comes or goes; returns when cancelled.
    func follow(_ pulse: @escaping @Sendable () async -> Void) async {
        var wait = backoff.first
        var wasConnected = false
        while !Task.isCancelled {
            if case .open(let path) = EngineSocket.find(host, sockets) {
                let connected = await read(path, pulse)
                if connected { wait = backoff.first }
                // A stream that ended: the engine stopped, or died. And what happened meanwhile nobody told.
                if connected || wasConnected { await pulse() }
                wasConnected = connected
            } else if wasConnected {
                wasConnected = false
                await pulse()
            }
            // Full jitter, so that machines restarted together do not ask together.
            try? await Task.sleep(for: wait * Double.random(in: 0.5...1))
            wait = min(wait * 2, backoff.longest)
        }
    }

    /// Reads until the stream ends; whether there was one.
    private func read(_ path: String, _ pulse: @escaping @Sendable () async -> Void) async -> Bool {
        let client = HTTPClient(unixSocket: path, userAgent: "vigie-agent/\(Vigie.version)")
        let lines = EventLines()
        let (events, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let forwarding = Task {
            for await _ in events { await pulse() }
        }
        defer {
            continuation.finish()
            forwarding.cancel()
        }
        // Podman answers nothing at all before its first event: being accepted is what counts as connected.
        let started = ContinuousClock.now
        await pulse()
        do throws(HTTPFailure) {
            let status = try await client.stream(HTTPRequest(url: "http://localhost/events")) { bytes in
                if lines.isInteresting(bytes) { continuation.yield() }
                return true
            }
            return status == 200
        } catch {
            return error.kind != .connect && ContinuousClock.now - started > .seconds(1)
        }
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
