import Contracts
import HubAPI
import TestSupport
import Testing
import Transport

@testable import Hub

/// Messages from snapshots to the operator and back.
@Suite struct MessageTests {
    static let start: Int64 = 1_790_000_000_000

    private func metrics(used: Double, memory: Double = 10) -> MetricsV1 {
        var payload = MetricsV1()
        var filesystem = MetricsV1.Filesystem(
            mountPoint: "/srv", device: "/dev/sda1", type: "ext4", totalBytes: 100, usedBytes: 10, availableBytes: 90,
            readOnly: false)
        filesystem.usedPercent = Percent(clamping: used)
        payload.filesystems = [filesystem]
        payload.memory = MetricsV1.Memory(totalBytes: 1 << 30)
        payload.memory?.usedPercent = Percent(clamping: memory)
        return payload
    }

    private func codes(_ hub: TestHubStore) throws -> [String] {
        try hub.rows("SELECT severity, code, component, closed_at FROM important_messages ORDER BY first_seen_at, code")
            .map { "\($0[0].words) \($0[1].words) \($0[2].words)\($0[3].isNull ? "" : " over")" }
    }

    @Test func `A snapshot that says nothing new writes no message`() throws {
        let hub = try TestHubStore()
        for minute in 0..<20 {
            try hub.take(
                DeriverSnapshot(
                    metrics(used: 91 + Double(minute % 3), memory: Double(minute)),
                    at: Self.start + Int64(minute) * 60_000, sequence: minute + 1))
        }
        // Nothing about the row has changed since the first one, not even what it says.
        let row = try #require(try hub.rows("SELECT * FROM important_messages").first)
        #expect(row["message"] == .text("/srv is 91 % full"))
        #expect(row["first_seen_at"] == .integer(Self.start))
        #expect(row["last_seen_at"].isNull)
        #expect(try codes(hub) == ["warning filesystem_full /srv"])
        let flag = "SELECT has_messages FROM machine_kinds WHERE kind = 'metrics'"
        #expect(try hub.value(flag) == .integer(1))
        try hub.take(DeriverSnapshot(metrics(used: 50), at: Self.start + 3_600_000, sequence: 30))
        #expect(try codes(hub) == ["warning filesystem_full /srv over"])
        #expect(try hub.value("SELECT last_seen_at FROM important_messages") == .integer(Self.start + 19 * 60_000))
        #expect(try hub.value(flag) == .integer(0))
    }

    @Test func `A machine that is well costs no statement, one that is not costs one look`() throws {
        let hub = try TestHubStore()
        func extra(_ used: Double, _ sequence: Int) throws -> [String] {
            try hub.statements(
                taking: DeriverSnapshot(
                    metrics(used: used), at: Self.start + Int64(sequence) * 60_000, sequence: sequence)
            ).filter { $0.contains("message") || $0.contains("clones") || $0.contains("derive.snapshots") }
        }
        // The first report of a machine is looked at for its boot.
        _ = try extra(10, 1)
        #expect(try extra(10, 2).isEmpty)
        #expect(try extra(11, 3).isEmpty)
        _ = try extra(95, 4)
        #expect(try extra(94, 5) == ["derive.important_messages.fetch"])
        #expect(try extra(89, 6) == ["derive.important_messages.fetch"])
        _ = try extra(10, 7)
        #expect(try extra(10, 8).isEmpty)
    }

