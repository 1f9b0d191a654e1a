import Contracts
import Glibc
import HubAPI
import Transport

/// Asks a hub and reads its answers; what is no answer becomes a `CLIFailure`.
struct HubClient {
    let choice: HubChoice
    private let http: HTTPClient

    init(_ choice: HubChoice) {
        self.choice = choice
        http = HTTPClient(trust: choice.trust, unixSocket: choice.socket, userAgent: "vigie/\(Vigie.version)")
    }

    /// How to call the hub in a message.
    var name: String { choice.socket.map { "the hub at \($0)" } ?? choice.urls.first ?? "the hub" }

    func get<Answer: Decodable>(_ path: String, _ query: Query = Query()) async throws -> Answer {
        try decode(try await fetch("GET", path + query.text, body: nil))
    }

    /// The answer's bytes as they come.
    func bytes(_ path: String, _ query: Query = Query()) async throws -> [UInt8] {
        try await fetch("GET", path + query.text, body: nil)
    }

    func post<Answer: Decodable>(_ path: String, _ body: some Encodable) async throws -> Answer {
        try decode(try await fetch("POST", path, body: try CanonicalJSON.encode(body)))
    }

    private func fetch(_ method: String, _ path: String, body: [UInt8]?) async throws -> [UInt8] {
        var headers: [HTTPField] = [HTTPField(name: "Accept", value: "application/json")]
        if let token = choice.token { headers.append(HTTPField(name: "Authorization", value: "Bearer \(token)")) }
        if body != nil { headers.append(HTTPField(name: "Content-Type", value: "application/json")) }
        var failure: CLIFailure?
        for url in choice.urls {
            let response: HTTPResponse
            do {
                response = try await http.send(
                    HTTPRequest(
                        method: method, url: HubTrust.endpoint(url, path), headers: headers, body: body,
                        timeoutSeconds: 60, responseLimit: 256 << 20))
            } catch {
                failure = failure ?? self.failure(error, url: url)
                // Another address of the hub may be reachable where this one is not.
                guard [.resolve, .connect, .timeout].contains(error.kind) else { break }
                continue
            }
            guard response.status == 200 else {
                let document = try? StrictJSON.read(response.body)
                let problem = document.flatMap {
                    try? JSONTreeDecoder.decode(ProblemDocument.self, from: $0.root)
                }
                throw CLIFailure(problem: problem, status: response.status, hub: name)
            }
            return response.body
        }
        throw failure ?? CLIFailure(.unreachable, "no address of the hub is known")
    }

    private func failure(_ error: HTTPFailure, url: String) -> CLIFailure {
        guard let socket = choice.socket, error.kind == .connect else {
            return CLIFailure(error, hub: choice.socket == nil ? url : name)
        }
        let reason =
            switch (access(socket, F_OK), access(socket, R_OK | W_OK)) {
            case (0, 0): "nobody answers at its socket \(socket)"
            case (0, _): "you may not open its socket \(socket)"
            default: "there is no socket \(socket)"
            }
        return CLIFailure(
            .unreachable, "unable to reach the hub: \(reason)",
            advice: "is vigie-hub running with this data directory, and are you in its group (or root)? "
                + "From another machine use `vigie login`")
    }

    private func decode<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        do {
            return try JSONTreeDecoder.decode(Answer.self, from: try StrictJSON.read(bytes).root)
        } catch {
            throw CLIFailure(
                .failure, "\(name) answered something that this version does not understand",
                advice: "this is vigie \(Vigie.version); `vigie hub` shows the hub's version")
        }
    }
}

/// The query part of an address, percent-encoded.
struct Query: Equatable {
    private(set) var text = ""

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        text += (text.isEmpty ? "?" : "&") + name + "=" + Self.encode(value)
    }

    mutating func add(_ name: String, _ value: Int?) { add(name, value.map(String.init)) }

    /// `name=true` where it is set.
    mutating func add(flag name: String, _ value: Bool) { add(name, value ? "true" : nil) }

    /// All but the unreserved characters of RFC 3986.
    static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Hexadecimal.encode([byte]).uppercased()
            }
        }
        return result
    }
}
