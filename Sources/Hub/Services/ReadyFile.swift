import Contracts
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// What `--ready-file` gets once the hub serves, for programs that started it.
struct ReadyFile: Codable, Equatable, Sendable {
    var url: String
    var port: Int
    /// SHA-256 of the authority; absent where the system's store is meant.
    var caFingerprint: String?
    var socket: String
    var pid: Int

    enum CodingKeys: String, CodingKey {
        case url, port, socket, pid
        case caFingerprint = "ca_fingerprint"
    }
}

/// Waits until every listener listens, then tells: settings, ready file, log, and whoever waits.
final class Announcer: Service {
    /// One event for each listener; the port of the machines' one.
    enum Event: Sendable {
        case listening(port: Int)
        case socketListening
    }

    private let events: AsyncStream<Event>
    private let source: AsyncStream<Event>.Continuation
    private let onServing: @Sendable (_ port: Int) async throws -> Void

    init(onServing: @escaping @Sendable (_ port: Int) async throws -> Void) {
        (events, source) = AsyncStream.makeStream(of: Event.self)
        self.onServing = onServing
    }

    func tell(_ event: Event) { source.yield(event) }

    func run() async throws {
        var port: Int?
        var hasSocket = false
        for await event in events.cancelOnGracefulShutdown() {
            switch event {
            case .listening(let number): port = number
            case .socketListening: hasSocket = true
            }
            if let port, hasSocket {
                try await onServing(port)
                break
            }
        }
        try? await gracefulShutdown()
    }
}
