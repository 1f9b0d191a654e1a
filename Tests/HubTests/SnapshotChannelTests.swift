import Contracts
import Foundation
import ServiceLifecycle
import TestSupport
import Testing
import Transport

@testable import Hub

/// Snapshots over HTTP on their short way, and that whatever is not for it goes the long one.
@Suite struct SnapshotChannelTests {
    /// As the agent writes it; the first of a machine goes the long way, since its token is looked for in the database.
    private static func metrics(_ machine: TestMachine, _ sequence: Int, load: Double = 0.5) throws -> SentSnapshot {
        var payload = MetricsV1()
        payload.load = MetricsV1.Load(oneMinute: load, fiveMinutes: 1, fifteenMinutes: 1)
        return SentSnapshot(
            kind: "metrics", of: machine.id, sequence: sequence,
            payload: String(decoding: try CanonicalJSON.encode(payload), as: UTF8.self))
    }

    private static func request(_ body: [UInt8], _ machine: TestMachine, _ more: String = "") -> [UInt8] {
        Array(
            """
            POST /v1/snapshots HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\
            Authorization: Bearer \(machine.token)\r\n\(more)Content-Length: \(body.count)\r\n\r\n
            """.utf8) + body
    }

    private static func request(_ snapshot: SentSnapshot, _ machine: TestMachine) throws -> [UInt8] {
        request(try snapshot.compressed(), machine)
    }

    private static let health = Array("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n".utf8)

    /// The statuses of what came so far, in its order.
    private static func statuses(_ connection: RawConnection) -> [Int] {
        connection.received.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
    }

