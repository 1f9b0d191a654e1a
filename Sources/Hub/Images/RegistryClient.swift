import Contracts
import Transport

/// Asks registries for the digests of tags: Docker Registry HTTP API v2, which the OCI distribution specification
/// describes. HEAD first: it costs no pull of anybody's quota.
///
/// Every answer is limited in size and time, redirects are followed a few times and never away from TLS, and what is
/// secret goes to the host that it is for.
final class RegistryClient: Sendable {
    /// Why there is no manifest.
    enum Refusal: Error, Equatable, Sendable {
        /// 401 or 403, with what credentials there are.
        case unauthorized(String)
        /// 404: no such repository or tag.
        case gone(String)
        case rateLimited(seconds: Int?)
        /// No answer, one of 5xx, or one that is none of a registry.
        case unreachable(String, isWholeRegistry: Bool)
        /// Answered, but without a digest that could be believed.
        case noDigest(String)
        /// No request is left in the hour's budget.
        case budgetSpent
    }

    typealias Send = @Sendable (HTTPRequest) async throws(HTTPFailure) -> HTTPResponse

    private let send: Send
    private let credentials: RegistryCredentials
    /// Registries that are spoken to without TLS.
    private let insecure: Set<String>
    private let now: @Sendable () -> Timestamp

    private static let timeoutSeconds = 20.0
    private static let manifestLimit = 4 << 20
    private static let tokenLimit = 64 << 10
    private static let redirectLimit = 3

    init(
        credentials: RegistryCredentials, insecure: Set<String>, now: @escaping @Sendable () -> Timestamp,
        send: @escaping Send
    ) {
        self.credentials = credentials
        self.insecure = insecure
        self.now = now
        self.send = send
    }

    /// One question about one repository: remembers the token between its requests.
    struct Session: Sendable {
        let registry: String
        let repository: String
        let allowance: RegistryAllowance
        /// `Authorization` that the registry wanted.
        var authorization: String?

        init(registry: String, repository: String, allowance: RegistryAllowance) {
            self.registry = registry
            self.repository = repository
            self.allowance = allowance
        }
    }

    /// The digest of a tag, by HEAD; by GET where the registry does not do HEAD or does not tell the digest.
    func digest(of tag: String, _ session: inout Session) async throws(Refusal) -> Digest {
        let head = try await manifest("HEAD", tag, &session)
        if head.status == 200, let digest = head.header("Docker-Content-Digest").flatMap({ Digest($0) }) {
            return digest
        }
        return try await content(of: tag, &session).digest
    }

    /// A manifest by tag or digest, with the digest of its bytes.
    func content(
        of reference: String, _ session: inout Session
    ) async throws(Refusal) -> (digest: Digest, manifest: RegistryManifest) {
        let response = try await manifest("GET", reference, &session)
        guard response.status == 200 else {
            throw .unreachable("it answers \(response.status)", isWholeRegistry: false)
        }
        let digest = Digest(sha256: SHA256.digest(response.body))
        if let asked = Digest(reference), asked != digest {
            throw .noDigest("the manifest is not what its digest says")
        }
        guard let manifest = RegistryManifest(response.body) else { throw .noDigest("the answer is no manifest") }
        return (digest, manifest)
    }

    private func manifest(
        _ method: String, _ reference: String, _ session: inout Session
    ) async throws(Refusal) -> HTTPResponse {
        let host = session.registry == ImageReference.dockerHub ? "registry-1.docker.io" : session.registry
        let scheme = insecure.contains(session.registry) ? "http" : "https"
        let url = "\(scheme)://\(host)/v2/\(session.repository)/manifests/\(reference)"
        var response = try await exchange(method, url, &session)
        if response.status == 401, let authorization = try await authorize(response, &session) {
            session.authorization = authorization
            response = try await exchange(method, url, &session)
        }
        switch response.status {
        case 200: return response
        case 401, 403: throw .unauthorized(credentials[session.registry] == nil ? "no credentials" : "not allowed")
        case 404: throw .gone("no such repository or tag")
        case 405 where method == "HEAD", 501 where method == "HEAD": return response
        case 429: throw .rateLimited(seconds: response.retryAfterSeconds(now: now()))
        default: throw .unreachable("it answers \(response.status)", isWholeRegistry: false)
        }
    }

