import Contracts
import HubAPI
import NIOCore
import Testing

@testable import Hub

@Suite struct QueryMachineTests {
    private static func list(
        _ fleet: QueryFleet, _ filter: MachineQueries.Filter = .init(), at now: Int64, limit: Int = 100
    ) throws -> ListAnswer<MachineSummary> {
        try fleet.read {
            try MachineQueries.list($0, filter: filter, limit: limit, now: Timestamp(milliseconds: now))
        }
    }

    private static let lastMetrics = QueryFleet.start + 9 * QueryFleet.minute

    @Test func `A machine is told in one row`() throws {
        let fleet = try QueryFleet.filled()
        let answer = try Self.list(fleet, at: Self.lastMetrics + 1000)
        #expect(answer.items.map(\.name) == ["db-01", "web-01", "web-02"])
        #expect(!answer.truncated)
        let machine = try #require(answer.items.first { $0.name == "web-01" })
        #expect(machine.machineID == fleet.uuid("web-01"))
        #expect(machine.freshness == .ok)
        #expect(machine.os == "Debian GNU/Linux 12.12 (bookworm)")
        #expect(machine.machineKind == "vm")
        #expect(machine.tags.contains("web"))
        #expect(machine.updates?.pending == 2)
        #expect(machine.updates?.security == 1)
        #expect(machine.updates?.held == 1)
        #expect(machine.updates?.phased == 1)
        #expect(machine.updates?.unknownSince == nil)
        #expect(machine.containers == ContainerCounts(total: 3, running: 2, unhealthy: 1))
        #expect(machine.stacksTotal == 1)
        #expect(machine.load == 9)
        #expect(machine.fullestFilesystem == FullestFilesystem(mountPoint: "/srv", usedPercent: 93))
        #expect(machine.rebootRequired == false)
        #expect(machine.status == .warning)
        #expect(
            Set(machine.reasons.map(\.code)) == ["security_updates", "containers_unhealthy", "filesystem_full"])
        #expect(machine.stale.isEmpty)
    }

    @Test func `What is not known is absent or dated, never 0`() throws {
        let fleet = try QueryFleet.filled()
        let items = try Self.list(fleet, at: Self.lastMetrics).items
        let silent = try #require(items.first { $0.name == "db-01" })
        #expect(silent.updates == nil)
        #expect(silent.containers == nil)
        #expect(silent.load == nil)
        #expect(silent.rebootRequired == nil)
        #expect(silent.freshness == .new)
        let blind = try #require(items.first { $0.name == "web-02" })
        let since = Timestamp(milliseconds: QueryFleet.start + 5 * QueryFleet.minute)
        #expect(blind.updates?.unknownSince == since)
        #expect(blind.unknown == [UnknownSection(kind: "apt", section: "/changes", since: since)])
        #expect(blind.stale == ["apt_lists"])
        #expect(blind.reasons.contains { $0.code == "updates_unknown" && $0.severity == .unknown })
        #expect(!blind.reasons.contains { $0.code == "security_updates" })
    }

    @Test(
        arguments: [
            (30_000, Freshness.ok), (70_000, .ok), (80_000, .late), (190_000, .late), (200_000, .offline),
        ] as [(Int64, Freshness)])
    func `Offline begins with the third missing report`(after: Int64, expected: Freshness) throws {
        let fleet = try QueryFleet.filled()
        let machine = try Self.list(fleet, at: Self.lastMetrics + after).items.first { $0.name == "web-01" }
        #expect(machine?.freshness == expected)
    }

    @Test func `A report that comes just before the next one is due shortens nothing`() throws {
        let fleet = try QueryFleet.filled()
        var late = DeriverSnapshot(QueryPayloads.hardware(), at: Self.lastMetrics + 55_000, sequence: 90)
        late.nextDueSeconds = 86_400
        try fleet.take(late, from: "web-01")
        let machine = try Self.list(fleet, at: Self.lastMetrics + 130_000).items.first { $0.name == "web-01" }
        #expect(machine?.freshness == .late)
    }

    @Test func `A machine that switched its metrics off is not offline`() throws {
        let fleet = try QueryFleet.filled()
        let later = Self.lastMetrics + QueryFleet.hour
        var apt = DeriverSnapshot(QueryPayloads.apt(listsAt: later), at: later, sequence: 91)
        apt.nextDueSeconds = 21_600
        try fleet.take(apt, from: "web-01")
        let machine = try Self.list(fleet, at: later + 5 * QueryFleet.hour).items.first { $0.name == "web-01" }
        #expect(machine?.freshness == .ok)
        #expect(machine?.stale.contains("metrics") == true)
    }

    @Test func `A machine that never reports is new for a while and then offline`() throws {
        let fleet = try QueryFleet("db-01")
        #expect(try Self.list(fleet, at: QueryFleet.start + 60_000).items.first?.freshness == .new)
        let later = try #require(try Self.list(fleet, at: QueryFleet.start + QueryFleet.hour).items.first)
        #expect(later.freshness == .offline)
        #expect(later.status == .critical)
        #expect(later.reasons.first?.message == "never reported")
    }

    @Test func `Filters leave the others out`() throws {
        let fleet = try QueryFleet.filled()
        let now = Self.lastMetrics
        #expect(try Self.list(fleet, .init(tag: "web"), at: now).items.map(\.name) == ["web-01"])
        #expect(try Self.list(fleet, .init(isStale: true), at: now).items.map(\.name) == ["web-02"])
        #expect(try Self.list(fleet, .init(freshness: .new), at: now).items.map(\.name) == ["db-01"])
        #expect(try Self.list(fleet, .init(tag: "none"), at: now).items.isEmpty)
        #expect(
            try Self.list(fleet, .init(freshness: .offline), at: now + QueryFleet.day).items.map(\.name)
                == ["db-01", "web-01", "web-02"])
    }

    @Test func `The limit says when it cut`() throws {
        let fleet = try QueryFleet.filled()
        let cut = try Self.list(fleet, at: Self.lastMetrics, limit: 2)
        #expect(cut.items.map(\.name) == ["db-01", "web-01"])
        #expect(cut.truncated)
        #expect(try !Self.list(fleet, at: Self.lastMetrics, limit: 3).truncated)
    }

    @Test(arguments: [1, 2, 3, 100]) func `The fast writer writes what the encoder does`(limit: Int) async throws {
        let fleet = try QueryFleet.filled()
        try fleet.add("say \"hi\" \\ \t\u{1} é 東京/")
        try fleet.run("INSERT INTO machine_tags (machine_id, tag) VALUES (1, 'vm'), (1, 'a\nb'), (4, 'only')")
        try fleet.run("UPDATE machine_settings SET retired_at = 1790000000123 WHERE name = 'db-01'")
        for now in [Self.lastMetrics, Self.lastMetrics + 9 * QueryFleet.day] {
            for filter in [MachineQueries.Filter(includesRetired: true), .init(tag: "web"), .init(status: .critical)] {
                let answer = try Self.list(fleet, filter, at: now, limit: limit)
                let expected = String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self)
                // In the order of names, and in pieces of one machine that two readers take.
                for few in [500, 0] {
                    let list = MachineListJSON(
                        filter: filter, limit: limit, now: Timestamp(milliseconds: now), heardSince: nil, few: few)
                    #expect(String(buffer: try await list.answer(from: fleet.store)) == expected)
                }
            }
        }
    }

    /// Two readers take pieces of some machines each, and numbers are missing where machines were removed.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7]) func `Numbers need not follow each other`(few: Int) async throws {
        // Names in another order than numbers.
        let names = (1...12).map { "web-\($0 * 5 % 13 + 10)" }
        let fleet = try QueryFleet()
        for name in names { try fleet.add(name) }
        try fleet.run("INSERT INTO machine_tags (machine_id, tag) SELECT machine_id, name FROM machine_settings")
        try fleet.run("DELETE FROM machines WHERE id IN (1, 2, 5, 6, 7, 8, 11)")
        try fleet.run(
            "INSERT INTO machines (id, machine_uuid, created_at) VALUES (5000000000, '\(Self.farUUID)', 1790000000000)")
        try fleet.run("INSERT INTO machine_settings (machine_id, name) VALUES (5000000000, 'far')")
        let answer = try Self.list(fleet, at: Self.lastMetrics)
        #expect(answer.items.map(\.name) == ["far"] + [3, 4, 9, 10, 12].map { names[$0 - 1] }.sorted())
        #expect(answer.items.dropFirst().allSatisfy { $0.tags == [$0.name] })
        let list = MachineListJSON(
            filter: .init(), limit: 100, now: Timestamp(milliseconds: Self.lastMetrics), heardSince: nil, few: few)
        let expected = String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self)
        #expect(String(buffer: try await list.answer(from: fleet.store)) == expected)
    }

    private static let farUUID = "01a21af4-2e5c-7259-901a-9582971ceb12"

    /// A value of its own in each column: none is taken for another, and none is left out.
    @Test func `Each column of a machine is where it belongs`() async throws {
        let fleet = try QueryFleet("web-01")
        try fleet.run("UPDATE machines SET agent_version = '1.2.3', hostname = 'not this one'")
        try fleet.run(
            """
            INSERT INTO machine_os (machine_id, hostname, os_name, os_version, os_codename, machine_kind)
            VALUES (1, 'web', 'Debian', '12.9', 'bookworm', 'vm')
            """)
        try fleet.run(
            """
            INSERT INTO machine_state (machine_id, last_seen_at, next_due_at, hardware_at, hardware_due_at, metrics_at,
              metrics_due_at, apt_at, apt_due_at, docker_at, docker_due_at, raid_degraded_count, disks_failing_count,
              booted_at, load_1m, cpu_used_percent, memory_used_percent, root_used_percent, fullest_mount_point,
              fullest_used_percent, failed_units_count, updates_count, security_updates_count, held_count, phased_count,
              broken_count, lists_updated_at, reboot_required, containers_total, containers_running,
              containers_unhealthy, stacks_count)
            VALUES (1, \(Self.moment - 1000), \(Self.moment + 1), \(Self.moment - 60000), \(Self.moment + 60000),
              \(Self.moment - 2000), \(Self.moment + 58000), \(Self.moment - 60000), \(Self.moment + 60000),
              \(Self.moment - 60000), \(Self.moment + 60000), 2, 3, \(Self.moment - 12345678), 1.25, 21.5, 22.25, 23, '/srv', 91.75,
              4, 31, 32, 33, 34, 5, \(Self.moment - 86400000), 1, 43, 41, 42, 44)
            """)
        try fleet.run("INSERT INTO machine_tags (machine_id, tag) VALUES (1, 'b'), (1, 'same'), (1, 'a')")
        try fleet.run("INSERT INTO machine_automatic_tags (machine_id, tag, kind) VALUES (1, 'same', 'apt')")
        let list = MachineListJSON(
            filter: .init(), limit: 10, now: Timestamp(milliseconds: Self.moment), heardSince: nil)
        func json() async throws -> String { String(buffer: try await list.answer(from: fleet.store)) }
        #expect(
            try await json() == """
                {"items":[{"agent_version":"1.2.3","containers":{"running":41,"total":43,"unhealthy":42},\
                "cpu_used_percent":21.5,"freshness":"ok","fullest_filesystem":{"mount_point":"/srv","used_percent":91.75},\
                "hostname":"web","last_seen_at":"2026-09-21T14:13:19.000Z","load_1m":1.25,\
                "machine_id":"\(fleet.uuid("web-01"))","machine_kind":"vm","memory_used_percent":22.25,"name":"web-01",\
                "next_due_at":"2026-09-21T14:14:18.000Z","os":"Debian 12.9 (bookworm)","reasons":[\
                {"code":"raid_degraded","message":"2 degraded RAID arrays","severity":"critical"},\
                {"code":"disk_failing","message":"3 failing disks","severity":"critical"},\
                {"code":"filesystem_full","message":"/srv 91 % full","severity":"warning"},\
                {"code":"containers_unhealthy","message":"42 unhealthy containers","severity":"warning"},\
                {"code":"units_failed","message":"4 failed units","severity":"warning"},\
                {"code":"packages_broken","message":"5 broken packages","severity":"warning"},\
                {"code":"security_updates","message":"32 security updates","severity":"warning"},\
                {"code":"reboot_required","message":"reboot required","severity":"warning"}],\
                "reboot_required":true,"root_used_percent":23,"stacks_total":44,"stale":[],"status":"critical",\
                "tags":["a","b","same"],"unknown":[],"updates":{"held":33,"lists_updated_at":"2026-09-20T14:13:20.000Z",\
                "pending":31,"phased":34,"security":32},"uptime_seconds":12344}],"truncated":false}
                """)
        let one = try fleet.read { try MachineQueries.one($0, id: 1, now: Timestamp(milliseconds: Self.moment)) }
        #expect(
            try await json()
                == "{\"items\":[\(String(decoding: try CanonicalJSON.encode(one), as: UTF8.self))],\"truncated\":false}"
        )

        // One of each, all of it old, a part of it not known any more, and somebody else who uses its identity.
        try fleet.run(
            """
            UPDATE machine_state SET raid_degraded_count = 1, disks_failing_count = 1, failed_units_count = 1,
              broken_count = 1, containers_unhealthy = 1, security_updates_count = 1, reboot_required = 0,
              fullest_used_percent = 97, hardware_due_at = 1, apt_due_at = 1, docker_due_at = 1
            """)
        try fleet.run("UPDATE machines SET clone_suspected_at = 1")
        func reasons() throws -> [String] {
            let one = try fleet.read { try MachineQueries.one($0, id: 1, now: Timestamp(milliseconds: Self.moment)) }
            return (one?.reasons ?? []).map { "\($0.severity.rawValue) \($0.code): \($0.message)" }
        }
        let common = [
            "critical clone_suspected: two machines use one identity", "critical raid_degraded: 1 degraded RAID array",
            "critical disk_failing: 1 failing disk", "critical filesystem_full: /srv 97 % full",
            "warning containers_unhealthy: 1 unhealthy container", "warning units_failed: 1 failed unit",
            "warning packages_broken: 1 broken package",
        ]
        let late = ["hardware", "apt", "docker"].map { "unknown \($0)_late: \($0) overdue" }
        #expect(try reasons() == common + ["warning security_updates: 1 security update"] + late)
        try fleet.run("UPDATE machine_state SET updates_unknown_since_at = 5, lists_updated_at = 6")
        try fleet.run(
            """
            INSERT INTO machine_sections (machine_id, kind, pointer, unknown_since_at)
            VALUES (1, 'docker', '/containers', 7)
            """)
        #expect(
            try reasons()
                == common + [
                    "warning lists_stale: package lists are stale", "unknown updates_unknown: updates unknown",
                ]
                + late)
        let old = try #require(
            try fleet.read { try MachineQueries.one($0, id: 1, now: Timestamp(milliseconds: Self.moment)) })
        #expect(old.stale == ["hardware", "apt", "docker", "apt_lists"])
        #expect(old.updates?.unknownSince == Timestamp(milliseconds: 5))
        #expect(old.containers?.unknownSince == Timestamp(milliseconds: 7))
        #expect(old.unknown.map(\.section) == ["/containers"])
    }

    private static let moment = QueryFleet.start

    @Test(arguments: [
        0, 0.1, 0.07, 9.5, 12.34, 12.345, 100, 1e-7, 123_456_789.25, 1e9, 1e300, -3.5, 99.99, 0.30000000000000004,
    ])
    func `The fast writer writes numbers as the encoder does`(number: Double) throws {
        var writer = JSONWriter()
        writer.begin("[")
        writer.member(#","n":"#, number)
        let json = writer.finish()
        let text = String(decoding: json.bytes(in: 5..<json.count), as: UTF8.self)
        let expected = String(decoding: try CanonicalJSON.encode([number]), as: UTF8.self)
        #expect("[\(text)]" == expected)
    }

    @Test func `Retired machines are shown when asked for`() throws {
        let fleet = try QueryFleet.filled()
        try fleet.run("UPDATE machine_settings SET retired_at = 5 WHERE name = 'db-01'")
        #expect(try Self.list(fleet, at: Self.lastMetrics).items.map(\.name) == ["web-01", "web-02"])
        let all = try Self.list(fleet, .init(includesRetired: true), at: Self.lastMetrics).items
        #expect(all.first?.retiredAt == Timestamp(milliseconds: 5))
    }

    @Test func `A machine's page has all of it`() throws {
        let fleet = try QueryFleet.filled()
        let detail = try fleet.read { connection in
            try MachineDetailQueries.show(
                connection, machine: try MachineLookup.find(connection, "web-01"),
                now: Timestamp(milliseconds: Self.lastMetrics))
        }
        let machine = try #require(detail)
        #expect(machine.summary.name == "web-01")
        #expect(machine.os?.kernel == "6.1.0-41-amd64")
        #expect(machine.hardware?.cpuModel == "EPYC")
        #expect(machine.hardware?.memoryBytes == 8 << 30)
        #expect(machine.kinds.map(\.kind) == ["apt", "docker", "hardware", "metrics"])
        #expect(machine.filesystems.map(\.mountPoint) == ["/", "/srv"])
        #expect(machine.disks.map(\.name) == ["vda"])
        #expect(machine.interfaces.first?.addresses == ["192.0.2.7/24"])
        #expect(machine.remoteAddress == "192.0.2.9")
    }

    @Test func `A name that is not there brings those that are near`() throws {
        let fleet = try QueryFleet.filled()
        let missing = #expect(throws: MissingName.self) {
            try fleet.read { try MachineLookup.find($0, "web01") }
        }
        #expect(missing?.detail == #"there is no machine "web01"; did you mean web-01?"#)
        let strange = #expect(throws: MissingName.self) {
            try fleet.read { try MachineLookup.find($0, "mail.example.org") }
        }
        #expect(strange?.nearest == [])
        let byID = try fleet.read { try MachineLookup.find($0, fleet.uuid("db-01").text) }
        #expect(byID.name == "db-01")
    }
}
