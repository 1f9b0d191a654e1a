import Contracts
import TestSupport
import Testing
import Transport

@testable import Hub

/// Methods that a path does not take, and the question that a machine asks about itself.
struct HTTPMethodTests {
    @Test func wrongMethodsNameTheRightOnes() async throws {
        try await HubUnderTest.run { hub in
            for (method, path, allowed) in [
                ("GET", "/v1/snapshots", "POST"), ("DELETE", "/v1/snapshots", "POST"), ("GET", "/v1/enroll", "POST"),
                ("POST", "/healthz", "GET, HEAD"), ("PUT", "/v1/machines", "GET, HEAD"),
                ("PATCH", "/v1/machines/web-01", "GET, HEAD"), ("GET", "/v1/sql", "POST"),
            ] {
                let answer = try await hub.client.send(HTTPRequest(method: method, url: hub.url + path))
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.code == "method_not_allowed")
                #expect(answer.header("Allow") == allowed, "\(method) \(path)")
            }
            for path in ["/v1/nothing", "/v1/snapshots/", "/"] where path != "/v1/snapshots/" {
                let answer = try await hub.client.send(HTTPRequest(method: "POST", url: hub.url + path))
                #expect(answer.status == 404)
                #expect(answer.code == "not_found")
            }
            let head = try await hub.client.send(HTTPRequest(method: "HEAD", url: hub.url + "/healthz"))
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }
    }

    @Test func machineAsksWhoItIs() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            func ask(_ token: String?) async throws -> HTTPResponse {
                try await hub.client.send(
                    HTTPRequest(
                        url: hub.url + "/v1/machine",
                        headers: token.map { [HTTPField(name: "Authorization", value: "Bearer \($0)")] } ?? []))
            }
            let answer = try await ask(machine.token).decoded(MachineAnswer.self)
            #expect(answer.machineID == machine.id)
            #expect(answer.name == "web-01")
            #expect(answer.hubURLs == [hub.url])
            #expect(answer.caBundle == hub.pem)
            // It is no report.
            #expect(try hub.rows("SELECT 1 FROM machine_state WHERE last_seen_at IS NOT NULL").isEmpty)
            #expect(try await ask(nil).code == "unauthorized")
            #expect(try await ask("guess").code == "reenroll_required")
            try await hub.store.write {
                _ = try MachineAdministration(connection: $0).revoke("web-01", reason: "revoked", at: Clock.now())
            }
            let revoked = try await ask(machine.token)
            #expect(revoked.status == 401)
            #expect(revoked.code == "reenroll_required")
        }
    }

    @Test func machineAsksWithinItsRate() async throws {
        try await HubUnderTest.run({ $0.limits.requestsPerMinute = 2 }) { hub in
            let machine = try await hub.enroll()
            var statuses: [Int] = []
            for _ in 0..<4 {
                let answer = try await hub.client.send(
                    HTTPRequest(
                        url: hub.url + "/v1/machine",
                        headers: [HTTPField(name: "Authorization", value: "Bearer \(machine.token)")]))
                statuses.append(answer.status)
            }
            #expect(statuses.contains(429), "\(statuses)")
        }
    }
}
