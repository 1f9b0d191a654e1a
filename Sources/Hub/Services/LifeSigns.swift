import ServiceLifecycle
import Transport

/// Tells the service manager that the hub lives, each time after a question to the hub itself was answered: a listener,
/// the event loops and the router must work for that. Where they do not, the manager starts it anew.
struct LifeSigns: Service {
    let notifier: ServiceNotifier
    /// A sign is expected at least this often; nil where nobody waits for one.
    let watchdogMicroseconds: Int64?
    /// The hub's own socket.
    let socket: String

    /// How often in one interval it is tried: three lost answers in a row are no answer.
    private static let triesInInterval: Int64 = 4

    func run() async throws {
        await withGracefulShutdownHandler {
            if let watchdogMicroseconds, watchdogMicroseconds > 0 {
                try? await cancelWhenGracefulShutdown { try await watch(every: watchdogMicroseconds) }
            } else {
                try? await gracefulShutdown()
            }
        } onGracefulShutdown: {
            notifier.stopping()
        }
    }

    private func watch(every microseconds: Int64) async throws {
        let client = HTTPClient(unixSocket: socket)
        let pause = Duration.microseconds(microseconds / Self.triesInInterval)
        while true {
            if await answers(client) { notifier.alive() }
            try await Task.sleep(for: pause)
        }
    }

    private func answers(_ client: HTTPClient) async -> Bool {
        let request = HTTPRequest(url: "http://localhost/healthz", timeoutSeconds: 10)
        return (try? await client.send(request))?.status == 200
    }
}
