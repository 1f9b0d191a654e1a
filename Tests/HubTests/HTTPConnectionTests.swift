import Contracts
import Foundation
import NIOSSL
import ServiceLifecycle
import TestSupport
import Testing
import Transport

@testable import Hub

/// Connections that are not what they should be: slow, silent, old, plain.
struct HTTPConnectionTests {
    private static let head = """
        POST /v1/snapshots HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n
        """

    @Test func slowBodyIsDropped() async throws {
        try await HubUnderTest.run({ $0.limits.bodySeconds = 1 }) { hub in
            let machine = try await hub.enroll()
            let connection = try await RawConnection.open(hub)
            try await connection.send(
                Self.head + "Authorization: Bearer \(machine.token)\r\nContent-Length: 1000\r\n\r\nabc")
            // A byte now and then does not keep it.
            let start = ContinuousClock.now
            while !connection.isClosed, start.duration(to: .now) < .seconds(10) {
                try? await connection.send("x")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(connection.isClosed)
            #expect(try hub.count("snapshots") == 0)
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
        }
    }

    @Test func silentConnectionIsDropped() async throws {
        try await HubUnderTest.run({ $0.limits.idleSeconds = 1 }) { hub in
            let connection = try await RawConnection.open(hub)
            try await connection.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await eventually { connection.received.hasPrefix("HTTP/1.1 200") })
            #expect(try await eventually { connection.isClosed })
        }
    }

    @Test func longestIdleConnectionsMakeRoom() async throws {
        try await HubUnderTest.run({ $0.limits.connections = 4 }) { hub in
            var kept: [RawConnection] = []
            for _ in 0..<4 {
                let connection = try await RawConnection.open(hub)
                try await connection.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
                #expect(try await eventually { connection.received.hasPrefix("HTTP/1.1 200") })
                kept.append(connection)
            }
            let fifth = try await RawConnection.open(hub)
            try await fifth.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await eventually { fifth.received.hasPrefix("HTTP/1.1 200") })
            #expect(try await eventually { kept[0].isClosed })
            #expect(kept[1...].allSatisfy { !$0.isClosed })
        }
    }

    @Test func oldTLSAndPlainHTTPAreRefused() async throws {
        try await HubUnderTest.run { hub in
            let old = try await RawConnection.open(hub, newest: .tlsv11)
            #expect(try await eventually { old.isClosed })
            #expect(old.received == "")
            let plain = try await RawConnection.open(hub, tls: false)
            try? await plain.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await eventually { plain.isClosed })
            #expect(!plain.received.contains("200"))
            let tls12 = try await RawConnection.open(hub, newest: .tlsv12)
            try await tls12.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await eventually { tls12.received.hasPrefix("HTTP/1.1 200") })
        }
    }

    @Test(arguments: ["garbage", "endless header", "two lengths"]) func badHTTP(_ what: String) async throws {
        try await HubUnderTest.run { hub in
            let connection = try await RawConnection.open(hub)
            switch what {
            case "garbage": try await connection.send("\u{1}\u{2}\u{3} what is this\r\n\r\n")
            case "endless header":
                try? await connection.send(
                    "GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 200_000) + "\r\n\r\n")
            default:
                try await connection.send(
                    Self.head + "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc")
            }
            #expect(try await eventually { connection.received.hasPrefix("HTTP/1.1 400") || connection.isClosed })
            #expect(!connection.received.contains(" 200 "))
            let health = try await hub.get("/healthz")
            #expect(health.status == 200)
        }
    }

    @Test func senderThatGoesAwayHarmsNobody() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let bytes = try SentSnapshot(.docker, of: machine).compressed()
            for cut in [0, 1, bytes.count / 2, bytes.count - 1] {
                let connection = try await RawConnection.open(hub)
                try await connection.send(
                    Self.head
                        + "Authorization: Bearer \(machine.token)\r\nContent-Length: \(bytes.count)\r\n\r\n")
                try await connection.send(Array(bytes.prefix(cut)))
                await connection.close()
            }
            #expect(try await hub.post(bytes, token: machine.token).result == "derived")
            #expect(try hub.count("snapshots") == 1)
        }
    }

    @Test func manyRequestsOnOneConnection() async throws {
        try await HubUnderTest.run { hub in
            let connection = try await RawConnection.open(hub)
            // Pipelined: answered in their order.
            for _ in 0..<20 { try await connection.send("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n") }
            #expect(
                try await eventually {
                    connection.received.components(separatedBy: "HTTP/1.1 200").count == 21
                })
            #expect(!connection.isClosed)
        }
    }

    @Test func refusedRequestKeepsItsConnection() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let connection = try await RawConnection.open(hub)
            let request =
                Self.head + "Authorization: Bearer \(machine.token)\r\nContent-Length: 4\r\n\r\njunk"
            try await connection.send(request + request)
            #expect(
                try await eventually { connection.received.components(separatedBy: "HTTP/1.1 400").count == 3 })
            #expect(!connection.isClosed)
        }
    }

    @Test func stopAnswersWhatIsInFlight() async throws {
        let answered = try await HubUnderTest.run(derive: { snapshot, connection in
            // Long enough for the stop to begin in the middle of it.
            usleep(300_000)
            return try Derivation.apply(snapshot, into: connection)
        }) { hub in
            let machine = try await hub.enroll()
            let snapshot = try SentSnapshot(.docker, of: machine)
            async let response = hub.post(snapshot, machine)
            try await Task.sleep(for: .milliseconds(50))
            await hub.group.triggerGracefulShutdown()
            return try await response
        }
        #expect(answered.status == 201)
    }

    @Test func localSocketIsTrustedAndHasItsMode() async throws {
        try await HubUnderTest.run { hub in
            _ = try await hub.enroll()
            let local = HTTPClient(unixSocket: hub.socket)
            let machines = try await local.send(HTTPRequest(url: "http://hub/v1/machines"))
            #expect(machines.status == 200)
            #expect(String(decoding: machines.body, as: UTF8.self).contains("web-01"))
            // Machines do not post there.
            let post = try await local.send(HTTPRequest(method: "POST", url: "http://hub/v1/enroll", body: []))
            #expect(post.status == 404)
            let attributes = try FileManager.default.attributesOfItem(atPath: hub.socket)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o660)
            let network = try await hub.get("/v1/machines")
            #expect(network.status == 401)
        }
    }

    @Test func healthAndReadiness() async throws {
        try await HubUnderTest.run { hub in
            let health = try await hub.get("/healthz")
            #expect(health.status == 200)
            let ready = try await hub.get("/readyz")
            #expect(ready.status == 200)
            let authority = try await hub.get("/v1/ca").decoded(CAAnswer.self)
            #expect(authority.certificates == [hub.pem])
        }
    }

    @Test func forwardedAddressOnlyFromTrustedProxies() async throws {
        for trusted in [true, false] {
            try await HubUnderTest.run({ if trusted { $0.server.trustedProxies = ["127.0.0.0/8"] } }) { hub in
                let machine = try await hub.enroll()
                let bytes = try SentSnapshot(.docker, of: machine).compressed()
                let response = try await hub.post(
                    bytes, token: machine.token,
                    headers: [
                        "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
                        "Date": HTTPDate.format(Clock.now().adding(milliseconds: 90_000)),
                    ])
                #expect(response.status == 201)
                let row = try #require(try hub.rows("SELECT remote_address, clock_skew_ms FROM machine_state").first)
                #expect(row["remote_address"].text == (trusted ? "198.51.100.7" : "127.0.0.1"))
                #expect((88_400...90_600).contains(row["clock_skew_ms"].integer ?? 0))
            }
        }
    }
}
