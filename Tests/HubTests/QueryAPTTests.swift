import Contracts
import HubAPI
import Testing

@testable import Hub

@Suite struct QueryAPTTests {
    private static let now = Timestamp(milliseconds: QueryFleet.start + 10 * QueryFleet.minute)

    /// `web-01` and `web-02` with the same updates, `web-03` whose lists are old, `web-04` whose collecting fails,
    /// `web-05` that has never told of packages.
    private static func fleet() throws -> QueryFleet {
        let fleet = try QueryFleet("web-01", "web-02", "web-03", "web-04", "web-05")
        for name in ["web-01", "web-02", "web-04"] {
            try fleet.take(
                DeriverSnapshot(apt(listsAt: QueryFleet.start), at: QueryFleet.start, sequence: 1), from: name)
        }
        try fleet.take(
            DeriverSnapshot(apt(listsAt: QueryFleet.start - 8 * QueryFleet.day), at: QueryFleet.start, sequence: 1),
            from: "web-03")
        var failed = DeriverSnapshot(APTV1(), at: QueryFleet.start + QueryFleet.minute, sequence: 2)
        failed.failure = "apt-get did not answer in time"
        try fleet.take(failed, from: "web-04")
        return fleet
    }

    private static func apt(listsAt: Int64) -> APTV1 {
        var payload = QueryPayloads.apt(listsAt: listsAt)
        payload.sources = [
            source("a.sources", signedBy: "/usr/share/keyrings/debian.gpg"), source("b.list"),
            source("c.list", signedBy: "/k.gpg", trusted: true), source("d.list", enabled: false),
        ]
        payload.sources?[1].problem = "no Release file"
        payload.reboot = APTV1.Reboot(required: true)
        payload.reboot?.packages = ["linux-image-amd64"]
        payload.reboot?.runningKernel = "6.1.0-40-amd64"
        payload.reboot?.newestKernel = "6.1.0-41-amd64"
        payload.servicesToRestart = [APTV1.ServiceToRestart(service: "nginx.service", processes: 2)]
        payload.history = [
            run(-3600, "apt-get install vim", [action("install", "vim", to: "2:9.0")]),
            run(
                -60, "apt upgrade",
                [
                    action("upgrade", "bash", from: "5.1", to: "5.2"),
                    action("upgrade", "openssl", from: "3.0.15-1", to: "3.0.16-1"),
                ],
                error: "Sub-process /usr/bin/dpkg returned an error code (1)"),
        ]
        return payload
    }

    private static func source(
        _ file: String, signedBy: String? = nil, trusted: Bool? = nil, enabled: Bool = true
    ) -> APTV1.Source {
        var source = APTV1.Source(
            file: "/etc/apt/sources.list.d/\(file)", format: "one-line", type: "deb", uri: "https://deb.example/debian",
            suite: "bookworm", enabled: enabled)
        source.signedBy = signedBy
        source.trusted = trusted
        return source
    }

    private static func action(_ operation: String, _ name: String, from: String? = nil, to: String) -> APTV1.Action {
        var action = APTV1.Action(operation: operation, name: name, architecture: "amd64")
        action.fromVersion = from
        action.toVersion = to
        return action
    }

    private static func run(
        _ seconds: Int64, _ command: String, _ actions: [APTV1.Action], error: String? = nil
    ) -> APTV1.Transaction {
        var run = APTV1.Transaction(
            startedAt: Timestamp(milliseconds: QueryFleet.start + seconds * 1000), actions: actions)
        run.commandLine = command
        run.error = error
        return run
    }

    private static func machine(_ fleet: QueryFleet, _ name: String) throws -> MachineSelection {
        try fleet.read { MachineSelection(try MachineLookup.find($0, name)) }
    }

    @Test func `Updates of the fleet are told package by package, and what is not known is counted apart`() throws {
        let fleet = try Self.fleet()
        let answer = try fleet.read { try UpdateQueries.groups($0, filter: .init(), limit: 10, now: Self.now) }
        #expect(answer.items.map(\.package) == ["bash", "linux-image-amd64", "openssl", "vim"])
        let openssl = try #require(answer.items.first { $0.package == "openssl" })
        #expect(openssl.security)
        #expect(openssl.statuses == ["upgradable"])
        #expect(openssl.targetVersions == ["2"])
        #expect(openssl.machinesCount == 4)
        #expect(openssl.unknownCount == 2, "old lists and a failed collecting")
        #expect(openssl.machines.map(\.machine) == ["web-01", "web-02", "web-03", "web-04"])
        #expect(openssl.machines.map { $0.unknownSince != nil } == [false, false, true, true])
        let notices = try #require(answer.notices)
        #expect(notices.map(\.machine) == ["web-03", "web-04", "web-05"])
        #expect(notices.map(\.code) == ["lists_stale", "updates_unknown", "updates_unknown"])
        let security = try fleet.read {
            try UpdateQueries.groups($0, filter: .init(isSecurity: true), limit: 10, now: Self.now)
        }
        #expect(security.items.map(\.package) == ["openssl"])
        let first = try fleet.read { try UpdateQueries.groups($0, filter: .init(), limit: 1, now: Self.now) }
        #expect(first.truncated)
        #expect(first.items.map(\.machinesCount) == [4], "the last group is whole")
    }

