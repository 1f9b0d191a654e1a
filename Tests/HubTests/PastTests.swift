import Contracts
import HubAPI
import TestSupport
import Testing
import Transport

@testable import Hub

/// A machine as it was: what the archive gives is what the tables said.
struct PastTests {
    /// What of an answer is the machine's state: not what came since, nor what only the hub's own record knows.
    private func state(_ detail: MachineDetail) -> MachineDetail {
        var state = detail
        state.events = []
        state.past = nil
        state.remoteAddress = nil
        state.clockSkewMs = nil
        state.summary.lastSeenAt = nil
        state.summary.nextDueAt = nil
        state.summary.uptimeSeconds = nil
        state.summary.freshness = .ok
        state.summary.status = .ok
        state.summary.reasons = []
        for index in state.kinds.indices { state.kinds[index].lastError = nil }
        return state
    }

    @Test(arguments: [31, 32, 33, 34])
    func `The past is what was shown then`(seed: Int) throws {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: UInt64(seed))
        let machine = MachineLookup.Found(id: 1, name: "web-01")
        var shown: [(at: Timestamp, detail: MachineDetail)] = []
        for snapshot in try histories.make(count: 80) {
            try hub.take(snapshot)
            let at = Timestamp(milliseconds: snapshot.at)
            let detail = try hub.store.read { try MachineDetailQueries.show($0, machine: machine, now: at) }
            shown.append((at, try #require(detail)))
        }
        for (at, detail) in shown {
            let archive = try #require(
                try hub.store.read { try PastArchive.read(machine, at: at, kinds: Kind.allCases, from: $0) })
            let past = try PastQueries.show(archive, events: [])
            #expect(state(past) == state(detail), "\(seed) at \(at)")
            #expect(past.past?.at == at)
        }
    }

