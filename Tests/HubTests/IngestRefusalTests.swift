import Contracts
import Foundation
import Testing
import Transport

@testable import Hub

/// What the hub refuses, in words and with pointers, and what it keeps of it.
struct IngestRefusalTests {
    @Test(arguments: [
        ("not gzip", "not_gzip"), ("truncated", "not_gzip"), ("trailing", "not_gzip"), ("bomb", "inflates_too_large"),
        ("deep", "not_strict_json"), ("duplicate names", "not_strict_json"), ("nul", "not_strict_json"),
        ("lone surrogate", "not_strict_json"), ("invalid UTF-8", "not_strict_json"), ("empty", "not_strict_json"),
        ("two values", "not_strict_json"),
    ])
    func isBad(_ what: String, _ code: String) async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let good = try SentSnapshot(.docker, of: machine).document()
            func text(_ text: String) throws -> [UInt8] { try Gzip.compress(Array(text.utf8)) }
            let bytes: [UInt8] =
                switch what {
                case "not gzip": Array(good.utf8)
                case "truncated": Array(try text(good).dropLast(9))
                case "trailing": try text(good) + Array("more".utf8)
                case "bomb": try Gzip.compress([UInt8](repeating: 0x20, count: 33 * 1024 * 1024), level: 9)
                case "deep":
                    try text(String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
                case "duplicate names": try text(good.replacing(#""sequence":1"#, with: #""sequence":1,"sequence":2"#))
                case "nul": try text(good.replacing("web-01", with: #"web\u0000"#))
                case "lone surrogate": try text(good.replacing("web-01", with: #"web\ud800"#))
                case "invalid UTF-8":
                    try Gzip.compress(Array(good.utf8).map { $0 == UInt8(ascii: "w") ? 0xFF : $0 })
                case "empty": try text("")
                default: try text(good + good)
                }
            let response = try await hub.post(bytes, token: machine.token)
            #expect(response.status == 400)
            #expect(response.code == code)
            #expect(try hub.count("snapshots") == 0)
            // An operator finds it, with its machine and reason.
            #expect(try await eventually { try hub.count("quarantine") == 1 })
            let kept = try #require(try hub.rows("SELECT status, code, body, body_bytes FROM quarantine").first)
            #expect(kept["status"].integer == 400)
            #expect(kept["code"].text == code)
            #expect(kept["body"].blob == bytes)
            // And a neighbour is unharmed.
            let other = try await hub.enroll("db-01")
            #expect(try await hub.post(try SentSnapshot(.docker, of: other), other).status == 201)
        }
    }

    @Test func everyViolationIsNamed() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            var snapshot = try SentSnapshot(.metrics, of: machine)
            snapshot.payload = #"{"uptime_seconds":"long","load":{"load_1m":-1},"processes":null}"#
            snapshot.seal()
            let response = try await hub.post(snapshot, machine)
            #expect(response.status == 422)
            let problem = try response.decoded(ProblemDocument.self)
            #expect(problem.code == "schema_violation")
            let pointers = Set((problem.violations ?? []).map(\.pointer))
            let wanted: Set = ["/payload/uptime_seconds", "/payload/load/load_5m", "/payload/processes"]
            #expect(pointers.isSuperset(of: wanted))
            #expect(pointers.allSatisfy { $0.hasPrefix("/payload/") })
            #expect(try await eventually { try hub.count("quarantine") == 1 })
        }
    }

    @Test(arguments: ["no head", "payload first", "no payload", "both", "metrics same_as", "failed with payload"])
    func envelopeThatBreaksItsRules(_ what: String) async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            var snapshot = try SentSnapshot(.docker, of: machine)
            var document = try snapshot.document()
            switch what {
            case "no head": document = "{}"
            case "payload first":
                document = #"{"payload":{},"# + document.replacing(#","payload":{}}"#, with: "}").dropFirst()
            case "no payload": document = document.replacing(#","payload":{}}"#, with: "}")
            case "both":
                snapshot.head.sameAs = .make(at: Clock.now())
                document = try snapshot.document()
            case "metrics same_as":
                let metrics = try SentSnapshot(.metrics, of: machine)
                document = try metrics.sameAs(.make(at: Clock.now()), sequence: 2).document()
            default:
                snapshot.head.collection.status = "failed"
                document = try snapshot.document()
            }
            let response = try await hub.post(try Gzip.compress(Array(document.utf8)), token: machine.token)
            #expect(response.status == 422, "\(String(decoding: response.body, as: UTF8.self))")
            #expect(response.code == "schema_violation")
        }
    }

    @Test func versionsThatAreNoLongerTaken() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            var old = try SentSnapshot(.docker, of: machine)
            old.head.schemaVersion = 0
            let response = try await hub.post(old, machine)
            #expect(response.status == 422)
            #expect(response.code == "unsupported_version")
            var envelope = try SentSnapshot(.docker, of: machine)
            envelope.head.envelope = 2
            #expect(try await hub.post(envelope, machine).code == "unsupported_version")
        }
    }