    @Test func `A package of two architectures is on one machine`() throws {
        let fleet = try QueryFleet("web-01")
        var payload = QueryPayloads.apt(listsAt: QueryFleet.start)
        payload.changes = ["amd64", "i386"].map {
            APTV1.Change(name: "libc6", architecture: $0, operation: "upgrade", security: false, status: "upgradable")
        }
        try fleet.take(DeriverSnapshot(payload, at: QueryFleet.start, sequence: 1), from: "web-01")
        let answer = try fleet.read { try UpdateQueries.groups($0, filter: .init(), limit: 10, now: Self.now) }
        #expect(answer.items.map(\.machinesCount) == [1])
        #expect(answer.items.first?.machines.count == 1)
    }

    @Test func `Stale and failed are unknown since then, in the totals too`() throws {
        let fleet = try Self.fleet()
        let items = try fleet.read {
            try MachineQueries.list($0, filter: .init(), limit: 10, now: Self.now)
        }.items
        let updates = Dictionary(uniqueKeysWithValues: items.map { ($0.name, $0) })
        #expect(updates["web-01"]?.updates?.unknownSince == nil)
        #expect(
            updates["web-03"]?.updates?.unknownSince == Timestamp(milliseconds: QueryFleet.start - 8 * QueryFleet.day))
        #expect(updates["web-04"]?.updates?.unknownSince == Timestamp(milliseconds: QueryFleet.start))
        #expect(updates["web-05"]?.updates == nil)
        let failed = try #require(updates["web-04"])
        #expect(failed.unknown.contains { $0.kind == "apt" && $0.section.isEmpty })
        #expect(failed.reasons.contains { $0.code == "apt_failed" })
        #expect(failed.reasons.contains { $0.code == "updates_unknown" })
        #expect(!failed.reasons.contains { $0.code == "security_updates" })
        let stale = try #require(updates["web-03"])
        #expect(stale.reasons.contains { $0.code == "lists_stale" })
        #expect(stale.reasons.contains { $0.code == "security_updates" }, "an update that was there is there still")
        #expect(!stale.reasons.contains { $0.code == "updates_unknown" })
        let one = try fleet.read { try MachineQueries.one($0, id: fleet.id("web-04"), now: Self.now) }
        #expect(one == failed)
        // What is collected again is known again.
        try fleet.take(
            DeriverSnapshot(
                Self.apt(listsAt: QueryFleet.start), at: QueryFleet.start + 2 * QueryFleet.minute, sequence: 3),
            from: "web-04")
        let again = try fleet.read { try MachineQueries.one($0, id: fleet.id("web-04"), now: Self.now) }
        #expect(again?.updates?.unknownSince == nil)
        #expect(again?.unknown == [])
    }

    @Test func `Versions are older as dpkg has it`() throws {
        let fleet = try QueryFleet("web-01")
        var payload = QueryPayloads.apt(listsAt: QueryFleet.start)
        payload.packages = ["1.0", "1.0~rc1", "1:0.1", "0.9-5"].enumerated().map {
            APTV1.Package(name: "p\($0)", architecture: "amd64", version: $1)
        }
        try fleet.take(DeriverSnapshot(payload, at: QueryFleet.start, sequence: 1), from: "web-01")
        func older(_ version: String, limit: Int = 10) throws -> ListAnswer<PackageAnswer> {
            try fleet.read {
                try PackageQueries.list(
                    $0, .all, name: NamePattern("p?"), olderThan: DebianVersion(version), limit: limit)
            }
        }
        #expect(try older("1.0").items.map(\.version) == ["1.0~rc1", "0.9-5"])
        #expect(try older("1.0-1").items.map(\.version) == ["1.0", "1.0~rc1", "0.9-5"])
        #expect(try older("2:0").items.count == 4)
        #expect(try older("0").items.isEmpty)
        #expect(try older("2:0", limit: 3).truncated)
        #expect(try !older("2:0", limit: 4).truncated)
    }

    @Test func `Packages name the machines whose packages are not known`() throws {
        let fleet = try Self.fleet()
        let answer = try fleet.read { try PackageQueries.list($0, .all, name: NamePattern("bash"), limit: 10) }
        #expect(answer.items.map(\.machine) == ["web-01", "web-02", "web-03", "web-04"])
        #expect(answer.items.map { $0.unknownSince != nil } == [false, false, false, true])
        #expect(answer.notices?.map(\.machine) == ["web-04", "web-05"])
        #expect(answer.notices?.last?.message == "no apt snapshot yet: packages unknown")
    }

    @Test func `APT's history is told run by run`() throws {
        let fleet = try Self.fleet()
        func runs(_ filter: APTHistoryQueries.Filter, limit: Int = 10) throws -> ListAnswer<APTRunAnswer> {
            let machine = try Self.machine(fleet, "web-01")
            return try fleet.read { try APTHistoryQueries.list($0, machine, filter: filter, limit: limit) }
        }
        let all = try runs(.init())
        #expect(all.items.map(\.commandLine) == ["apt upgrade", "apt-get install vim"])
        #expect(all.items.first?.actions.map(\.package) == ["bash", "openssl"])
        #expect(all.items.first?.error?.contains("dpkg") == true)
        #expect(try runs(.init(), limit: 1).items.map(\.actions.count) == [2])
        #expect(try runs(.init(), limit: 1).truncated)
        #expect(try runs(.init(package: NamePattern("open*"))).items.map { $0.actions.map(\.package) } == [["openssl"]])
        #expect(try runs(.init(operation: "install")).items.count == 1)
        #expect(try runs(.init(isFailed: true)).items.map(\.commandLine) == ["apt upgrade"])
        let since = Timestamp(milliseconds: QueryFleet.start - 120_000)
        #expect(try runs(.init(since: since)).items.count == 1)
        let fleetWide = try fleet.read { try APTHistoryQueries.list($0, .all, filter: .init(), limit: 100) }
        #expect(fleetWide.items.count == 8)
        #expect(fleetWide.items.prefix(4).map(\.machine) == ["web-01", "web-02", "web-03", "web-04"])
        #expect(fleetWide.notices?.map(\.machine) == ["web-04", "web-05"])
    }

    @Test func `Sources that nothing of their own signs are found`() throws {
        let fleet = try Self.fleet()
        func files(_ filter: APTSourceQueries.Filter) throws -> [String] {
            let machine = try Self.machine(fleet, "web-01")
            return try fleet.read { try APTSourceQueries.list($0, machine, filter: filter, limit: 10) }.items
                .map { String($0.file.split(separator: "/").last ?? "") }
        }
        #expect(try files(.init()) == ["a.sources", "b.list", "c.list", "d.list"])
        #expect(try files(.init(isUnsigned: true)) == ["b.list", "c.list"])
        #expect(try files(.init(hasProblem: true)) == ["b.list"])
    }

    @Test func `Reboots say since when and why`() throws {
        let fleet = try Self.fleet()
        let web = try Self.machine(fleet, "web-01")
        let answer = try fleet.read { try RebootQueries.list($0, .all, includesServices: false, limit: 10) }
        #expect(answer.items.map(\.machine) == ["web-01", "web-02", "web-03", "web-04"])
        let first = try #require(answer.items.first)
        #expect(first.since == Timestamp(milliseconds: QueryFleet.start), "its first snapshot")
        #expect(first.packages == ["linux-image-amd64"])
        #expect(first.runningKernel == "6.1.0-40-amd64")
        #expect(first.newestKernel == "6.1.0-41-amd64")
        #expect(first.services?.map(\.service) == ["nginx.service"])
        #expect(answer.items.last?.unknownSince != nil)
        #expect(answer.notices?.map(\.machine) == ["web-04", "web-05"])
        // Rebooted, and some time later wanted again; services could not be looked at.
        var calm = Self.apt(listsAt: QueryFleet.start)
        calm.reboot = APTV1.Reboot(required: false)
        try fleet.take(DeriverSnapshot(calm, at: QueryFleet.start + 60_000, sequence: 2), from: "web-01")
        let services = try fleet.read {
            try RebootQueries.list($0, web, includesServices: true, limit: 10)
        }
        #expect(services.items.map(\.required) == [false])
        #expect(services.items.first?.since == nil)
        var again = Self.apt(listsAt: QueryFleet.start)
        again.servicesToRestart = nil
        try fleet.take(
            DeriverSnapshot(again, at: QueryFleet.start + 120_000, sequence: 3, unknown: ["/services_to_restart"]),
            from: "web-01")
        let wanted = try fleet.read {
            try RebootQueries.list($0, web, includesServices: false, limit: 10)
        }
        #expect(wanted.items.first?.since == Timestamp(milliseconds: QueryFleet.start + 120_000))
        #expect(
            wanted.items.first?.servicesUnknownSince == Timestamp(milliseconds: QueryFleet.start + 120_000))
        #expect(wanted.items.first?.services?.map(\.service) == ["nginx.service"], "the last that were known")
    }
}
