import Contracts
import Foundation
import Synchronization
import TestSupport
import Testing
import Transport

/// The client against a real TLS server, and against what goes wrong on the way to one.
struct HTTPClientTests {
    let server: TestServer
    let client: HTTPClient

    init() throws {
        server = try TestServer()
        client = HTTPClient(trust: .pem(Array(server.caPEM.utf8)), userAgent: "vigie-agent/0.1.0")
    }

    private struct Echo: Decodable {
        var method: String
        var headers: [String: String]
        var body: String
        var client: Int
    }

    private func get(_ path: String, limit: Int = 1 << 20, timeout: Double = 10) async throws -> HTTPResponse {
        try await client.send(
            HTTPRequest(url: server.url + path, timeoutSeconds: timeout, responseLimit: limit))
    }

    private func failure(_ url: String, client: HTTPClient, timeout: Double = 10) async -> HTTPFailure? {
        do throws(HTTPFailure) {
            _ = try await client.send(HTTPRequest(url: url, timeoutSeconds: timeout, responseLimit: 1000))
            return nil
        } catch {
            return error
        }
    }

    @Test func postsWhatItIsGiven() async throws {
        let answer = try await client.send(
            HTTPRequest(
                method: "POST", url: server.url + "/case/echo",
                headers: [
                    HTTPField(name: "Content-Type", value: "application/json"),
                    HTTPField(name: "X-Broken", value: "one\r\nX-Smuggled: two"),
                ], body: Array("hello".utf8)))
        let echo = try JSONDecoder().decode(Echo.self, from: Data(answer.body))
        #expect(answer.status == 200)
        #expect(answer.header("content-type") == "application/json")
        #expect(echo.method == "POST")
        #expect(echo.body == "hello")
        #expect(echo.headers["User-Agent"] == "vigie-agent/0.1.0")
        #expect(echo.headers["Content-Length"] == "5")
        #expect(echo.headers["Expect"] == nil)
        #expect(echo.headers["Accept"] == nil)
        #expect(echo.headers["X-Smuggled"] == nil)
    }

    @Test func anEmptyBodyIsABody() async throws {
        let answer = try await client.send(
            HTTPRequest(method: "POST", url: server.url + "/case/echo", body: []))
        let echo = try JSONDecoder().decode(Echo.self, from: Data(answer.body))
        #expect(echo.method == "POST")
        #expect(echo.headers["Content-Length"] == "0")
        #expect(echo.headers["Content-Type"] == nil)
    }

    @Test func keepsItsConnection() async throws {
        var ports: Set<Int> = []
        for _ in 0..<5 {
            ports.insert(try JSONDecoder().decode(Echo.self, from: Data(try await get("/case/echo").body)).client)
        }
        #expect(ports.count == 1)
    }

    @Test func manyTasksShareOneClient() async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await get("/case/echo").status } }
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test func redirectsAndErrorsAreAnswers() async throws {
        #expect(try await get("/case/redirect").status == 302)
        #expect(try await get("/nothing").status == 404)
        let portal = try await get("/case/portal")
        #expect(portal.status == 200)
        #expect(portal.header("Content-Type") == "text/html")
    }

    @Test func retryAfterInBothForms() async throws {
        let now = try #require(HTTPDate.parse("Sat, 21 Nov 2026 07:42:36 GMT"))
        #expect(try await get("/case/seconds").retryAfterSeconds(now: now) == 120)
        #expect(try await get("/case/date").retryAfterSeconds(now: now) == 120)
    }

    @Test func anotherAuthorityIsNotBelieved() async throws {
        let other = try TemporaryDirectory()
        try TestCertificates.make(in: other)
        let stranger = HTTPClient(trust: .pem(try other.read("ca.pem")))
        #expect(await failure(server.url + "/case/echo", client: stranger)?.kind == .certificate)
        #expect(await failure(server.url + "/case/echo", client: HTTPClient(trust: .system))?.kind == .certificate)
        #expect(await failure(server.url + "/case/echo", client: HTTPClient(trust: .unverified)) == nil)
    }

    @Test func theNameMustFit() async throws {
        let url = "https://localhost.localdomain:\(server.port)/case/echo"
        let kind = await failure(url, client: client)?.kind
        #expect(kind == .certificate || kind == .resolve)
    }

    @Test func refusedUnresolvedAndSilent() async throws {
        let gone = try TestServer()
        gone.stop()
        #expect(await failure(gone.url, client: client)?.kind == .connect)
        #expect(await failure("https://does-not-exist.invalid/", client: client)?.kind == .resolve)
        #expect(await failure(server.url + "/case/silent", client: client, timeout: 0.3)?.kind == .timeout)
    }

    @Test func plainTextWhereTLSIsAskedFor() async throws {
        let plain = try TestServer(tls: false)
        let secure = "https://127.0.0.1:\(plain.port)/case/echo"
        #expect(await failure(secure, client: client)?.kind == .tls)
        #expect(await failure(plain.url + "/case/echo", client: client) == nil)
    }

    @Test func truncatedAndTooLarge() async throws {
        #expect(await failure(server.url + "/case/truncated", client: client)?.kind == .closed)
        #expect(await failure(server.url + "/case/big", client: client)?.kind == .tooLarge)
        #expect(try await get("/case/big", limit: 300_000).body.count == 300_000)
    }

    @Test func otherSchemesAreRefused() async {
        #expect(await failure("file:///etc/passwd", client: client)?.kind == .other)
    }

    @Test func aProxyThatIsNotThere() async {
        let proxied = HTTPClient(trust: .unverified, proxy: "http://127.0.0.1:1")
        #expect(await failure(server.url + "/case/echo", client: proxied)?.kind == .connect)
    }

    @Test func streamsUntilTold() async throws {
        let seen = Mutex<[UInt8]>([])
        let status = try await client.stream(HTTPRequest(url: server.url + "/case/stream")) { bytes in
            seen.withLock {
                $0 += bytes
                return $0.count < 30
            }
        }
        #expect(status == 200)
        #expect(seen.withLock { String(decoding: $0, as: UTF8.self) }.hasPrefix("line 0\nline 1\n"))
    }

    @Test func cancellingEndsTheExchange() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [client, server] in
            try await client.stream(HTTPRequest(url: server.url + "/case/stream")) { _ in
                begin.yield()
                return true
            }
        }
        // In the middle of an answer that takes ten seconds.
        for await _ in begun { break }
        task.cancel()
        await #expect(throws: HTTPFailure(kind: .cancelled, message: "cancelled")) { try await task.value }
    }

    @Test func cancelledBeforeItsTurn() async throws {
        let task = Task { [client, server] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPRequest(url: server.url + "/case/echo"))
        }
        await #expect(throws: HTTPFailure(kind: .cancelled, message: "cancelled")) { try await task.value }
    }
}
