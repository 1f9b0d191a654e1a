import Contracts
import Logging
import Transport

/// Exchanges an enrolment string for an identity.
///
/// The machine's token is made here and written to disk before its hash is sent: where the answer is lost, the next try
/// sends the same hash and gets the same identity, and no use of the string is burnt.
struct Enroller: Sendable {
    let state: StateDirectory
    let host: Host
    let proxy: String?
    let logger: Logger

    /// What the operator is told.
    struct Result: Codable, Equatable, Sendable {
        var machineID: Identifier
        var name: String
        var hubURLs: [String]
        var notices: [String]

        enum CodingKeys: String, CodingKey {
            case name, notices
            case machineID = "machine_id"
            case hubURLs = "hub_urls"
        }
    }

    /// An enrolment whose answer has not come.
    private struct Pending: Codable {
        var enrollmentTokenHash: Digest
        var machineToken: String

        enum CodingKeys: String, CodingKey {
            case enrollmentTokenHash = "enrollment_token_hash"
            case machineToken = "machine_token"
        }
    }

    private static let action = "enrol this machine"
    private static let newString = "ask for a new string with vigie-hub enrollment create, on the hub"

    /// The caller holds the lock on the state directory. With `replacing` an identity that exists is given up.
    func enroll(_ text: String, replacing: Bool) async throws(AgentError) -> Result {
        let string: ConnectionString
        do { string = try ConnectionString(text, purpose: .enrollment) } catch {
            throw AgentError(
                .configuration, unableTo: Self.action, error.description,
                advice: "give the whole line that vigie-hub enrollment create printed")
        }
        let old = try Identity.load(state)
        if let old, !replacing {
            throw AgentError(
                .configuration, unableTo: Self.action,
                "it is enrolled as \(old.name) at \(old.hubURLs.first ?? "a hub") already",
                advice: "nothing needs to be done; to enrol it anew, add --force")
        }
        let token = try pendingToken(for: string)
        let (answer, trusted) = try await ask(string, token: token)
        let identity = Identity(
            machineID: answer.machineID, name: answer.name,
            hubURLs: answer.hubURLs.isEmpty ? string.urls : answer.hubURLs, token: token,
            caBundle: answer.caBundle ?? trusted)
        if let old, old.machineID != answer.machineID { try clearSpool() }
        try identity.save(state)
        try? Files.remove(state.pendingEnrollment)
        return Result(
            machineID: identity.machineID, name: identity.name, hubURLs: identity.hubURLs,
            notices: answer.notices ?? [])
    }

    private func pendingToken(for string: ConnectionString) throws(AgentError) -> String {
        let hash = SHA256.tokenHash(string.token)
        if let pending = state.load(Pending.self, from: state.pendingEnrollment, logger: logger),
            pending.enrollmentTokenHash == hash
        {
            return pending.machineToken
        }
        let pending = Pending(enrollmentTokenHash: hash, machineToken: SecureRandom.token())
        do {
            try Files.write(try CanonicalJSON.encode(pending), to: state.pendingEnrollment)
        } catch let failure as FileFailure {
            throw StateDirectory.error(failure, unableTo: Self.action)
        } catch {
            throw AgentError(.inputOutput, unableTo: Self.action, "\(error)", advice: "report this as a bug")
        }
        return pending.machineToken
    }

    /// Tries every URL of the string; only what nobody answers leads to the next.
    private func ask(
        _ string: ConnectionString, token: String
    ) async throws(AgentError) -> (EnrollmentAnswer, ca: String?) {
        var unreachable: [String] = []
        for url in string.urls {
            guard HubURL.isSafe(url) else {
                unreachable.append("\(url) is not encrypted")
                continue
            }
            do {
                let bundle = try await HubTrust.bootstrap(url: url, trust: string.trust, proxy: proxy)
                let trust: HTTPTrust = bundle.map { .pem(Array($0.utf8)) } ?? .system
                let client = HTTPClient(trust: trust, proxy: proxy, userAgent: HubConnection.userAgent)
                let response = try await client.send(try request(to: url, string, token: token))
                return (try Self.read(response, from: url), bundle)
            } catch let error as AgentError {
                throw error
            } catch HubTrust.Failure.fingerprintMismatch(let url) {
                throw AgentError(
                    .configuration, unableTo: Self.action, "\(HubTrust.Failure.fingerprintMismatch(url))",
                    advice: "do not go on before you know which; " + Self.newString)
            } catch {
                unreachable.append("\(url): \(error)")
            }
        }
        throw AgentError(
            .hubUnavailable, unableTo: Self.action, unreachable.joined(separator: "; "),
            advice: "check that the hub runs and can be reached from here, then try the same string again")
    }

    private func request(to url: String, _ string: ConnectionString, token: String) throws -> HTTPRequest {
        let (identity, _) = HostFacts.read(host)
        var body = EnrollmentRequest(
            enrollmentToken: string.token, machineTokenHash: SHA256.tokenHash(token), hostname: identity.hostname,
            agentVersion: Vigie.version)
        body.machineIDHint = identity.machineIDHint
        body.productUUIDHint = identity.productUUIDHint
        return HTTPRequest(
            method: "POST", url: HubTrust.endpoint(url, "/v1/enroll"),
            headers: [HTTPField(name: "Content-Type", value: "application/json")],
            body: try CanonicalJSON.encode(body), responseLimit: 256 * 1024)
    }

    private static func read(_ response: HTTPResponse, from url: String) throws(AgentError) -> EnrollmentAnswer {
        let document = try? StrictJSON.read(response.body)
        if [200, 201].contains(response.status), let root = document?.root,
            let answer = try? JSONTreeDecoder.decode(EnrollmentAnswer.self, from: root)
        {
            return answer
        }
        guard let root = document?.root, let problem = try? JSONTreeDecoder.decode(ProblemDocument.self, from: root)
        else {
            throw AgentError(
                .hubUnavailable, unableTo: action, "\(url) does not answer as a hub (HTTP \(response.status))",
                advice: "check the URL and what stands between here and the hub")
        }
        let reason = "the hub says: \(problem.detail ?? problem.title) (\(problem.code))"
        switch response.status {
        case 401, 403: throw AgentError(.permission, unableTo: action, reason, advice: newString)
        case 429, 503:
            throw AgentError(
                .hubUnavailable, unableTo: action, reason, advice: "try the same string again in a minute")
        default: throw AgentError(.hubUnavailable, unableTo: action, reason, advice: newString)
        }
    }

    /// What waits was sealed for another identity, which alone could deliver it.
    private func clearSpool() throws(AgentError) {
        do throws(FileFailure) {
            for name in try Files.names(state.spool) { try Files.remove("\(state.spool)/\(name)") }
        } catch {
            throw StateDirectory.error(error, unableTo: Self.action)
        }
    }
}