    @Test func idsFarFromNowAreRefused() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for days in [-31, 31] {
                var snapshot = try SentSnapshot(.docker, of: machine)
                snapshot.head.snapshotID = .make(at: Clock.now().adding(milliseconds: Int64(days) * 86_400_000))
                let response = try await hub.post(snapshot, machine)
                #expect(response.status == 422)
                #expect(try response.decoded(ProblemDocument.self).violations?.first?.pointer == "/snapshot_id")
            }
            var random = try SentSnapshot(.docker, of: machine)
            random.head.snapshotID = try #require(Identifier("5d1d8f5e-0000-4000-8000-000000000001"))
            #expect(try await hub.post(random, machine).status == 422)
            // Collected by a clock of next year, sent today: taken, and never in front of later ones.
            let future = try SentSnapshot(.docker, of: machine, at: Clock.now().adding(milliseconds: 86_400_000 * 365))
            #expect(try await hub.post(future, machine).status == 201)
            let row = try #require(try hub.rows("SELECT effective_at, received_at FROM snapshots").first)
            #expect(row["effective_at"] == row["received_at"])
        }
    }

    @Test func sameIdWithOtherBytes() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            var snapshot = try SentSnapshot(.docker, of: machine)
            #expect(try await hub.post(snapshot, machine).status == 201)
            snapshot.head.sequence = 2
            let response = try await hub.post(snapshot, machine)
            #expect(response.status == 422)
            #expect(response.code == "snapshot_id_reused")
        }
    }

    @Test func tooLargeIsAnsweredWithoutReadingIt() async throws {
        try await HubUnderTest.run({ $0.limits.compressedBytes = 100_000 }) { hub in
            let machine = try await hub.enroll()
            let noise = SecureRandom.bytes(10_000_000)
            let response = try await hub.post(noise, token: machine.token)
            #expect(response.status == 413)
            #expect(response.code == "too_large")
            #expect(response.header("Connection") == "close")
            #expect(try await eventually { try hub.count("quarantine") == 1 })
            let kept = try #require(try hub.rows("SELECT body, body_bytes FROM quarantine").first)
            #expect(kept["body_bytes"].integer == 10_000_000)
            #expect((kept["body"].blob ?? []).count <= Quarantine.beginning)
        }
    }

    @Test func tooLargeInChunksIsStopped() async throws {
        try await HubUnderTest.run({ $0.limits.compressedBytes = 100_000 }) { hub in
            let machine = try await hub.enroll()
            let connection = try await RawConnection.open(hub)
            try await connection.send(
                """
                POST /v1/snapshots HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(machine.token)\r\n\
                Content-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n
                """)
            let chunk = "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n"
            for _ in 0..<40 { try? await connection.send(chunk) }
            #expect(try await eventually { connection.received.hasPrefix("HTTP/1.1 413") })
            #expect(try await eventually { connection.isClosed })
        }
    }

    @Test func tooManyRequestsOfOneMachine() async throws {
        try await HubUnderTest.run({ $0.limits.requestsPerMinute = 3 }) { hub in
            let machine = try await hub.enroll()
            let other = try await hub.enroll("db-01")
            for sequence in 1...3 {
                let snapshot = try SentSnapshot(.docker, of: machine, sequence: sequence)
                #expect(try await hub.post(snapshot, machine).status < 300)
            }
            let response = try await hub.post(try SentSnapshot(.docker, of: machine, sequence: 4), machine)
            #expect(response.status == 429)
            #expect(response.code == "rate_limited")
            let seconds = try #require(response.retryAfterSeconds(now: Clock.now()))
            #expect((1...60).contains(seconds))
            #expect(try await hub.post(try SentSnapshot(.docker, of: other), other).status == 201)
        }
    }

    @Test func tooMuchInFlight() async throws {
        try await HubUnderTest.run({ $0.limits.inFlightBytes = 1000 }) { hub in
            let machine = try await hub.enroll()
            let response = try await hub.post(SecureRandom.bytes(5000), token: machine.token)
            #expect(response.status == 503)
            #expect(response.code == "busy")
            #expect(response.retryAfterSeconds(now: Clock.now()) != nil)
            // What was taken is given back.
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
        }
    }

    @Test func quarantineIsBounded() async throws {
        try await HubUnderTest.run({ $0.limits.quarantineEntries = 3 }) { hub in
            let machine = try await hub.enroll()
            for number in 0..<8 {
                #expect(try await hub.post([UInt8(number)], token: machine.token).status == 400)
            }
            #expect(
                try await eventually {
                    try hub.rows("SELECT body FROM quarantine ORDER BY id").map { $0["body"].blob } == [[5], [6], [7]]
                })
        }
    }

    @Test func fullStorageIsSaidAndNothingIsHalfWritten() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
            // SQLite's own bound gives what a full disk gives: SQLITE_FULL in the middle of a transaction.
            let pages = try hub.rows("PRAGMA page_count").first?[0].integer ?? 0
            try hub.limitPages(pages)
            var large = SentSnapshot(kind: "future", of: machine.id, sequence: 2, payload: nil)
            large.head.collection.status = "ok"
            large.payload = #"{"noise":"\#(Base64.encode(SecureRandom.bytes(300_000)))"}"#
            large.seal()
            let response = try await hub.post(large, machine)
            #expect(response.status == 507)
            #expect(response.code == "storage_full")
            #expect(response.retryAfterSeconds(now: Clock.now()) != nil)
            #expect(try hub.count("snapshots") == 1)
            try hub.limitPages(1 << 30)
            #expect(try await hub.post(large, machine).status == 202)
        }
    }

    @Test func noRouteIsAProblemToo() async throws {
        try await HubUnderTest.run { hub in
            let response = try await hub.get("/v1/nothing")
            #expect(response.status == 404)
            #expect(response.code == "not_found")
        }
    }
}