    @Test func `Sources and packages`() throws {
        let hub = try TestHubStore()
        func source(_ host: String, _ change: (inout APTV1.Source) -> Void) -> APTV1.Source {
            var source = APTV1.Source(
                file: "f", format: "deb822", type: "deb", uri: "https://\(host)", suite: "s", enabled: true)
            source.signedBy = "/usr/share/keyrings/k.gpg"
            change(&source)
            return source
        }
        var payload = APTV1()
        payload.sources = [
            source("a") { $0.trusted = true }, source("b") { $0.signedBy = nil },
            source("c") { $0.problem = "the following signatures were invalid: EXPKEYSIG 1234" },
            source("d") { $0.problem = "not available: NO_PUBKEY 1234" }, source("e") { $0.problem = "unreadable" },
            source("f") {
                $0.signedBy = nil; $0.enabled = false
            },
        ]
        payload.broken = [APTV1.BrokenPackage(name: "curl", architecture: "amd64", state: "unpacked")]
        payload.changes = [
            APTV1.Change(
                name: "exim4", architecture: "amd64", operation: "remove", security: false, status: "needs_full_upgrade"
            )
        ]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        #expect(
            try codes(hub) == [
                "critical package_broken packages", "warning source_key_expired sources",
                "warning source_key_missing sources", "warning source_problem sources",
                "warning source_trusted sources", "info source_without_signed_by sources",
                "info upgrade_removes packages",
            ])
        #expect(
            try hub.value("SELECT message FROM important_messages WHERE code = 'source_without_signed_by'")
                == .text("any key that APT trusts may sign https://b s"))

        // Another broken package is no other message; a machine with no more than a hint is ok.
        payload.broken?.append(APTV1.BrokenPackage(name: "dash", architecture: "amd64", state: "unpacked"))
        payload.sources = [source("b") { $0.signedBy = nil }]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 1, sequence: 2))
        #expect(try hub.value("SELECT count(*) FROM important_messages WHERE closed_at IS NULL") == .integer(3))
        payload.broken = []
        try hub.take(DeriverSnapshot(payload, at: Self.start + 2, sequence: 3))
        #expect(try hub.value("SELECT status FROM machine_state") == .text("ok"))
    }

    @Test func `Stacks that are not as they are wanted`() throws {
        let hub = try TestHubStore()
        var payload = DockerV1()
        payload.engine = DockerV1.Engine(product: "docker", version: "26.1")
        func stack(_ name: String, _ running: Int, source: String = "labels") -> DockerV1.Stack {
            DockerV1.Stack(
                project: name, source: source,
                services: [DockerV1.Service(name: "app", wanted: 2, running: running, healthy: running)])
        }
        payload.stacks = [stack("half", 1), stack("none", 0), stack("whole", 2), stack("paper", 0, source: "files")]
        var container = DockerV1.Container(id: "c", name: "loop", state: "restarting")
        container.restartCount = 7
        payload.containers = [container]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        #expect(
            try codes(hub) == [
                "warning container_restarting loop", "warning stack_incomplete half", "info stack_stopped none",
            ])
    }

    @Test func `An acknowledgement stays with its message, whatever comes late, and through rederive`() throws {
        let hub = try TestHubStore()
        try hub.take(DeriverSnapshot(metrics(used: 92), at: Self.start + 60_000, sequence: 2))
        func list() throws -> [MessageAnswer] {
            try hub.store.read {
                try MessageQueries.list(
                    $0, filter: .init(), limit: 10, now: Timestamp(milliseconds: Self.start + 3_600_000)
                ).items
            }
        }
        let message = try #require(try list().first)
        #expect(try list().count == 1)
        try hub.store.write {
            _ = try $0.run(
                MessageQueries.acknowledge, 1, message.id, Timestamp(milliseconds: Self.start + 61_000), "client:me",
                "I know")
        }
        #expect(try list().first?.acknowledgement?.note == "I know")

        // It turns out to have begun earlier: another id, the same message.
        try hub.take(DeriverSnapshot(metrics(used: 91), at: Self.start, sequence: 1))
        #expect(try list().first?.firstSeenAt == Timestamp(milliseconds: Self.start))
        #expect(try list().first?.message == "/srv is 92 % full", "what it says now")
        #expect(try list().first?.acknowledgement?.by == "client:me")
        try Rederive(store: hub.store).run()
        #expect(try list().map(\.acknowledgement?.note) == ["I know"])

        // Gone and back is another message, which nobody has acknowledged; so is a worse one.
        try hub.take(DeriverSnapshot(metrics(used: 20), at: Self.start + 120_000, sequence: 3))
        try hub.take(DeriverSnapshot(metrics(used: 92), at: Self.start + 180_000, sequence: 4))
        try hub.take(DeriverSnapshot(metrics(used: 99), at: Self.start + 240_000, sequence: 5))
        let all = try list()
        #expect(all.map(\.severity) == ["critical", "warning", "warning"])
        #expect(all.map(\.acknowledgement?.note) == [nil, nil, "I know"])
        #expect(all.map { $0.closedAt == nil } == [true, false, false])
    }

    @Test func `Only a token of scope operate may acknowledge, and it is written down`() async throws {
        let fleet = try QueryFleet.filled()
        for scope in ["read", "operate"] {
            try fleet.run(
                """
                INSERT INTO api_clients (name, token_hash, scope, created_at)
                VALUES ('\(scope)', '\(SHA256.tokenHash(scope).text)', '\(scope)', 0)
                """)
        }
        try await OperatorServer.serve(fleet, trustsEverybody: false) { server in
            var hub = server
            hub.token = "read"
            let open = try await hub.get(ListAnswer<MessageAnswer>.self, "/v1/messages?open=true&machine=web-01")
            #expect(open.items.map(\.code).sorted() == ["container_unhealthy", "filesystem_full", "security_updates"])
            let message = try #require(open.items.first { $0.code == "filesystem_full" })
            #expect(message.message == "/srv is 93 % full")
            #expect(message.lastSeenAt == Timestamp(milliseconds: QueryFleet.start + 9 * QueryFleet.minute))
            let path = "/v1/messages/\(message.id.prefix(8))/acknowledge"
            let refused = try await hub.send("POST", path, #"{"note":"mine"}"#)
            #expect(refused.status == 403)
            #expect(OperatorServer.problem(refused)?.detail?.contains("scope operate") == true)
            #expect(try fleet.read { try $0.rows(Statement("test.none", "SELECT * FROM audit_log")) }.isEmpty)

            hub.token = "operate"
            let accepted = try await hub.send("POST", path, #"{"note":"mine"}"#)
            #expect(accepted.status == 200)
            let answer = try JSONTreeDecoder.decode(MessageAnswer.self, from: StrictJSON.read(accepted.body).root)
            #expect(answer.acknowledgement?.by == "client:operate")
            #expect(answer.acknowledgement?.note == "mine")
            let row = try #require(
                try fleet.read { try $0.rows(Statement("test.audit", "SELECT * FROM audit_log")) }.first)
            #expect(row["actor"] == .text("client:operate"))
            #expect(row["action"] == .text("message.acknowledge"))
            #expect(row["detail"] == .text("filesystem_full /srv: mine"))

            for (path, body, status) in [
                ("/v1/messages/00000000/acknowledge", "{}", 404), ("/v1/messages/zzzzzzzz/acknowledge", "{}", 400),
                ("/v1/messages/12/acknowledge", "{}", 400), (path, "{", 400), (path, #"{"note":7}"#, 400),
            ] {
                let answer = try await hub.send("POST", path, body)
                #expect(answer.status == status, "\(path) \(body)")
            }
            let wrong = try await hub.send("GET", "/v1/messages?severity=bad")
            #expect(wrong.status == 400)
            let tagged = try await hub.get(ListAnswer<MessageAnswer>.self, "/v1/messages?tag=web&open=true")
            #expect(tagged.items.map(\.id).sorted() == open.items.map(\.id).sorted())
            let nobody = try await hub.send("GET", "/v1/messages?tag=nobody")
            #expect(nobody.status == 404)
            let other = try await hub.get(ListAnswer<MessageAnswer>.self, "/v1/messages?severity=critical")
            #expect(other.items.isEmpty)
        }
    }

    @Test func `A message that is over cannot be acknowledged; a retired machine has none in the fleet's list`()
        async throws
    {
        let fleet = try QueryFleet.filled()
        try fleet.take(
            DeriverSnapshot(metrics(used: 5), at: QueryFleet.start + 20 * QueryFleet.minute, sequence: 50),
            from: "web-01")
        try await OperatorServer.serve(fleet) { hub in
            let all = try await hub.get(ListAnswer<MessageAnswer>.self, "/v1/messages?machine=web-01")
            let over = try #require(all.items.first { $0.closedAt != nil })
            let refused = try await hub.send("POST", "/v1/messages/\(over.id)/acknowledge", "{}")
            #expect(refused.status == 409)
            try fleet.run("UPDATE machine_settings SET retired_at = 1 WHERE name = 'web-01'")
            let rest = try await hub.get(ListAnswer<MessageAnswer>.self, "/v1/messages")
            #expect(rest.items.allSatisfy { $0.machine != "web-01" })
            let own = try await hub.get(ListAnswer<MessageAnswer>.self, "/v1/messages?machine=web-01")
            #expect(own.items == all.items)
        }
    }
}
