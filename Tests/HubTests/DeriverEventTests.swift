import Contracts
import TestSupport
import Testing

@testable import Hub

@Suite struct DeriverEventTests {
    static let start: Int64 = 1_790_000_000_000

    private func events(_ hub: TestHubStore) throws -> [String] {
        try hub.rows("SELECT type, subject FROM machine_events WHERE source = 'snapshot' ORDER BY at, type, subject")
            .map {
                "\($0[0].words) \($0[1].words)"
            }
    }

    @Test func `Containers that stop, fail and come back`() throws {
        let hub = try TestHubStore()
        func docker(_ state: String, health: String? = nil, oom: Bool? = nil, exit: Int64? = nil) -> DockerV1 {
            var payload = DockerV1()
            payload.engine = DockerV1.Engine(product: "docker", version: "26.1")
            var container = DockerV1.Container(id: "c", name: "web", state: state)
            container.health = health
            container.oomKilled = oom
            container.exitCode = exit
            payload.containers = [container]
            return payload
        }
        let lives = [
            docker("running", health: "healthy"), docker("running", health: "unhealthy"),
            docker("exited", oom: true, exit: 1), docker("running", health: "healthy"),
        ]
        for (index, payload) in lives.enumerated() {
            try hub.take(DeriverSnapshot(payload, at: Self.start + Int64(index) * 1000, sequence: index + 1))
        }
        #expect(
            try events(hub) == [
                "container_unhealthy web", "container_oom_killed web", "container_stopped web", "container_started web",
            ])
    }

    @Test func `Packages, sources, reboot`() throws {
        let hub = try TestHubStore()
        func apt(_ packages: [String: String], reboot: Bool, source: String) -> APTV1 {
            var payload = APTV1()
            payload.packages = packages.sorted { $0.key < $1.key }.map {
                APTV1.Package(name: $0.key, architecture: "amd64", version: $0.value)
            }
            payload.reboot = APTV1.Reboot(required: reboot)
            payload.sources = [
                APTV1.Source(file: "f", format: "deb822", type: "deb", uri: source, suite: "s", enabled: true)
            ]
            return payload
        }
        try hub.take([
            DeriverSnapshot(
                apt(["bash": "1", "curl": "1", "dash": "1"], reboot: false, source: "https://a"), at: Self.start,
                sequence: 1),
            DeriverSnapshot(
                apt(["bash": "2", "dash": "1", "exim4": "1"], reboot: true, source: "https://b"), at: Self.start + 1,
                sequence: 2),
        ])
        #expect(
            try events(hub) == [
                "package_installed exim4:amd64", "package_removed curl:amd64", "packages_upgraded apt",
                "reboot_required reboot", "source_added https://b s", "source_removed https://a s",
            ])
        let upgraded = try #require(try hub.rows("SELECT * FROM machine_events WHERE type = 'packages_upgraded'").first)
        #expect(upgraded["message"] == .text("1 package upgraded: bash 1 → 2"))
        #expect(upgraded["detail_json"] == .text(#"[{"architecture":"amd64","from":"1","name":"bash","to":"2"}]"#))
    }

    @Test func `Many packages at once are one event of the same type, and a lower version is no upgrade`() throws {
        let hub = try TestHubStore()
        func apt(_ names: [String], _ version: String) -> APTV1 {
            var payload = APTV1()
            payload.packages = names.map { APTV1.Package(name: $0, architecture: "amd64", version: version) }
            return payload
        }
        let many = (10..<60).map { "p\($0)" }
        try hub.take([
            DeriverSnapshot(apt(["p10"], "1:1.0"), at: Self.start, sequence: 1),
            DeriverSnapshot(apt(many, "9.0"), at: Self.start + 1, sequence: 2),
            DeriverSnapshot(apt([], "9.0"), at: Self.start + 2, sequence: 3),
        ])
        #expect(try events(hub) == ["package_installed apt", "packages_downgraded apt", "package_removed apt"])
        let installed = try #require(
            try hub.rows("SELECT message FROM machine_events WHERE type = 'package_installed'").first)
        #expect(installed["message"] == .text("49 packages installed: p11, p12, p13, p14, p15, …"))
    }

    @Test func `Lists that age without a change, and an interrupted dpkg`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.lists = APTV1.Lists(updatedAt: Timestamp(milliseconds: Self.start), evidence: "hook")
        let day: Int64 = 86_400_000
        let first = DeriverSnapshot(payload, at: Self.start + day, sequence: 1)
        var second = DeriverSnapshot(payload, at: Self.start + 6 * day, sequence: 2)
        var third = DeriverSnapshot(payload, at: Self.start + 8 * day, sequence: 3)
        (second.sameAs, third.sameAs) = (first.id, first.id)
        try hub.take([first, second, third])
        #expect(try events(hub) == ["lists_stale apt"])
        payload.lists = APTV1.Lists(updatedAt: Timestamp(milliseconds: Self.start + 8 * day), evidence: "hook")
        payload.errors = [
            APTV1.Fault(
                kind: "dpkg_interrupted", severity: "error", source: "/var/lib/dpkg/updates", lines: ["interrupted"]),
            APTV1.Fault(kind: "apt_warning", severity: "warning", source: "apt-cache policy", lines: ["twice"]),
        ]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 9 * day, sequence: 4))
        #expect(try events(hub) == ["lists_stale apt", "dpkg_interrupted dpkg", "lists_updated apt"])
    }

    @Test func `The head tells of reboots, names and upgrades, also with an equal payload`() throws {
        let hub = try TestHubStore()
        var payload = HardwareV1()
        payload.os = HardwareV1.OperatingSystem(family: "debian", id: "debian", kernel: "6.1", architecture: "x86_64")
        let first = DeriverSnapshot(payload, at: Self.start, sequence: 1)
        var second = DeriverSnapshot(payload, at: Self.start + 1, sequence: 2)
        second.sameAs = first.id
        second.bootID = "boot-2"
        second.hostname = "web-02"
        second.agentVersion = "0.2.0"
        #expect(try hub.take([first, second]) == ["derived", "unchanged"])
        #expect(try events(hub) == ["agent_upgraded agent", "hostname_changed hostname", "rebooted machine"])
        #expect(try hub.value("SELECT hostname FROM machine_os") == .text("web-02"))
    }

    @Test func `A late snapshot between two moves events, and the ids of those that stay do not change`() throws {
        let hub = try TestHubStore()
        func hardware(_ disks: String..., kernel: String) -> HardwareV1 {
            var payload = HardwareV1()
            payload.os = HardwareV1.OperatingSystem(
                family: "debian", id: "debian", kernel: kernel, architecture: "x86_64")
            payload.disks = disks.map { HardwareV1.Disk(name: $0, sizeBytes: 1) }
            return payload
        }
        try hub.take([
            DeriverSnapshot(hardware("sda", kernel: "1"), at: Self.start, sequence: 1),
            DeriverSnapshot(hardware("sda", "sdb", kernel: "2"), at: Self.start + 2000, sequence: 3),
        ])
        let before = try hub.rows(
            "SELECT event_id, type, at FROM machine_events WHERE source = 'snapshot' ORDER BY type")
        #expect(before.map(\.values[1]) == [.text("disk_added"), .text("kernel_changed")])

        try hub.take(DeriverSnapshot(hardware("sda", kernel: "2"), at: Self.start + 1000, sequence: 2))
        let after = try hub.rows(
            "SELECT event_id, type, at FROM machine_events WHERE source = 'snapshot' ORDER BY type")
        #expect(after[0].values == before[0].values)
        #expect(after[1].values[1...] == [.text("kernel_changed"), .integer(Self.start + 1000)])
        #expect(after.count == 2)
    }

    @Test func `What is unknown is no change`() throws {
        let hub = try TestHubStore()
        var payload = HardwareV1()
        payload.disks = [HardwareV1.Disk(name: "sda", sizeBytes: 1)]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        try hub.take(DeriverSnapshot(HardwareV1(), at: Self.start + 1, sequence: 2, unknown: ["/disks"]))
        #expect(try events(hub).isEmpty)
    }
}
