import Contracts
import Transport

/// `GET /v1/machine`: whether a hub knows this machine's token, and how it wants to be reached.
enum MachineQuestion {
    enum Answer: Equatable, Sendable {
        case known(MachineAnswer)
        /// A hub that does not accept the token, with its code.
        case refused(code: String)
        /// A hub of before this question.
        case notAsked
        /// Anything else that answers.
        case noAnswer(status: Int)
    }

    /// The token goes out with it: the caller has looked at the URL (`HubURL.isSafe`) and verifies the hub.
    static func ask(
        _ url: String, token: String, client: HTTPClient, timeoutSeconds: Double = 30
    ) async throws(HTTPFailure) -> Answer {
        let response = try await client.send(
            HTTPRequest(
                url: HubTrust.endpoint(url, "/v1/machine"),
                headers: [HTTPField(name: "Authorization", value: "Bearer \(token)")], timeoutSeconds: timeoutSeconds,
                responseLimit: 256 * 1024))
        return read(response)
    }

    static func read(_ response: HTTPResponse) -> Answer {
        let mediaType = response.header("Content-Type")?.prefix { $0 != ";" && !$0.isWhitespace }.lowercased()
        func decode<T: Decodable>(_ type: T.Type) -> T? {
            guard let document = try? StrictJSON.read(response.body) else { return nil }
            return try? JSONTreeDecoder.decode(T.self, from: document.root)
        }
        switch response.status {
        case 200:
            guard mediaType == "application/json", let answer = decode(MachineAnswer.self) else { break }
            return .known(answer)
        case 401, 403, 404:
            // A proxy's page is no word of the hub's.
            guard mediaType == "application/problem+json", let code = decode(ProblemDocument.self)?.code else { break }
            return response.status == 404 ? .notAsked : .refused(code: code)
        default: break
        }
        return .noAnswer(status: response.status)
    }
}
