import Contracts
import Transport

/// The way to the hub: one kept connection, and the other URLs where the first does not answer.
actor HubConnection {
    private let client: HTTPClient
    private let urls: [String]
    private let token: String
    private let now: @Sendable () -> Timestamp
    /// The URL that answered last.
    private var current = 0

    static let userAgent = "vigie-agent/\(Vigie.version)"
    static let timeoutSeconds = 60.0

    init(identity: Identity, proxy: String?, now: @escaping @Sendable () -> Timestamp) {
        let trust: HTTPTrust = identity.caBundle.map { .pem(Array($0.utf8)) } ?? .system
        client = HTTPClient(trust: trust, proxy: proxy, userAgent: Self.userAgent)
        urls = identity.hubURLs
        token = identity.token
        self.now = now
    }

    /// Posts a snapshot's gzip. Every URL is tried before it counts as a failure.
    func post(_ body: [UInt8], id: Identifier) async -> DeliveryOutcome {
        var last = DeliveryOutcome.retry(reason: "no hub is known", afterSeconds: nil)
        for offset in 0..<urls.count {
            let index = (current + offset) % urls.count
            guard HubURL.isSafe(urls[index]) else {
                last = .retry(reason: "\(urls[index]) is not encrypted; no token is sent there", afterSeconds: nil)
                continue
            }
            do {
                let response = try await client.send(request(to: urls[index], body))
                let outcome = DeliveryOutcome(
                    status: response.status, contentType: response.header("Content-Type"), body: response.body,
                    retryAfterSeconds: response.retryAfterSeconds(now: now()), expected: id)
                // A proxy says that what is behind it does not answer.
                if response.status == 502 || response.status == 504 {
                    last = outcome
                    continue
                }
                current = index
                return outcome
            } catch {
                last = .retry(reason: error.message, afterSeconds: nil)
                if error.kind == .cancelled { return last }
            }
        }
        return last
    }

    private func request(to url: String, _ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            method: "POST", url: HubTrust.endpoint(url, "/v1/snapshots"),
            headers: [
                HTTPField(name: "Authorization", value: "Bearer \(token)"),
                HTTPField(name: "Content-Type", value: "application/json"),
                HTTPField(name: "Content-Encoding", value: "gzip"),
                HTTPField(name: "Content-Digest", value: SHA256.contentDigest(body)),
                HTTPField(name: "Date", value: HTTPDate.format(now())),
            ], body: body, timeoutSeconds: Self.timeoutSeconds, responseLimit: 256 * 1024)
    }
}

/// Where a token may go.
enum HubURL {
    /// `https`, or plain `http` to this very machine. Nothing that two readers of URLs could take for different hosts.
    static func isSafe(_ url: String) -> Bool {
        guard !url.contains(where: { "@#?\\ ".contains($0) }) else { return false }
        if url.hasPrefix("https://") { return true }
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" }
        return ["localhost", "127.0.0.1", "[::1]"].contains { host in
            guard authority.hasPrefix(host) else { return false }
            let port = authority.dropFirst(host.count)
            return port.isEmpty || (port.first == ":" && port.dropFirst().allSatisfy(\.isNumber))
        }
    }
}