    @Test func `Both ways answer alike`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let long = try await hub.post(try Self.metrics(machine, 1), machine)
            #expect(hub.server.meters.onShortWay == 0)
            let snapshot = try Self.metrics(machine, 2)
            let short = try await hub.post(snapshot, machine)
            #expect(hub.server.meters.onShortWay == 1)
            #expect((long.status, short.status) == (201, 201))
            #expect(
                Set(long.headers.map { $0.name.lowercased() }) == Set(short.headers.map { $0.name.lowercased() }))
            #expect(long.header("Content-Type") == short.header("Content-Type"))
            #expect(short.header("Date").flatMap(HTTPDate.parse) != nil)
            #expect(try long.decoded(SnapshotAnswer.self).highestSequence == 1)
            #expect(try short.decoded(SnapshotAnswer.self).snapshotID == snapshot.head.snapshotID)
            #expect(try short.decoded(SnapshotAnswer.self).highestSequence == 2)
            let again = try await hub.post(snapshot, machine)
            #expect((again.status, again.result) == (200, "duplicate"))
            #expect(hub.server.meters.onShortWay == 2)
            #expect(try hub.rows("SELECT body FROM snapshots ORDER BY id").last?["body"].blob == snapshot.compressed())
            #expect(try hub.count("host_metrics") == 2)
            #expect(hub.server.inFlight.current == 0)
        }
    }

    @Test func `An answer is written as the encoder writes it`() throws {
        var answer = SnapshotAnswer(
            snapshotID: .make(at: Clock.now()), result: "derived", highestSequence: 9_007_199_254_740_993,
            requests: ["full:apt", "full:\"\\\u{1}é"])
        #expect(try answer.canonicalJSON == CanonicalJSON.encode(answer))
        answer.announcement = "0123\n\""
        answer.requests = []
        #expect(try answer.canonicalJSON == CanonicalJSON.encode(answer))
    }

    /// Each of them is refused as it would be if there were one way only, and taken where it is good.
    @Test func `What is not for the short way goes the long one`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let other = try await hub.enroll("web-02")
            func post(_ body: [UInt8], _ headers: [String: String] = [:]) async throws -> (Int, String?) {
                let response = try await hub.post(body, token: machine.token, headers: headers)
                return (response.status, response.code)
            }
            #expect(try await post(try Self.metrics(machine, 1).compressed()) == (201, nil))
            let good = try Self.metrics(machine, 2).compressed()
            #expect(try await post(good, ["Content-Digest": SHA256.contentDigest([1])]) == (400, "digest_mismatch"))
            #expect(try await post(Array(good.dropLast())) == (400, "not_gzip"))
            #expect(try await post(good + [0]) == (400, "not_gzip"))
            #expect(try await post(Self.metrics(other, 1).compressed()) == (403, "machine_mismatch"))
            var broken = try Self.metrics(machine, 3)
            broken.payload = #"{"load":{"1m":"x"}}"#
            broken.seal()
            #expect(try await post(broken.compressed()) == (422, "schema_violation"))
            broken.payload = #"{"load": {}}"#
            #expect(try await post(broken.compressed()) == (400, "digest_mismatch"))
            #expect(try await post(Gzip.compress(Array(repeating: 0x20, count: 1 << 20))).0 == 400)
            #expect(try await post(good, ["Content-Type": "text/plain"]) == (415, "unsupported_media_type"))
            #expect(try await post(good, ["Authorization": "Bearer nobody"]) == (401, "reenroll_required"))
            #expect(hub.server.meters.onShortWay == 0)
            // Good, but not canonical, and of another kind; with a header that changes what a connection does.
            var spaced = try Self.metrics(machine, 4)
            spaced.payload = #"{ "processes" : { "total" : 3 } }"#
            spaced.seal()
            #expect(try await post(spaced.compressed()).0 == 201)
            #expect(try await post(SentSnapshot(.docker, of: machine, sequence: 5).compressed()).0 == 201)
            let connection = try await RawConnection.open(hub)
            try await connection.send(Self.request(good, machine, "Connection: close\r\n"))
            #expect(try await eventually { connection.isClosed })
            #expect(Self.statuses(connection) == [200], "late, and taken")
            #expect(hub.server.meters.onShortWay == 0)
            #expect(hub.server.inFlight.current == 0)
        }
    }

    /// The short way reads headers as they came, the long one as HTTP's types have them.
    @Test func `Odd heads go the long way, and odd names and blanks do not matter`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            _ = try await hub.post(try Self.metrics(machine, 1), machine)
            let connection = try await RawConnection.open(hub)
            func send(_ sequence: Int, _ change: (String) -> String) async throws {
                let request = Self.request(try Self.metrics(machine, sequence).compressed(), machine)
                let end = try #require(request.firstRange(of: Array("\r\n\r\n".utf8))).upperBound
                let head = change(String(decoding: request[..<end], as: UTF8.self))
                try await connection.send(Array(head.utf8) + request[end...])
                #expect(try await eventually { Self.statuses(connection).count == sequence - 1 })
            }
            let token = "Authorization: Bearer \(machine.token)\r\n"
            try await send(2) { $0.replacing("Content-Encoding: gzip", with: "CONTENT-encoding: gzip \t") }
            try await send(3) { $0.replacing("Host", with: "Date: Thu, 26 Nov 2026 10:00:00 GMT \r\nhost") }
            #expect(hub.server.meters.onShortWay == 2)
            #expect(try hub.rows("SELECT 1 FROM machine_state WHERE clock_skew_ms IS NOT NULL").count == 1)
            // Twice the same, and twice another, which is nobody's token.
            try await send(4) { $0.replacing("Host", with: "content-type: application/json\r\nHost") }
            try await send(5) { $0.replacing(token, with: token + "Authorization: Bearer x\r\n") }
            try await send(6) { $0.replacing("Host", with: "Connection: keep-alive\r\nHost") }
            #expect(hub.server.meters.onShortWay == 2)
            #expect(Self.statuses(connection) == [201, 201, 415, 401, 201])
            try await send(7) { $0 }
            #expect(hub.server.meters.onShortWay == 3)
            let old = try await RawConnection.open(hub)
            let request = Self.request(try Self.metrics(machine, 8).compressed(), machine)
            let end = try #require(request.firstRange(of: Array("1.1".utf8)))
            try await old.send(Array(request[..<end.lowerBound] + Array("1.0".utf8) + request[end.upperBound...]))
            #expect(try await eventually { old.received.contains(" 201 ") })
            #expect(hub.server.meters.onShortWay == 3)
        }
    }

    @Test func `A revoked machine is refused on the short way, too`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for sequence in 1...2 {
                #expect(try await hub.post(Self.metrics(machine, sequence), machine).status == 201)
            }
            _ = try await hub.store.write {
                try $0.run(Statement("test.revoke", "UPDATE machine_credentials SET revoked_at = 1"))
            }
            for _ in 0..<2 {
                let response = try await hub.post(Self.metrics(machine, 3), machine)
                #expect((response.status, response.code) == (401, "reenroll_required"))
            }
            #expect(hub.server.meters.onShortWay == 2, "the second refusal is the long way's")
        }
    }

    @Test func `More than a machine may post is refused`() async throws {
        try await HubUnderTest.run({ $0.limits.requestsPerMinute = 3 }) { hub in
            let machine = try await hub.enroll()
            for sequence in 1...3 {
                #expect(try await hub.post(Self.metrics(machine, sequence), machine).status == 201)
            }
            let response = try await hub.post(Self.metrics(machine, 4), machine)
            #expect((response.status, response.code) == (429, "rate_limited"))
            #expect(response.header("Retry-After") != nil)
        }
    }

    @Test(arguments: [1, 3, 100_000]) func `Pipelined requests are answered in their order`(_ piece: Int) async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(Self.metrics(machine, 1), machine).status == 201)
            var bytes: [UInt8] = []
            for sequence in 2...5 {
                bytes += try Self.request(Self.metrics(machine, sequence), machine)
                if sequence == 3 { bytes += Self.health + Self.request([1, 2, 3], machine) }
            }
            bytes += Self.health
            let connection = try await RawConnection.open(hub)
            var rest = bytes[...]
            while !rest.isEmpty {
                // As one record, or in the smallest ones for a while.
                let length = min(rest.count, rest.count > bytes.count - 400 ? piece : 100_000)
                try await connection.send(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            let expected = [201, 201, 200, 400, 201, 201, 200]
            #expect(try await eventually { Self.statuses(connection).count == expected.count })
            #expect(Self.statuses(connection) == expected)
            #expect(!connection.isClosed)
            #expect(try hub.count("snapshots") == 5)
            #expect(hub.server.inFlight.current == 0)
        }
    }

    @Test func `What cannot be read behind a snapshot does not take its answer away`() async throws {
        try await HubUnderTest.run(derive: Self.slowly) { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(Self.metrics(machine, 1), machine).status == 201)
            let connection = try await RawConnection.open(hub)
            try await connection.send(
                Self.request(Self.metrics(machine, 2), machine) + Array("\u{1}\u{2} what\r\n\r\n".utf8))
            #expect(try await eventually { connection.isClosed })
            #expect(Self.statuses(connection) == [201, 400])
            #expect(hub.server.meters.onShortWay == 1)
        }
    }

    private static let slowly: SnapshotArchive.Derive = { snapshot, connection in
        usleep(300_000)
        return try Derivation.apply(snapshot, into: connection)
    }

    @Test func `A stop answers what is in flight`() async throws {
        let statuses = try await HubUnderTest.run(derive: Self.slowly) { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(Self.metrics(machine, 1), machine).status == 201)
            let (busy, half, idle) = (
                try await RawConnection.open(hub), try await RawConnection.open(hub), try await RawConnection.open(hub)
            )
            try await idle.send(Self.health)
            #expect(try await eventually { Self.statuses(idle) == [200] })
            let late = try Self.request(Self.metrics(machine, 3), machine)
            try await half.send(Array(late.dropLast(10)))
            try await busy.send(Self.request(Self.metrics(machine, 2), machine))
            #expect(try await eventually { hub.server.meters.onShortWay == 1 })
            await hub.group.triggerGracefulShutdown()
            #expect(try await eventually { idle.isClosed })
            try await half.send(Array(late.suffix(10)))
            #expect(try await eventually { busy.isClosed && half.isClosed })
            return (Self.statuses(busy), Self.statuses(half))
        }
        #expect(statuses.0 == [201])
        #expect(statuses.1 == [201] || statuses.1 == [200], "derived, or late: both were made in one moment")
    }

    @Test func `Senders that go away leave nothing behind`() async throws {
        try await HubUnderTest.run(derive: Self.slowly) { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(Self.metrics(machine, 1), machine).status == 201)
            let bytes = try Self.request(Self.metrics(machine, 2), machine)
            for cut in [bytes.count - 1, bytes.count - 200, bytes.count] {
                let connection = try await RawConnection.open(hub)
                try await connection.send(Array(bytes.prefix(cut)))
                if cut == bytes.count { #expect(try await eventually { hub.server.meters.onShortWay == 1 }) }
                await connection.close()
            }
            #expect(try await eventually { hub.server.inFlight.current == 0 })
            // The whole one is kept although nobody heard of it.
            #expect(try await eventually { try hub.count("snapshots") == 2 })
            #expect(try await hub.post(Self.metrics(machine, 3), machine).status == 201)
        }
    }

    @Test func `Who is not known holds nothing here`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let body = [UInt8](repeating: 0x20, count: 8000)
            var requests = [Self.request(body, TestMachine(token: "nobody", id: machine.id, name: "nobody"))]
            // Enrolled, and not seen yet: the long way asks the database before it takes anything.
            requests.append(Self.request(body, machine))
            for (index, request) in requests.enumerated() {
                let connection = try await RawConnection.open(hub)
                try await connection.send(Array(request.dropLast(1)))
                if index == 0 {
                    #expect(try await eventually { Self.statuses(connection) == [401] })
                    #expect(hub.server.inFlight.current == 0)
                } else {
                    #expect(try await eventually { hub.server.inFlight.current > 0 })
                }
                await connection.close()
            }
            #expect(try await eventually { hub.server.inFlight.current == 0 })
            #expect(hub.server.meters.onShortWay == 0)
        }
    }

    @Test func `A full queue says so at once, and a full budget of bytes`() async throws {
        try await HubUnderTest.run({ $0.limits.queueSnapshots = 1 }, derive: Self.slowly) { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(Self.metrics(machine, 1), machine).status == 201)
            let connections = try await Self.connections(8, hub)
            for (index, connection) in connections.enumerated() {
                try await connection.send(Self.request(Self.metrics(machine, index + 2), machine))
            }
            #expect(try await eventually { connections.allSatisfy { Self.statuses($0).count == 1 } })
            let refused = connections.filter { Self.statuses($0) == [503] }
            #expect(!refused.isEmpty && refused.count < 8)
            #expect(refused.allSatisfy { $0.received.lowercased().contains("retry-after: ") && !$0.isClosed })
            #expect(hub.server.meters.onShortWay == 8)
        }
        try await HubUnderTest.run({ $0.limits.inFlightBytes = 300 }) { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(Self.metrics(machine, 1), machine).status == 503)
            #expect(hub.server.inFlight.current == 0)
        }
    }

    private static func connections(_ count: Int, _ hub: HubUnderTest) async throws -> [RawConnection] {
        var all: [RawConnection] = []
        for _ in 0..<count { all.append(try await RawConnection.open(hub)) }
        return all
    }
}
