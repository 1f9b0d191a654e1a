import Contracts
import Synchronization

/// A libcurl client with one kept handle on one thread of its own: connections and TLS sessions are reused, requests
/// of many tasks wait in a queue.
///
/// TLS 1.2 at least, no redirects followed, only `http` and `https`. Without a configured proxy the environment's is
/// used, as curl(1) does.
package final class HTTPClient: Sendable {
    private let worker: CurlWorker

    /// - Parameters:
    ///   - unixSocket: path of a socket to connect to in place of the URL's host.
    ///   - proxy: `http://[user:password@]host:port` and the like; nil takes the environment's.
    package init(
        trust: HTTPTrust = .system, unixSocket: String? = nil, proxy: String? = nil,
        userAgent: String = "vigie/\(Vigie.version)"
    ) {
        worker = CurlWorker(
            configuration: .init(trust: trust, unixSocket: unixSocket, proxy: proxy, userAgent: userAgent))
    }

    deinit { worker.close() }

    /// Sends a request and waits for the whole answer. Cancelling the task ends the exchange within a second.
    package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        try await enqueue(request, onBytes: nil).get()
    }

    /// Hands over the answer's body as it comes, without an overall timeout, until the server ends it or `onBytes`
    /// answers false; gives the status. Occupies the client's thread for that long: use a client of its own.
    package func stream(
        _ request: HTTPRequest, onBytes: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws(HTTPFailure) -> Int {
        try await enqueue(request, onBytes: onBytes).get().status
    }

    private func enqueue(
        _ request: HTTPRequest, onBytes: (@Sendable ([UInt8]) -> Bool)?
    ) async -> Result<HTTPResponse, HTTPFailure> {
        let cancelled = CancellationFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                worker.enqueue(
                    .init(request: request, onBytes: onBytes, cancelled: cancelled) {
                        continuation.resume(returning: $0)
                    })
            }
        } onCancel: {
            cancelled.raise()
        }
    }
}

/// Set by the task that is cancelled, read by the thread that works for it.
final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() { raised.store(true, ordering: .relaxed) }
}
