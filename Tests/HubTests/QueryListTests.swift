import Contracts
import HubAPI
import TestSupport
import Testing

@testable import Hub

@Suite struct QueryListTests {
    private let now = Timestamp(milliseconds: QueryFleet.start + 10 * QueryFleet.minute)

    @Test func `Updates name the machines whose updates are not known`() throws {
        let fleet = try QueryFleet.filled()
        let answer = try fleet.read { try UpdateQueries.list($0, filter: .init(), limit: 100, now: now) }
        #expect(
            answer.items.filter { $0.machine == "web-01" }.map(\.package) == [
                "bash", "linux-image-amd64", "openssl", "vim",
            ])
        let notices = try #require(answer.notices)
        #expect(notices.map(\.machine) == ["db-01", "web-02"])
        #expect(notices.map(\.code) == ["updates_unknown", "updates_unknown"])
        #expect(notices.last?.since == Timestamp(milliseconds: QueryFleet.start + 5 * QueryFleet.minute))
        #expect(answer.items.filter { $0.machine == "web-02" }.allSatisfy { $0.unknownSince != nil })
        #expect(answer.items.first { $0.status == "phased" }?.phasedPercent == 20)
    }

    @Test func `Updates are filtered by security, status, package and machine`() throws {
        let fleet = try QueryFleet.filled()
        func names(_ filter: UpdateQueries.Filter, _ machine: String? = nil) throws -> [String] {
            try fleet.read { connection in
                let machines = try MachineSelection.find(connection, machine: machine, tag: nil)
                return try UpdateQueries.list(connection, machines, filter: filter, limit: 100, now: now)
            }.items.map { "\($0.machine) \($0.package)" }
        }
        #expect(try names(.init(isSecurity: true)) == ["web-01 openssl", "web-02 openssl"])
        #expect(try names(.init(isSecurity: true), "web-01") == ["web-01 openssl"])
        #expect(try names(.init(status: "held"), "web-01") == ["web-01 vim"])
        #expect(
            try names(.init(name: NamePattern("linux-*"))) == ["web-01 linux-image-amd64", "web-02 linux-image-amd64"])
        #expect(try names(.init(), "db-01").isEmpty)
    }

    @Test func `Lists older than a week are said to be`() throws {
        let fleet = try QueryFleet("old-01")
        try fleet.take(
            DeriverSnapshot(
                QueryPayloads.apt(listsAt: QueryFleet.start - 8 * QueryFleet.day), at: QueryFleet.start, sequence: 1),
            from: "old-01")
        let answer = try fleet.read { try UpdateQueries.list($0, filter: .init(), limit: 100, now: now) }
        #expect(answer.notices?.map(\.code) == ["lists_stale"])
        #expect(answer.items.count == 4)
    }

    @Test func `Package patterns match as a shell's do`() throws {
        let fleet = try QueryFleet.filled()
        func names(_ pattern: String) throws -> [String] {
            try fleet.read { connection in
                let machine = MachineSelection(try MachineLookup.find(connection, "web-01"))
                return try PackageQueries.list(connection, machine, name: NamePattern(pattern), limit: 100)
            }.items.map(\.package)
        }
        #expect(try names("openssl") == ["openssl"])
        #expect(try names("openssl*") == ["openssl", "openssl_x"])
        #expect(try names("*sh") == ["bash"])
        #expect(try names("openssl_?") == ["openssl_x"])
        #expect(try names("op%") == [])
        #expect(try names("bas_") == [])
        #expect(try names("ba?h") == ["bash"])
        let fleetWide = try fleet.read {
            try PackageQueries.list($0, .all, name: NamePattern("bash"), limit: 1)
        }
        #expect(fleetWide.items.map(\.machine) == ["web-01"])
        #expect(fleetWide.truncated)
    }

    @Test func `Containers that need a look are found`() throws {
        let fleet = try QueryFleet.filled()
        func names(_ filter: ContainerQueries.Filter) throws -> [String] {
            try fleet.read { try ContainerQueries.list($0, .all, filter: filter, limit: 100, now: now) }.items.map(
                \.name)
        }
        #expect(try names(.init()) == ["blog-db-1", "blog-web-1", "job"])
        #expect(try names(.init(isUnhealthy: true)) == ["blog-db-1"])
        #expect(try names(.init(state: "exited")) == ["job"])
        #expect(try names(.init(image: NamePattern("nginx:*"))) == ["blog-web-1"])
        let job = try fleet.read {
            try ContainerQueries.list($0, .all, filter: .init(state: "exited"), limit: 1, now: now)
        }.items.first
        #expect(job?.exitCode == -1)
    }

    @Test func `Containers that can no longer be read say since when`() throws {
        let fleet = try QueryFleet.filled()
        let at = QueryFleet.start + 8 * QueryFleet.minute
        try fleet.take(
            DeriverSnapshot(DockerV1(), at: at, sequence: 95, unknown: ["/engine", "/containers", "/stacks"]),
            from: "web-01")
        let answer = try fleet.read { try ContainerQueries.list($0, .all, filter: .init(), limit: 100, now: now) }
        #expect(answer.items.count == 3)
        #expect(answer.items.allSatisfy { $0.unknownSince == Timestamp(milliseconds: at) })
        #expect(answer.notices?.map(\.machine) == ["web-01"])
        let stacks = try fleet.read { try StackQueries.list($0, .all, limit: 10) }
        #expect(stacks.items.first?.unknownSince == Timestamp(milliseconds: at))
    }

    @Test func `Stacks have their services`() throws {
        let fleet = try QueryFleet.filled()
        let stack = try #require(try fleet.read { try StackQueries.list($0, .all, limit: 10) }.items.first)
        #expect(stack.project == "blog")
        #expect(stack.services.map(\.name) == ["db", "web"])
        #expect(stack.services.map(\.healthy) == [0, 1])
        #expect(stack.configFiles == ["/srv/blog/compose.yaml"])
    }

    @Test func `The fullest file system comes first`() throws {
        let fleet = try QueryFleet.filled()
        let answer = try fleet.read { try DiskQueries.list($0, .all, usedPercentAtLeast: 0, limit: 10) }
        #expect(answer.items.map(\.mountPoint) == ["/srv", "/"])
        let full = try fleet.read { try DiskQueries.list($0, .all, usedPercentAtLeast: 90, limit: 10) }
        #expect(full.items.map(\.mountPoint) == ["/srv"])
        #expect(full.items.first?.availableBytes == 7 << 30)
    }

    /// The hub takes apart the lists of as many machines as it answers rows: no row may be missing for that.
    @Test func `However few are asked for, they are the fullest`() throws {
        let fleet = try QueryFleet()
        var random = SplitMix(state: 33)
        for number in 1...20 {
            let name = "web-\(number)"
            try fleet.add(name)
            var payload = QueryPayloads.metrics(load: 1)
            payload.filesystems = (0..<Int.random(in: 0...4, using: &random)).map { mount in
                // Few values, so that many are alike; none where nothing is known.
                let used = Int.random(in: 0...5, using: &random) * 20
                var filesystem = QueryPayloads.filesystem("/mnt/\(mount)", used: used, readOnly: used == 100)
                if used == 40 { filesystem.usedPercent = nil }
                return filesystem
            }
            try fleet.take(DeriverSnapshot(payload, at: QueryFleet.start, sequence: 1), from: name)
        }
        for usedPercent in [0.0, 50, 100] {
            let all = try fleet.read {
                try DiskQueries.list($0, .all, usedPercentAtLeast: usedPercent, limit: 1000)
            }
            .items
            #expect(all.count > 3)
            #expect(all.map { $0.usedPercent ?? 0 } == all.map { $0.usedPercent ?? 0 }.sorted(by: >))
            for limit in 1...all.count {
                let some = try fleet.read {
                    try DiskQueries.list($0, .all, usedPercentAtLeast: usedPercent, limit: limit)
                }
                #expect(some.items == Array(all.prefix(limit)), "the first \(limit)")
                #expect(some.truncated == (limit < all.count))
            }
        }
    }

    @Test func `File systems are unknown where the collecting fails, and nowhere else`() throws {
        let fleet = try QueryFleet("web-01", "web-02")
        for name in ["web-01", "web-02"] {
            try fleet.take(
                DeriverSnapshot(QueryPayloads.metrics(load: 1), at: QueryFleet.start, sequence: 1), from: name)
        }
        var failed = DeriverSnapshot(QueryPayloads.metrics(load: 1), at: QueryFleet.start + 60_000, sequence: 2)
        failed.failure = "/proc is not there"
        try fleet.take(failed, from: "web-02")
        let answer = try fleet.read { try DiskQueries.list($0, .all, usedPercentAtLeast: 0, limit: 10) }
        #expect(
            answer.items.map { "\($0.machine) \($0.mountPoint) \($0.unknownSince != nil)" } == [
                "web-01 /srv false", "web-02 /srv true", "web-01 / false", "web-02 / true",
            ])
        #expect(answer.notices?.map(\.machine) == ["web-02"])
    }

    @Test func `Events are the newest first and can be narrowed`() throws {
        let fleet = try QueryFleet.filled()
        let all = try fleet.read { try EventQueries.list($0, filter: .init(), limit: 1000) }.items
        #expect(!all.isEmpty)
        #expect(all.map(\.at) == all.map(\.at).sorted(by: >))
        let type = try #require(all.first?.type)
        let some = try fleet.read { try EventQueries.list($0, filter: .init(type: type), limit: 1000) }.items
        #expect(some == all.filter { $0.type == type })
        let none = try fleet.read {
            try EventQueries.list($0, filter: .init(since: Timestamp(milliseconds: .max)), limit: 1000)
        }
        #expect(none.items.isEmpty)
        let ofMachine = try fleet.read { connection in
            let machine = MachineSelection(try MachineLookup.find(connection, "web-02"))
            return try EventQueries.list(connection, machine, filter: .init(), limit: 1000)
        }
        #expect(ofMachine.items == all.filter { $0.machine == "web-02" })
    }

    @Test func `Metrics are thinned to means and keep their extremes`() throws {
        let fleet = try QueryFleet.filled()
        let since = Timestamp(milliseconds: QueryFleet.start)
        let until = since.adding(milliseconds: 10 * QueryFleet.minute)
        let answer = try fleet.read { connection in
            try MetricsQueries.series(
                connection, machine: MachineLookup.find(connection, "web-01"), since: since, until: until, points: 5)
        }
        #expect(answer.stepSeconds == 120)
        let load = try #require(answer.series.first { $0.name == "load_1m" })
        #expect(load.points.map(\.value) == [0.5, 2.5, 4.5, 6.5, 8.5])
        #expect(load.points.first?.at == since)
        #expect(load.minimum == 0)
        #expect(load.maximum == 9)
        #expect(load.mean == 4.5)
        #expect(load.last == 9)
        #expect(!answer.series.contains { $0.name == "celsius_max" })
        let later = try fleet.read { connection in
            try MetricsQueries.series(
                connection, machine: MachineLookup.find(connection, "web-01"),
                since: since.adding(milliseconds: 4 * QueryFleet.minute), until: until, points: 100)
        }
        #expect(later.series.first { $0.name == "load_1m" }?.points.map(\.value) == [4, 5, 6, 7, 8, 9])
        let other = try fleet.read { connection in
            try MetricsQueries.series(
                connection, machine: MachineLookup.find(connection, "web-02"), since: since, until: until, points: 5)
        }
        #expect(other.series.isEmpty)
    }

    @Test func `The archive is listed and gives back what came`() throws {
        let fleet = try QueryFleet.filled()
        let all = try fleet.read {
            try SnapshotQueries.list($0, machine: fleet.id("web-01"), kind: nil, since: nil, limit: 100)
        }.items
        #expect(all.count == 14)
        #expect(all.map(\.collectedAt) == all.map(\.collectedAt).sorted(by: >))
        let metrics = try fleet.read {
            try SnapshotQueries.list(
                $0, machine: fleet.id("web-01"), kind: "metrics",
                since: Timestamp(milliseconds: QueryFleet.start + 5 * QueryFleet.minute), limit: 3)
        }
        #expect(metrics.items.map(\.sequence) == [19, 18, 17])
        #expect(metrics.truncated)
        let apt = try #require(all.first { $0.kind == "apt" })
        let found = try #require(try fleet.read { try SnapshotQueries.find($0, apt.snapshotID) })
        #expect(found.summary == apt)
        #expect(found.body.count == apt.bodyBytes)
        #expect(found.body.starts(with: [0x1F, 0x8B]))
        let absent = Identifier(milliseconds: 1, random: (9, 9))
        #expect(try fleet.read { try SnapshotQueries.find($0, absent)?.summary } == nil)
    }

    @Test func `The hub counts its machines`() throws {
        let fleet = try QueryFleet.filled()
        let status = try fleet.read { try HubQueries.status($0, now: now) }
        #expect(status.machines == MachineCounts(total: 3, ok: 2, late: 0, offline: 0, new: 1))
        #expect(status.snapshotsTotal == 16)
        #expect(status.snapshotsHeld == 0)
        #expect(status.schemaVersion == Migrations.newest)
    }
}