    @Test func `Host keys are trusted as they were then`() throws {
        let fleet = try QueryFleet("web-01")
        let machine = MachineLookup.Found(id: 1, name: "web-01")
        let (old, new) = (HostKeyTests.key("ssh-ed25519", "old"), HostKeyTests.key("ssh-ed25519", "new"))
        func moment(_ minute: Int64) -> Int64 { QueryFleet.start + minute * QueryFleet.minute }
        func decide(_ minute: Int64, approve: [String]? = nil, revoke: [String]? = nil) throws {
            var decision = HostKeyDecision()
            decision.approve = approve
            decision.revoke = revoke
            _ = try fleet.store.write {
                try HostKeyApproval.decide(
                    decision, about: machine, by: "api:anna", at: Timestamp(milliseconds: moment(minute)), in: $0)
            }
        }
        try HostKeyTests.show([old], fleet, at: moment(0), 1)
        try HostKeyTests.show([new], fleet, at: moment(10), 2)
        try decide(20, approve: [new.fingerprint])
        try decide(30, revoke: [new.fingerprint])
        try HostKeyTests.show([new], fleet, at: moment(40), 3)

        func key(_ minute: Int64) throws -> HostKeyAnswer {
            let archive = try #require(
                try fleet.read {
                    try PastArchive.read(
                        machine, at: Timestamp(milliseconds: moment(minute)), kinds: Kind.allCases, from: $0)
                })
            return try #require(try PastQueries.show(archive, events: []).hostKeys.first)
        }
        let first = try key(5)
        #expect(first.fingerprint == old.fingerprint)
        #expect(first.status == .firstSeen)
        #expect(first.firstSeenAt == Timestamp(milliseconds: moment(0) + 250))
        #expect(try key(15).status == .changed, "another was known before")
        let approved = try key(25)
        #expect(approved.status == .approved)
        #expect(approved.approvedBy == "api:anna")
        #expect(approved.approvedAt == Timestamp(milliseconds: moment(20)))
        for minute in [35, 45] as [Int64] {
            let after = try key(minute)
            #expect(after.status == .changed)
            #expect(after.approvedAt == nil)
            #expect(after.firstSeenAt == Timestamp(milliseconds: moment(10) + 250))
        }
    }

    @Test func `What is not known of then is said`() async throws {
        let fleet = try QueryFleet("web-01")
        var failed = DeriverSnapshot(QueryPayloads.docker(), at: QueryFleet.start + 3 * QueryFleet.minute, sequence: 4)
        failed.failure = "the engine does not answer"
        for snapshot in [
            DeriverSnapshot(QueryPayloads.hardware(), at: QueryFleet.start + QueryFleet.minute, sequence: 1),
            DeriverSnapshot(
                QueryPayloads.docker(), at: QueryFleet.start + 2 * QueryFleet.minute, sequence: 2,
                unknown: ["/images"]),
            failed,
        ] {
            try fleet.take(snapshot, from: "web-01")
        }
        let now = QueryFleet.start + QueryFleet.hour
        try await OperatorServer.serve(fleet, now: now) { hub in
            func at(_ minutes: Int64) -> String {
                "/v1/machines/web-01?at=\(Timestamp(milliseconds: QueryFleet.start + minutes * QueryFleet.minute))"
            }
            let detail = try await hub.get(MachineDetail.self, at(5))
            let kinds = Dictionary(uniqueKeysWithValues: (detail.past?.kinds ?? []).map { ($0.kind, $0) })
            #expect(kinds["hardware"]?.notices == [])
            #expect(kinds["docker"]?.notices.count == 2, "\(kinds)")
            #expect(kinds["docker"]?.notices.contains { $0.contains("/images could not be read") } == true)
            #expect(kinds["docker"]?.notices.contains { $0.contains("the engine does not answer") } == true)
            #expect(kinds["docker"]?.snapshotID != nil)
            #expect(kinds["apt"]?.snapshotID == nil)
            #expect(kinds["apt"]?.notices == ["the archive has no apt snapshot of this machine"])
            #expect(detail.summary.containers?.total == 3)
            // Before the first docker snapshot.
            let before = try await hub.get(MachineDetail.self, at(1))
            #expect(before.summary.containers == nil)
            let notice = before.past?.kinds.first { $0.kind == "docker" }?.notices.first
            #expect(notice?.hasPrefix("the archive of docker begins at ") == true)

            for (query, status, words) in [
                (at(0), 404, "nothing of web-01 is archived"), (at(-5), 404, "was enrolled at"),
                (at(61), 400, "is in the future"), ("/v1/machines/web-01?at=yesterday", 400, "a date as"),
                ("/v1/machines/web-01?at=", 400, "a date as"), ("/v1/machines/web-02?at=1m", 404, "no machine"),
            ] {
                let answer = try await hub.send("GET", query)
                #expect(answer.status == status, "\(query)")
                #expect(OperatorServer.problem(answer)?.detail?.contains(words) == true, "\(query)")
            }
            // What retention has taken is said to be gone.
            try fleet.run("DELETE FROM snapshots WHERE kind = 'hardware'")
            let forgotten = try await hub.get(MachineDetail.self, at(5))
            #expect(forgotten.os == nil)
            #expect(
                forgotten.past?.kinds.first { $0.kind == "hardware" }?.notices == [
                    "the archive has no hardware snapshot of this machine"
                ])
        }
    }

    @Test func `A diff names what came, went and changed`() async throws {
        let fleet = try QueryFleet("web-01")
        var apt = QueryPayloads.apt(listsAt: QueryFleet.start)
        var docker = QueryPayloads.docker()
        var sequence = 0
        func take(_ payload: any SnapshotPayload, _ minutes: Int64, unknown: [String] = []) throws {
            sequence += 1
            try fleet.take(
                DeriverSnapshot(
                    payload, at: QueryFleet.start + minutes * QueryFleet.minute, sequence: sequence, unknown: unknown),
                from: "web-01")
        }
        try take(QueryPayloads.hardware(kernel: "6.1.0-40-amd64"), 1)
        try take(apt, 2)
        try take(docker, 3)
        apt.packages = [
            APTV1.Package(name: "bash", architecture: "amd64", version: "5.2.15-3"),
            APTV1.Package(name: "openssl", architecture: "amd64", version: "3.0.16-1"),
            APTV1.Package(name: "curl", architecture: "amd64", version: "8.0"),
        ]
        // Made again: another id, the same name.
        docker.containers?[0].id = String(repeating: "d", count: 64)
        docker.containers?[0].image = "nginx:1.28"
        docker.containers?[2].state = "running"
        try take(QueryPayloads.hardware(kernel: "6.1.0-41-amd64"), 11)
        try take(apt, 12)
        try take(docker, 13)
        let now = QueryFleet.start + 20 * QueryFleet.minute
        try await OperatorServer.serve(fleet, now: now) { hub in
            let diff = try await hub.get(MachineDiff.self, "/v1/machines/web-01/diff?from=15m")
            func changes(_ section: String) -> [String] {
                diff.changes.filter { $0.section == section }.map { "\($0.change) \($0.item)" }
            }
            #expect(changes("package") == ["changed bash amd64", "added curl amd64", "removed openssl_x amd64"])
            #expect(changes("system") == ["changed "])
            #expect(changes("container") == ["changed blog-web-1", "changed job"])
            #expect(changes("update") == [])
            #expect(changes("disk") == [])
            let bash = diff.changes.first { $0.item == "bash amd64" }
            #expect(bash?.fields == [DiffField(name: "version", from: "5.2.15-2", to: "5.2.15-3")])
            let kernel = diff.changes.first { $0.section == "system" }?.fields
            #expect(kernel == [DiffField(name: "kernel", from: "6.1.0-40-amd64", to: "6.1.0-41-amd64")])
            let one = try await hub.get(MachineDiff.self, "/v1/machines/web-01/diff?from=15m&kind=apt")
            #expect(Set(one.changes.map(\.kind)) == ["apt"])
            #expect(one.from.kinds.map(\.kind) == ["apt"])
            let none = try await hub.get(MachineDiff.self, "/v1/machines/web-01/diff?from=15m&to=14m")
            #expect(none.changes.isEmpty)
            for (query, words) in [
                ("", "from is needed"), ("?from=1m&to=5m", "later than"), ("?from=5m&kind=metrics", "one of"),
                ("?from=soon", "a date as"),
            ] {
                let answer = try await hub.send("GET", "/v1/machines/web-01/diff\(query)")
                #expect(answer.status == 400, "\(query)")
                #expect(OperatorServer.problem(answer)?.detail?.contains(words) == true, "\(query)")
            }
        }
    }

    @Test func `What could not be read is no change`() throws {
        let fleet = try QueryFleet("web-01")
        var blind = QueryPayloads.docker()
        blind.containers = nil
        try fleet.take(
            DeriverSnapshot(blind, at: QueryFleet.start + 1000, sequence: 1, unknown: ["/containers"]), from: "web-01")
        try fleet.take(
            DeriverSnapshot(QueryPayloads.docker(), at: QueryFleet.start + 2000, sequence: 2), from: "web-01")
        func archive(_ at: Int64) throws -> PastArchive {
            let found = MachineLookup.Found(id: fleet.id("web-01"), name: "web-01")
            return try #require(
                try fleet.read {
                    try PastArchive.read(
                        found, at: Timestamp(milliseconds: QueryFleet.start + at), kinds: [.docker], from: $0)
                })
        }
        let diff = try PastQueries.diff(from: archive(1000), to: archive(2000))
        #expect(!diff.changes.contains { $0.section == "container" }, "\(diff.changes)")
        #expect(diff.from.kinds[0].notices.contains { $0.contains("container: not compared") })
    }

    @Test func `Moments in every form`() {
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        for (text, expected) in [
            ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00.000Z"), ("2026-11-01T12:00Z", "2026-11-01T12:00:00.000Z"),
            ("2026-11-01T12:00:00.250Z", "2026-11-01T12:00:00.250Z"),
            ("2026-11-01T12:00+02:00", "2026-11-01T10:00:00.000Z"),
            ("2026-11-01T12:00:30-05:30", "2026-11-01T17:30:30.000Z"), ("2026-11-01", "2026-11-01T00:00:00.000Z"),
            ("now", now.description), ("2h", now.adding(milliseconds: -7_200_000).description),
            ("7d", now.adding(milliseconds: -604_800_000).description),
        ] {
            #expect(Moment.parse(text, now: now)?.description == expected, "\(text)")
        }
        for text in [
            "", "yesterday", "2026-11-31", "2026-13-01T00:00Z", "2026-11-01T25:00Z", "2026-11-01T12:00", "12:00",
            "-2h", "0d", "2y", "999999999d", "2026-11-01T12:00+25:00", "2026-11-01T12:00+1:00", "2026-11-01 12:00Z",
            "٢h", "2026-11-0é", "T12:00:00ZT12:00:00Z",
        ] {
            #expect(Moment.parse(text, now: now) == nil, "\(text)")
        }
    }
}
