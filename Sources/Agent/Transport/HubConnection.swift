import Contracts
import Logging
import Transport

/// The way to the hub: one kept connection, the other URLs where the first does not answer, and what the hub announces
/// of itself.
actor HubConnection {
    private var client: HTTPClient
    private var address: HubAddress
    private let machineID: Identifier
    private let token: String
    private let proxy: String?
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    /// Makes a new address survive; answers whether it did.
    private let save: @Sendable (HubAddress) -> Bool
    /// The URL that answered last.
    private var current = 0
    /// What the hub said that it announces, when it was asked last.
    private var seen: String?

    static let userAgent = "vigie-agent/\(Vigie.version)"
    static let timeoutSeconds = 60.0
    /// Between two questions about the hub's address, in milliseconds: where it was answered, and where not.
    static let askInterval: Int64 = 86_400_000
    static let askAgainInterval: Int64 = 3_600_000

    init(
        identity: Identity, proxy: String?, now: @escaping @Sendable () -> Timestamp, logger: Logger,
        save: @escaping @Sendable (HubAddress) -> Bool = { _ in true }
    ) {
        let address = HubAddress(identity)
        self.address = address
        machineID = identity.machineID
        token = identity.token
        self.proxy = proxy
        self.now = now
        self.logger = logger
        self.save = save
        client = HTTPClient(trust: address.trust, proxy: proxy, userAgent: Self.userAgent)
    }

    /// Posts a snapshot's gzip. Every URL is tried before it counts as a failure.
    func post(_ body: [UInt8], id: Identifier) async -> DeliveryOutcome {
        var last = DeliveryOutcome.retry(reason: "no hub is known", afterSeconds: nil)
        // Of one state: another task may learn of a new address meanwhile.
        let urls = address.urls
        let client = client
        let first = current
        for offset in 0..<urls.count {
            let index = (first + offset) % urls.count
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
                if urls == address.urls { current = index }
                return outcome
            } catch {
                last = .retry(reason: error.message, afterSeconds: nil)
                if error.kind == .cancelled { return last }
            }
        }
        return last
    }

    /// Bytes of a body from which on its digest goes with it. Of a smaller one gzip's own checksum is enough, and 74 bytes
    /// would be 3 % of all that the agent sends in a day.
    private static let digestedBytes = 4096

    private func request(to url: String, _ body: [UInt8]) -> HTTPRequest {
        var headers = [
            HTTPField(name: "Authorization", value: "Bearer \(token)"),
            HTTPField(name: "Content-Type", value: "application/json"),
            HTTPField(name: "Content-Encoding", value: "gzip"),
            HTTPField(name: "Date", value: HTTPDate.format(now())),
        ]
        if body.count >= Self.digestedBytes {
            headers.append(HTTPField(name: "Content-Digest", value: SHA256.contentDigest(body)))
        }
        return HTTPRequest(
            method: "POST", url: HubTrust.endpoint(url, "/v1/snapshots"), headers: headers, body: body,
            timeoutSeconds: Self.timeoutSeconds, responseLimit: 256 * 1024)
    }

    // MARK: - What the hub announces

    /// Asks at once and then once a day, until the task is cancelled.
    func follow(clock: AgentClock) async {
        while !Task.isCancelled {
            let interval = await refresh() ? Self.askInterval : Self.askAgainInterval
            // Not all machines of a fleet at one hour.
            try? await clock.sleep(interval - .random(in: 0...(interval / 10)))
        }
    }

    /// The hub's answer to a snapshot says that it announces something: asks what, once for each word.
    func note(announcement: String?) async {
        guard let announcement, announcement != seen else { return }
        if await refresh() { seen = announcement }
    }

    /// Asks the hub how it wants to be reached, and goes by it from now on. Answers whether a hub has answered.
    @discardableResult
    func refresh() async -> Bool {
        let known = address
        guard let (index, answer) = await ask(known, client) else { return false }
        // Another question was answered first.
        guard known == address else { return true }
        // The first that knows this machine is where it goes on: so it comes back to the one that is meant.
        current = index
        guard case .known(let machine) = answer else { return true }
        guard let announced = HubAddress(announced: machine) else {
            logger.warning("what the hub announces of itself cannot be used, and is left")
            return true
        }
        guard !announced.isSame(as: address) else { return true }
        let other = HTTPClient(trust: announced.trust, proxy: proxy, userAgent: Self.userAgent)
        // Only what has answered with the announced trust alone takes the place of what is known to work.
        let proof = await ask(announced, other)
        guard known == address else { return true }
        if let (index, answer) = proof, case .known = answer {
            take(announced, client: other, current: index)
        } else if let both = announced.keeping(address), !both.isSame(as: address) {
            let client = HTTPClient(trust: both.trust, proxy: proxy, userAgent: Self.userAgent)
            take(both, client: client, current: both.urls.firstIndex(of: address.urls[current]) ?? 0)
        }
        return true
    }

    private func take(_ new: HubAddress, client: HTTPClient, current: Int) {
        guard save(new) else { return }
        logger.notice(
            "the hub announced how it is reached from now on", metadata: ["urls": "\(new.urls.joined(separator: " "))"])
        address = new
        self.client = client
        self.current = current
    }

    /// The first URL at which a hub knows this machine; else one that says that it is too old to be asked.
    private func ask(_ address: HubAddress, _ client: HTTPClient) async -> (Int, MachineQuestion.Answer)? {
        var old: (Int, MachineQuestion.Answer)?
        for (index, url) in address.urls.enumerated() where HubURL.isSafe(url) {
            guard let answer = try? await MachineQuestion.ask(url, token: token, client: client) else { continue }
            switch answer {
            case .known(let known) where known.machineID == machineID: return (index, answer)
            case .notAsked: old = old ?? (index, answer)
            default: continue
            }
        }
        return old
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
