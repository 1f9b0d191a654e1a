import Contracts
import HubAPI
import Hummingbird
import Logging
import TestSupport
import Transport

@testable import Hub

/// The operator's routes on a real socket, for as long as a test asks them.
struct OperatorServer {
    let fleet: QueryFleet
    private let client: HTTPClient
    private let base: String
    var token: String?

    /// - Parameters:
    ///   - trustsEverybody: as on the hub's Unix socket; else a token is needed.
    ///   - heardSince: when the hub began to hear machines, if not long ago.
    static func serve<Value>(
        _ fleet: QueryFleet, trustsEverybody: Bool = true, now: Int64 = QueryFleet.start + 10 * QueryFleet.minute,
        heardSince: Int64 = QueryFleet.start - 365 * QueryFleet.day,
        _ body: (OperatorServer) async throws -> Value
    ) async throws -> Value {
        let router = Router(context: HubContext.self)
        router.add(middleware: ProblemMiddleware())
        let attention = HubAttention(since: Timestamp(milliseconds: heardSince))
        // Looked at every minute since.
        for moment in stride(from: heardSince, through: now, by: Int(HubAttention.gap)) {
            _ = attention.look(at: moment)
        }
        let environment = OperatorEnvironment(
            store: fleet.store, dataDirectory: fleet.directory.path,
            startedAt: Timestamp(milliseconds: QueryFleet.start), attention: attention)
        OperatorRoutes(environment: environment, now: { Timestamp(milliseconds: now) })
            .add(
                to: router.group().add(
                    middleware: OperatorAuthentication(store: fleet.store, trustsEverybody: trustsEverybody)))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let server = Task { try await application.run() }
        defer { server.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        return try await body(
            OperatorServer(
                fleet: fleet, client: HTTPClient(trust: .system), base: "http://127.0.0.1:\(port)", token: nil))
    }

    func send(_ method: String = "GET", _ path: String, _ body: String? = nil) async throws -> Transport.HTTPResponse {
        var headers = [Transport.HTTPField(name: "Content-Type", value: "application/json")]
        if let token { headers.append(Transport.HTTPField(name: "Authorization", value: "Bearer \(token)")) }
        return try await client.send(
            Transport.HTTPRequest(method: method, url: base + path, headers: headers, body: body.map { Array($0.utf8) })
        )
    }

    func get<Answer: Decodable>(_ type: Answer.Type, _ path: String) async throws -> Answer {
        let response = try await send("GET", path)
        guard response.status == 200 else { throw Refused(status: response.status, problem: Self.problem(response)) }
        return try JSONTreeDecoder.decode(type, from: StrictJSON.read(response.body).root)
    }

    struct Refused: Error {
        var status: Int
        var problem: ProblemDocument?
    }

    static func problem(_ response: Transport.HTTPResponse) -> ProblemDocument? {
        guard response.header("Content-Type") == "application/problem+json" else { return nil }
        return (try? StrictJSON.read(response.body)).flatMap {
            try? JSONTreeDecoder.decode(ProblemDocument.self, from: $0.root)
        }
    }
}
