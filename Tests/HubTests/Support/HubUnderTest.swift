import Contracts
import Foundation
import GRDB
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Transport

@testable import Hub

/// A whole hub in this process, on loopback with TLS, with a data directory of its own.
struct HubUnderTest {
    let directory: TemporaryDirectory
    let server: HubServer
    let url: String
    let pem: String
    var client: HTTPClient
    let group: ServiceGroup

    var store: SQLiteStore { server.store }
    var port: Int { Int(url.split(separator: ":").last ?? "") ?? 0 }
    var socket: String { directory.file("hub/hub.sock") }

    struct NotServing: Error {}

    /// Serves while the body runs, then stops gracefully.
    static func run<Value>(
        in directory: TemporaryDirectory? = nil, _ configure: (inout HubConfiguration) -> Void = { _ in },
        schemas: SchemaVersions = .current, derive: SnapshotArchive.Derive? = nil,
        _ body: (HubUnderTest) async throws -> Value
    ) async throws -> Value {
        let directory = try directory ?? TemporaryDirectory()
        var configuration = HubConfiguration()
        configuration.server.listen = "127.0.0.1:0"
        configuration.server.dataDirectory = directory.file("hub")
        configure(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let standard: SnapshotArchive.Derive = { try Derivation.apply($0, into: $1, schemas: schemas) }
        let server = try HubServer(
            configuration: configuration, readyFile: nil, logger: logger, schemas: schemas,
            archive: SnapshotArchive(derive: derive ?? standard))
        let group = server.group(signals: [], logger: logger)
        let ended = Mutex(false)
        let serving = Task {
            defer { ended.withLock { $0 = true } }
            try await group.run()
        }
        _ = try await eventually { server.announcement.current != nil || ended.withLock { $0 } }
        guard let current = server.announcement.current else {
            serving.cancel()
            try await serving.value
            throw NotServing()
        }
        let pem = current.bundle ?? ""
        let hub = HubUnderTest(
            directory: directory, server: server, url: current.urls[0], pem: pem,
            client: HTTPClient(trust: .pem(Array(pem.utf8))), group: group)
        let result: Result<Value, any Error>
        do { result = .success(try await body(hub)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await serving.value
        try server.store.close()
        return try result.get()
    }

    /// A new enrolment token.
    func token(uses: Int = 1, ttl: Int64 = 3600, tags: String = "", machine: Int64? = nil) throws -> String {
        let token = SecureRandom.token()
        let now = Clock.now()
        _ = try store.write {
            try $0.rows(
                TrustStatements.enrollmentInsert, TokenHash.of(token), now,
                now.adding(milliseconds: ttl * 1000), uses, tags, machine)
        }
        return token
    }

    /// Asks to enrol; answers what came back.
    func requestEnrollment(_ request: EnrollmentRequest) async throws -> HTTPResponse {
        try await client.send(
            HTTPRequest(
                method: "POST", url: url + "/v1/enroll",
                headers: [HTTPField(name: "Content-Type", value: "application/json")],
                body: try CanonicalJSON.encode(request)))
    }

    func enroll(_ hostname: String = "web-01") async throws -> TestMachine {
        let secret = SecureRandom.token()
        let response = try await requestEnrollment(
            EnrollmentRequest(
                enrollmentToken: try token(), machineTokenHash: TokenHash.of(secret), hostname: hostname,
                agentVersion: Vigie.version))
        let answer = try response.decoded(EnrollmentAnswer.self)
        return TestMachine(token: secret, id: answer.machineID, name: answer.name)
    }

    /// Posts bytes as an agent does; headers given replace or, where empty, remove its own.
    func post(
        _ body: [UInt8], token: String?, headers: [String: String] = [:]
    ) async throws -> HTTPResponse {
        var all = [
            "Content-Type": "application/json", "Content-Encoding": "gzip",
            "Content-Digest": SHA256.contentDigest(body), "Date": HTTPDate.format(Clock.now()),
        ]
        if let token { all["Authorization"] = "Bearer \(token)" }
        all.merge(headers) { $1 }
        return try await client.send(
            HTTPRequest(
                method: "POST", url: url + "/v1/snapshots",
                headers: all.filter { !$0.value.isEmpty }.map { HTTPField(name: $0.key, value: $0.value) }, body: body))
    }

    func post(_ snapshot: SentSnapshot, _ machine: TestMachine) async throws -> HTTPResponse {
        try await post(try snapshot.compressed(), token: machine.token)
    }

    func get(_ path: String) async throws -> HTTPResponse { try await client.send(HTTPRequest(url: url + path)) }

    func count(_ table: String) throws -> Int64 {
        try store.read { try $0.row(Statement("test.count.\(table)", "SELECT count(*) AS n FROM \(table)")) }?["n"]
            .integer ?? -1
    }

    /// The database may have so many pages; the writer's connection alone knows.
    func limitPages(_ count: Int64) throws {
        try store.pool.writeWithoutTransaction { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(count)") }
    }

    func rows(_ sql: String) throws -> [SQLRow] { try store.read { try $0.rows(Statement("test", sql)) } }
}

struct TestMachine {
    let token: String
    let id: Identifier
    let name: String
}

extension HTTPResponse {
    func decoded<T: Decodable>(_ type: T.Type) throws -> T {
        try JSONTreeDecoder.decode(type, from: StrictJSON.read(body).root)
    }

    /// The stable code of an error answer.
    var code: String? {
        guard header("Content-Type") == "application/problem+json" else { return nil }
        return try? decoded(ProblemDocument.self).code
    }

    /// The result of a success.
    var result: String? { try? decoded(SnapshotAnswer.self).result }
}

/// Waits for a condition.
func eventually(
    within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
