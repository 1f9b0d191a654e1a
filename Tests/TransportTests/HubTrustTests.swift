import Contracts
import TestSupport
import Testing
import Transport

struct HubTrustTests {
    @Test func fetchesTheAuthorityOfTheFingerprint() async throws {
        let server = try TestServer()
        let certificate = try #require(PEM.certificates(in: server.caPEM).first)
        let digest = Digest(sha256: SHA256.digest(certificate))
        let bundle = try #require(try await HubTrust.bootstrap(url: server.url + "/", trust: .fingerprint(digest)))
        #expect(PEM.certificates(in: bundle) == [certificate])
        // It is of use: the server is believed with it.
        let client = HTTPClient(trust: .pem(Array(bundle.utf8)))
        #expect(try await client.send(HTTPRequest(url: server.url + "/case/echo")).status == 200)
    }

    @Test func refusesAnother() async throws {
        let server = try TestServer()
        await #expect(throws: HubTrust.Failure.fingerprintMismatch(server.url)) {
            try await HubTrust.bootstrap(
                url: server.url, trust: .fingerprint(Digest(sha256: SHA256.digest(Array("another".utf8)))))
        }
        // Only the authority was asked for: no token can have been sent.
        #expect(try server.recorded().map(\.path) == ["/v1/ca"])
    }

    @Test func whatIsNoHub() async throws {
        let server = try TestServer()
        let digest = Digest(sha256: SHA256.digest([UInt8]()))
        await #expect(throws: HubTrust.Failure.notAHub(server.url + "/case/portal")) {
            try await HubTrust.bootstrap(url: server.url + "/case/portal", trust: .fingerprint(digest))
        }
        server.stop()
        await #expect {
            try await HubTrust.bootstrap(url: server.url, trust: .fingerprint(digest))
        } throws: { error in
            if case HubTrust.Failure.unreachable = error { true } else { false }
        }
    }

    @Test func theSystemsStoreNeedsNothing() async throws {
        #expect(try await HubTrust.bootstrap(url: "https://does-not-exist.invalid", trust: .system) == nil)
    }

    @Test func pemWithTextAroundIt() {
        let text = "subject=CN = x\n\(PEM.encode([1, 2, 3]))noise\n\(PEM.encode(Array(repeating: 7, count: 100)))"
        #expect(PEM.certificates(in: text) == [[1, 2, 3], Array(repeating: 7, count: 100)])
        #expect(PEM.certificates(in: "-----BEGIN CERTIFICATE-----\nAAAA") == [])
    }
}