    /// One request and the redirects that it leads to.
    private func exchange(_ method: String, _ url: String, _ session: inout Session) async throws(Refusal)
        -> HTTPResponse
    {
        var url = url
        let origin = Self.host(url)
        for _ in 0...Self.redirectLimit {
            var headers = [HTTPField(name: "Accept", value: RegistryManifest.mediaTypes.joined(separator: ", "))]
            if let authorization = session.authorization, Self.host(url) == origin {
                headers.append(HTTPField(name: "Authorization", value: authorization))
            }
            let response = try await perform(
                HTTPRequest(
                    method: method, url: url, headers: headers, timeoutSeconds: Self.timeoutSeconds,
                    responseLimit: Self.manifestLimit), session)
            guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
            guard let location = response.header("Location") else { break }
            let next = location.hasPrefix("/") ? url.prefix(while: Self.isBeforePath()) + location : location[...]
            guard next.hasPrefix("https://") || (url.hasPrefix("http://") && Self.host(String(next)) == origin) else {
                throw .unreachable("it redirects away from TLS", isWholeRegistry: false)
            }
            url = String(next)
        }
        throw .unreachable("it redirects again and again", isWholeRegistry: false)
    }

    private func perform(_ request: HTTPRequest, _ session: Session) async throws(Refusal) -> HTTPResponse {
        guard session.allowance.take(now: now()) else { throw .budgetSpent }
        do throws(HTTPFailure) { return try await send(request) } catch {
            switch error.kind {
            case .tooLarge: throw .noDigest("the manifest is larger than \(Self.manifestLimit) bytes")
            default: throw .unreachable(error.message, isWholeRegistry: true)
            }
        }
    }

    // MARK: - Authorization

    /// What to send after a 401; nil where nothing would help.
    private func authorize(_ response: HTTPResponse, _ session: inout Session) async throws(Refusal) -> String? {
        let challenges = response.headers.filter { $0.name.lowercased() == "www-authenticate" }
            .flatMap { RegistryChallenge.parse($0.value) }
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            return try await token(bearer, session).map { "Bearer \($0)" }
        }
        guard challenges.contains(where: { $0.scheme == "basic" }), session.authorization == nil else { return nil }
        return credentials[session.registry].map { "Basic \($0)" }
    }

    /// Fetches a token as the distribution project's token specification says.
    private func token(_ challenge: RegistryChallenge, _ session: Session) async throws(Refusal) -> String? {
        guard let realm = challenge.parameters["realm"] else { return nil }
        // A password never leaves TLS because a registry says so.
        guard realm.hasPrefix("https://") || (insecure.contains(session.registry) && realm.hasPrefix("http://")) else {
            throw .unauthorized("its token service is not reached by TLS")
        }
        var query = ["scope=" + Self.encode(challenge.parameters["scope"] ?? "repository:\(session.repository):pull")]
        if let service = challenge.parameters["service"] { query.insert("service=" + Self.encode(service), at: 0) }
        var request = HTTPRequest(
            url: realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&"),
            timeoutSeconds: Self.timeoutSeconds, responseLimit: Self.tokenLimit)
        if let basic = credentials[session.registry] {
            request.headers.append(HTTPField(name: "Authorization", value: "Basic \(basic)"))
        }
        let response = try await perform(request, session)
        switch response.status {
        case 200: break
        case 429: throw .rateLimited(seconds: response.retryAfterSeconds(now: now()))
        case 500...: throw .unreachable("its token service answers \(response.status)", isWholeRegistry: false)
        default: throw .unauthorized("its token service answers \(response.status)")
        }
        guard let root = try? StrictJSON.read(response.body).root,
            let token = root["token"]?.stringValue ?? root["access_token"]?.stringValue, !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .unauthorized("its token service gives no token") }
        return token
    }

    private static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x3A, 0x2F:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Hexadecimal.encode([byte])
            }
        }
        return result
    }

    private static func host(_ url: String) -> String {
        String((url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]).prefix { !"/?#".contains($0) })
            .lowercased()
    }

    /// True for the scheme and the host of a URL, false from its path on.
    private static func isBeforePath() -> (Character) -> Bool {
        var slashes = 0
        return { character in
            if character == "/" { slashes += 1 }
            return slashes < 3
        }
    }
}
