import Contracts
import Synchronization
import Transport

@testable import Hub

/// A registry in this process: what was pushed to it, and how it misbehaves.
final class FakeRegistry: Sendable {
    struct State: Sendable {
        /// By `repository/tag` and `repository/digest`.
        var manifests: [String: [UInt8]] = [:]
        var requests: [HTTPRequest] = []
        /// In place of every answer.
        var failure: HTTPFailure?
        var status: Int?
        var headers: [HTTPField] = []
        var tellsDigest = true
        var doesHead = true
        /// A token is wanted that the service gives for these credentials; nil: for none.
        var tokenFor: String??
        var challenge = #"Bearer realm="https://auth.example/token?x=1",service="the registry""#
        var location: String?
    }

    private let state = Mutex(State())

    func set(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }

    /// Method and path of what was asked, in order.
    var asked: [String] {
        state.withLock { $0.requests.map { "\($0.method) \($0.url.replacing("https://", with: ""))" } }
    }
    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func forget() { state.withLock { $0.requests = [] } }

    /// An image of one platform; answers the digest of its manifest.
    @discardableResult
    func push(_ repository: String, tag: String? = nil, configuration: Character) -> Digest {
        push(
            repository, tag,
            #"{"config":{"digest":"sha256:\#(String(repeating: configuration, count: 64))"},"layers":[]}"#)
    }

    /// An index of images, by platform.
    @discardableResult
    func push(_ repository: String, tag: String, index: [(String, Digest)], note: String = "") -> Digest {
        let entries = index.map { #"{"digest":"\#($1)","platform":{"os":"linux","architecture":"\#($0)"}}"# }
        return push(repository, tag, #"{"manifests":[\#(entries.joined(separator: ","))],"note":"\#(note)"}"#)
    }

    private func push(_ repository: String, _ tag: String?, _ text: String) -> Digest {
        let bytes = Array(text.utf8)
        let digest = Digest(sha256: SHA256.digest(bytes))
        state.withLock { state in
            state.manifests["\(repository)/\(digest)"] = bytes
            if let tag { state.manifests["\(repository)/\(tag)"] = bytes }
        }
        return digest
    }

    func move(_ repository: String, tag: String, to digest: Digest) {
        state.withLock { $0.manifests["\(repository)/\(tag)"] = $0.manifests["\(repository)/\(digest)"] }
    }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
        let result = state.withLock { state -> Result<HTTPResponse, HTTPFailure> in
            state.requests.append(request)
            if let failure = state.failure { return .failure(failure) }
            return .success(Self.answer(request, state))
        }
        return try result.get()
    }

    private static func answer(_ request: HTTPRequest, _ state: State) -> HTTPResponse {
        func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
        if let status = state.status { return HTTPResponse(status: status, headers: state.headers) }
        if request.url.hasPrefix("https://auth.example/") {
            guard let wanted = state.tokenFor, header("Authorization") == wanted.map({ "Basic \($0)" }) else {
                return HTTPResponse(status: 401)
            }
            return HTTPResponse(status: 200, body: Array(#"{"token":"abc","expires_in":60}"#.utf8))
        }
        if state.tokenFor != nil, header("Authorization") != "Bearer abc" {
            return HTTPResponse(status: 401, headers: [HTTPField(name: "WWW-Authenticate", value: state.challenge)])
        }
        if let location = state.location, !request.url.hasPrefix(location.prefix { $0 != "?" }) {
            return HTTPResponse(status: 307, headers: [HTTPField(name: "Location", value: location)])
        }
        if request.method == "HEAD", !state.doesHead { return HTTPResponse(status: 405) }
        let path = request.url.components(after: "/v2/").replacing("/manifests/", with: "/")
        guard let bytes = state.manifests[path] else { return HTTPResponse(status: 404) }
        var response = HTTPResponse(status: 200, body: request.method == "HEAD" ? [] : bytes)
        if state.tellsDigest {
            response.headers = [
                HTTPField(name: "Docker-Content-Digest", value: Digest(sha256: SHA256.digest(bytes)).text)
            ]
        }
        return response
    }
}

extension String {
    fileprivate func components(after separator: String) -> String {
        firstRange(of: separator).map { String(self[$0.upperBound...]) } ?? self
    }
}
