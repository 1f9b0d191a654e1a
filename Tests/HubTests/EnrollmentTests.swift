import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Hub

struct EnrollmentTests {
    private func request(_ token: String, _ secret: String, hint: String? = nil) -> EnrollmentRequest {
        var request = EnrollmentRequest(
            enrollmentToken: token, machineTokenHash: TokenHash.of(secret), hostname: "web-01", agentVersion: "0.1.0")
        request.machineIDHint = hint
        return request
    }

    @Test func lostAnswerBurnsNoUse() async throws {
        try await HubUnderTest.run { hub in
            let token = try hub.token()
            let secret = SecureRandom.token()
            let first = try await hub.requestEnrollment(request(token, secret)).decoded(EnrollmentAnswer.self)
            let again = try await hub.requestEnrollment(request(token, secret))
            #expect(again.status == 201)
            #expect(try again.decoded(EnrollmentAnswer.self) == first)
            #expect(try hub.count("machines") == 1)
            #expect(first.hubURLs == [hub.url])
            #expect(first.caBundle == hub.pem)
            // Another machine finds it used up.
            let other = try await hub.requestEnrollment(request(token, SecureRandom.token()))
            #expect(other.status == 401)
            #expect(other.code == "unauthorized")
            #expect(try hub.count("machines") == 1)
        }
    }

    @Test func usesAreCountedWhenManyComeAtOnce() async throws {
        try await HubUnderTest.run { hub in
            let token = try hub.token(uses: 5, tags: "rack-3 web")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        // A client of its own: one client sends one request after the other.
                        var own = hub
                        own.client = HTTPClient(trust: .pem(Array(hub.pem.utf8)))
                        return try await own.requestEnrollment(self.request(token, SecureRandom.token())).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 5)
            #expect(statuses.filter { $0 == 401 }.count == 7)
            let names = try hub.rows("SELECT name FROM machine_settings ORDER BY name").map { $0["name"].text }
            #expect(names == ["web-01", "web-01-2", "web-01-3", "web-01-4", "web-01-5"])
            #expect(try hub.count("machine_tags") == 10)
        }
    }

    @Test func expiredRevokedAndUnknownTokens() async throws {
        try await HubUnderTest.run { hub in
            let expired = try hub.token(ttl: -1)
            let revoked = try hub.token()
            try await hub.store.write { connection in
                let id = try connection.row(TrustStatements.enrollmentByToken, TokenHash.of(revoked))?["id"].integer
                _ = try connection.run(TrustStatements.enrollmentRevoke, id, Clock.now())
            }
            for token in [expired, revoked, SecureRandom.token()] {
                let response = try await hub.requestEnrollment(request(token, SecureRandom.token()))
                #expect(response.status == 401)
                #expect(response.code == "unauthorized")
            }
            #expect(try hub.count("machines") == 0)
        }
    }

    @Test func reinstalledMachineGetsItsOldIdentity() async throws {
        try await HubUnderTest.run { hub in
            let old = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.apt, of: old, sequence: 77), old).status == 201)
            let row = try #require(try hub.rows("SELECT id FROM machines").first?["id"].integer)
            let secret = SecureRandom.token()
            let answer = try await hub.requestEnrollment(request(try hub.token(machine: row), secret))
                .decoded(EnrollmentAnswer.self)
            #expect(answer.machineID == old.id)
            #expect(answer.name == "web-01")
            #expect(try await hub.post(try SentSnapshot(.apt, of: old, sequence: 78), old).code == "reenroll_required")
            // Everything is asked for again, and each kind's request ends with its snapshot.
            let new = TestMachine(token: secret, id: answer.machineID, name: answer.name)
            let first = try await hub.post(try SentSnapshot(.metrics, of: new), new).decoded(SnapshotAnswer.self)
            #expect(Set(first.requests) == ["full:hardware", "full:apt", "full:docker"])
            #expect(first.highestSequence == 77)
            let second = try await hub.post(try SentSnapshot(.apt, of: new, sequence: 79), new)
                .decoded(SnapshotAnswer.self)
            #expect(Set(second.requests) == ["full:hardware", "full:docker"])
        }
    }

    @Test func lookAlikeIsPointedOut() async throws {
        try await HubUnderTest.run { hub in
            let token = try hub.token(uses: 2)
            let first = try await hub.requestEnrollment(request(token, SecureRandom.token(), hint: "abc"))
                .decoded(EnrollmentAnswer.self)
            #expect(first.notices == nil)
            let second = try await hub.requestEnrollment(request(token, SecureRandom.token(), hint: "abc"))
                .decoded(EnrollmentAnswer.self)
            #expect(second.name == "web-01-2")
            #expect(second.notices?.first?.contains("web-01") == true)
        }
    }

    @Test func badRequests() async throws {
        try await HubUnderTest.run { hub in
            let half = try await send("{", to: hub)
            #expect(half.code == "not_strict_json")
            #expect(try await send("{}", to: hub).status == 422)
            #expect(try await send("{}", "text/plain", to: hub).status == 415)
            #expect(try await send(String(repeating: " ", count: 100_000), to: hub).status == 413)
        }
    }

    private func send(
        _ body: String, _ type: String = "application/json", to hub: HubUnderTest
    ) async throws -> HTTPResponse {
        try await hub.client.send(
            HTTPRequest(
                method: "POST", url: hub.url + "/v1/enroll",
                headers: [HTTPField(name: "Content-Type", value: type)], body: Array(body.utf8)))
    }

    @Test func everyStepIsInTheAuditLogAndNoSecretAnywhere() async throws {
        try await HubUnderTest.run { hub in
            let token = try hub.token()
            let secret = SecureRandom.token()
            _ = try await hub.requestEnrollment(request(token, secret))
            let audit = try hub.rows("SELECT action, subject FROM audit_log")
            #expect(audit.map { $0["action"].text } == ["machine.enroll"])
            #expect(audit.map { $0["subject"].text } == ["web-01"])
            #expect(try hub.rows("SELECT type FROM machine_events").map { $0["type"].text } == ["enrolled"])
            for file in try FileManager.default.contentsOfDirectory(atPath: hub.directory.file("hub"))
            where file.hasPrefix("hub.sqlite") {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: hub.directory.file("hub/\(file)")))
                #expect(bytes.range(of: Data(token.utf8)) == nil, "\(file)")
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test func namesOfHosts() {
        #expect(MachineName.from(hostname: "Web_01.Example.ORG") == "web-01.example.org")
        #expect(MachineName.from(hostname: "-.-") == "machine")
        #expect(MachineName.from(hostname: "über") == "ber")
        #expect(!MachineName.isValid("a b"))
    }
}
