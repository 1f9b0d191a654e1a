import Contracts
import Hummingbird
import Synchronization

/// `GET /readyz`: whether a snapshot sent now would be taken. Asked often, it looks at the disk every few seconds.
final class Readiness: Sendable {
    private static let period = Duration.seconds(5)

    private let store: any Store
    private let writer: IngestWriter
    private let last = Mutex<(at: ContinuousClock.Instant, failure: String?)?>(nil)

    init(store: any Store, writer: IngestWriter) {
        self.store = store
        self.writer = writer
    }

    func answer() async throws -> Response {
        guard writer.isRunning else {
            throw ProblemResponse(.serviceUnavailable, .stopping, "the writer is not running", retryAfterSeconds: 5)
        }
        if let failure = await databaseFailure() {
            throw ProblemResponse(.serviceUnavailable, .storageFull, failure, retryAfterSeconds: 30)
        }
        return try Response.json(["status": "ready"])
    }

    private func databaseFailure() async -> String? {
        if let known = last.withLock({ $0 }), known.at.duration(to: .now) < Self.period { return known.failure }
        var failure: String?
        let now = Clock.now()
        do {
            try await store.write { connection in
                _ = try connection.run(TrustStatements.settingSet, "hub.ready_at", now.description, now)
            }
        } catch { failure = "the database cannot be written" }
        last.withLock { $0 = (.now, failure) }
        return failure
    }
}
