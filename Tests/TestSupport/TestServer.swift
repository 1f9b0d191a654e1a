import Foundation

/// A small real HTTPS server (Python's) on a free port of loopback, with an authority and a certificate of its own.
///
/// Paths below `/case/` behave badly in one way each; `/v1/…` answers what `script` says, one answer a request.
package final class TestServer: Sendable {
    package let directory: TemporaryDirectory
    package let url: String
    package let port: Int
    /// PEM of the authority that signed the server's certificate.
    package let caPEM: String
    private let process: ChildProcess

    /// - Parameter tls: false gives plain HTTP.
    package init(tls: Bool = true) throws {
        directory = try TemporaryDirectory()
        try TestCertificates.make(in: directory)
        try directory.write("server.py", Self.program)
        process = try ChildProcess("python3", [directory.file("server.py"), directory.path, tls ? "tls" : "plain"])
        guard let port = Int(process.firstLine()) else { throw ChildProcess.Failure(text: process.wait().errors) }
        self.port = port
        url = "\(tls ? "https" : "http")://127.0.0.1:\(port)"
        caPEM = String(decoding: try directory.read("ca.pem"), as: UTF8.self)
    }

    /// One answer of the script: `{id}` in the body becomes the `snapshot_id` of the request.
    package struct Answer: Encodable, Sendable {
        package var status: Int
        package var headers: [String: String]
        package var body: String

        package init(status: Int, headers: [String: String] = ["Content-Type": "application/json"], body: String) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// What a hub says that has archived the snapshot.
        package static func accepted(
            _ status: Int = 201, result: String = "derived", highest: Int = 0, requests: [String] = []
        ) -> Answer {
            let list = requests.map { "\"\($0)\"" }.joined(separator: ",")
            return Answer(
                status: status,
                body: #"{"snapshot_id":"{id}","result":"\#(result)","highest_sequence":\#(highest),"#
                    + #""requests":[\#(list)]}"#)
        }

        /// What a hub says that refuses.
        package static func problem(_ status: Int, _ code: String, retryAfter: Int? = nil) -> Answer {
            var headers = ["Content-Type": "application/problem+json"]
            if let retryAfter { headers["Retry-After"] = "\(retryAfter)" }
            return Answer(
                status: status, headers: headers,
                body: #"{"type":"about:blank","title":"\#(code)","status":\#(status),"code":"\#(code)"}"#)
        }
    }

    /// What `/v1/…` answers from now on, in this order; the last answer repeats.
    package func script(_ answers: [Answer]) throws {
        let text = String(decoding: try JSONEncoder().encode(answers), as: UTF8.self)
        try directory.write("script.tmp", text)
        guard rename(directory.file("script.tmp"), directory.file("script.json")) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    /// What `GET /v1/machine` answers from now on; nothing makes it a hub of before that question. It is in no script
    /// and in no record: agents ask it when they like.
    package func announce(_ answer: some Encodable) throws {
        try directory.write("machine.tmp", String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
        guard rename(directory.file("machine.tmp"), directory.file("machine.json")) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    /// How often `GET /v1/machine` was asked.
    package func timesAsked() -> Int {
        ((try? directory.read("asked.txt")) ?? []).count { $0 == 0x0A }
    }

    /// One request below `/v1/`, in the order of arrival.
    package struct Recorded: Decodable, Sendable {
        package var path: String
        package var method: String
        package var headers: [String: String]
        /// The inflated body.
        package var body: String
        /// RFC 9530's value of the body as it came.
        package var digest: String
    }

    package func recorded() throws -> [Recorded] {
        guard let bytes = try? directory.read("requests.jsonl") else { return [] }
        return try bytes.split(separator: 0x0A).map { try JSONDecoder().decode(Recorded.self, from: Data($0)) }
    }

    package func stop() {
        process.signal(SIGKILL)
        _ = process.wait()
    }
}
