import Contracts
import TestSupport
import Testing

@testable import Hub

/// What single snapshots make of the tables, told by examples.
@Suite struct DeriverTests {
    static let start: Int64 = 1_790_000_000_000

    private static func example<Payload: SnapshotPayload>(_ path: String, as type: Payload.Type) throws -> Payload {
        let document = try StrictJSON.read(Repository.bytes("contracts/\(path)"))
        return try JSONTreeDecoder.decode(type, from: document.root)
    }

    private static let examples: [Kind: [String]] = [
        .hardware: ["lxc-container", "nothing-could-be-read", "rack-server-with-everything", "raspberry-pi"],
        .metrics: ["everything", "extremes", "first-after-the-start"],
        .apt: ["epochs-and-tildes", "everything", "lists-and-changes-unknown", "up-to-date"],
        .docker: ["everything", "no-engine", "podman", "stack-that-only-exists-on-disk"],
    ]

    @Test(arguments: Kind.allCases) func `Every valid example of the contract is derived`(kind: Kind) throws {
        let hub = try TestHubStore()
        for (index, name) in (Self.examples[kind] ?? []).enumerated() {
            let path = "\(kind.rawValue)/v1/valid/\(name).json"
            let payload = try Self.example(path, as: kind.payloadType)
            let result = try hub.take(
                DeriverSnapshot(payload, at: Self.start + Int64(index) * 1000, sequence: index + 1))
            #expect(result == "derived", "\(path)")
        }
        #expect(try Rederive(store: hub.store, isCheck: true).run().differences.isEmpty)
    }

    @Test func `A full rack server fills every hardware table`() throws {
        let hub = try TestHubStore()
        let payload = try Self.example(
            "hardware/v1/valid/rack-server-with-everything.json", as: HardwareV1.self)
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        for (table, count) in [
            ("machine_os", 1), ("machine_hardware", 1), ("machine_disks", payload.disks?.count ?? 0),
            ("machine_interfaces", payload.interfaces?.count ?? 0),
            ("machine_pci_devices", payload.pciDevices?.count ?? 0),
            ("machine_host_keys", payload.sshHostKeys?.count ?? 0),
            ("machine_neighbors", payload.neighbors?.count ?? 0),
        ] {
            #expect(try hub.value("SELECT count(*) FROM \(table)") == .integer(Int64(count)), "\(table)")
            #expect(count > 0, "the example has no \(table)")
        }
        #expect(try hub.value("SELECT serial FROM machine_hardware").text == payload.system?.serial)
    }

    @Test func `Metrics that come in their order change what is newest by one statement, others by several`() throws {
        let hub = try TestHubStore()
        var metrics = MetricsV1()
        func statements(
            sequence: Int, load: Double, unknown: [String] = [], named others: [String] = []
        ) throws -> [String] {
            metrics.load = MetricsV1.Load(oneMinute: load, fiveMinutes: 1, fifteenMinutes: 1)
            let at = Self.start + Int64(sequence) * 60_000
            return try hub.statements(taking: DeriverSnapshot(metrics, at: at, sequence: sequence, unknown: unknown))
                .filter { name in
                    (["derive.machine_state", "derive.machine_kinds"] + others).contains { name.hasPrefix($0) }
                }
        }
        #expect(try statements(sequence: 1, load: 1) == ["derive.machine_state.metrics.newest_of_quiet"])
        // What is to be noted of a contact is in the same one, once the machine's boot is known.
        let together = ["derive.machine_state.metrics.newest_of_quiet_and_contact"]
        #expect(try statements(sequence: 2, load: 2, named: ["contact"]) == together)
        #expect(try statements(sequence: 4, load: 4, unknown: ["/temperatures"]).count > 1)
        #expect(try statements(sequence: 3, load: 3).first == "derive.machine_state.metrics.newest_of_quiet")
        #expect(try hub.value("SELECT load_1m FROM machine_state") == .real(4))
    }

    @Test func `What a snapshot does not name goes, what is unknown stays and is marked`() throws {
        let hub = try TestHubStore()
        var payload = HardwareV1()
        payload.disks = [HardwareV1.Disk(name: "sda", sizeBytes: 1), HardwareV1.Disk(name: "sdb", sizeBytes: 1)]
        payload.sshHostKeys = [HardwareV1.SSHHostKey(type: "t", fingerprint: "f", publicKey: "p")]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        payload.disks = [HardwareV1.Disk(name: "sda", sizeBytes: 2)]
        payload.sshHostKeys = nil
        try hub.take(DeriverSnapshot(payload, at: Self.start + 1, sequence: 2, unknown: ["/ssh_host_keys"]))

        #expect(
            try hub.rows("SELECT name, size_bytes FROM machine_disks").map(\.values) == [[.text("sda"), .integer(2)]])
        #expect(try hub.value("SELECT count(*) FROM machine_host_keys") == .integer(1))
        let section = try #require(try hub.rows("SELECT * FROM machine_sections").first)
        #expect(section["pointer"] == .text("/ssh_host_keys"))
        #expect(section["unknown_since_at"] == .integer(Self.start + 1))
        #expect(section["known_at"] == .integer(Self.start))

        try hub.take(DeriverSnapshot(payload, at: Self.start + 2, sequence: 3))
        #expect(try hub.value("SELECT count(*) FROM machine_host_keys") == .integer(0))
        #expect(try hub.value("SELECT count(*) FROM machine_sections") == .integer(0))
    }

    @Test func `A member of one item may be unknown, wherever the item stands in the list`() throws {
        let hub = try TestHubStore()
        var payload = HardwareV1()
        var disk = HardwareV1.Disk(name: "sdb", sizeBytes: 1)
        disk.smart = HardwareV1.SMART()
        disk.smart?.passed = true
        payload.disks = [HardwareV1.Disk(name: "sda", sizeBytes: 1), disk]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        payload.disks = [HardwareV1.Disk(name: "sdb", sizeBytes: 5), HardwareV1.Disk(name: "sda", sizeBytes: 1)]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 1, sequence: 2, unknown: ["/disks/0/smart"]))
        let row = try #require(try hub.rows("SELECT * FROM machine_disks WHERE name = 'sdb'").first)
        #expect(row["smart_passed"] == .integer(1))
        #expect(row["size_bytes"] == .integer(5))
        #expect(try hub.value("SELECT pointer FROM machine_sections") == .text("/disks/sdb/smart"))
    }

    @Test func `A payload that names a thing twice is taken at its last word`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.packages = ["1", "2"].map { APTV1.Package(name: "bash", architecture: "amd64", version: $0) }
        #expect(try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1)) == "derived")
        #expect(try hub.rows("SELECT version FROM apt_packages").map(\.values) == [[.text("2")]])
    }

    @Test func `A failed collecting is noted, and forgotten when the next one goes well`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.packages = [APTV1.Package(name: "bash", architecture: "amd64", version: "1")]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        var failed = DeriverSnapshot(payload, at: Self.start + 1000, sequence: 2)
        failed.failure = "dpkg is locked"
        try hub.take(failed)
        var state = try #require(try hub.rows("SELECT * FROM machine_state").first)
        #expect(state["last_error"] == .text("apt: dpkg is locked"))
        #expect(state["last_error_kind"] == .text("apt"))
        #expect(state["apt_at"] == .integer(Self.start))
        #expect(state["apt_due_at"] == .integer(Self.start + 1000 + 250 + 60_000))
        #expect(try hub.value("SELECT collection_status FROM machine_kinds") == .text("failed"))
        #expect(try hub.value("SELECT count(*) FROM apt_packages") == .integer(1))

        try hub.take(DeriverSnapshot(payload, at: Self.start + 2000, sequence: 3))
        state = try #require(try hub.rows("SELECT * FROM machine_state").first)
        #expect(state["last_error"] == .null)
        #expect(state["apt_at"] == .integer(Self.start + 2000))
    }

    @Test func `An equal payload only says that nothing has changed`() throws {
        let hub = try TestHubStore()
        var payload = DockerV1()
        payload.engine = DockerV1.Engine(product: "docker", version: "26.1")
        let first = DeriverSnapshot(payload, at: Self.start, sequence: 1)
        var second = DeriverSnapshot(payload, at: Self.start + 5000, sequence: 2)
        second.sameAs = first.id
        #expect(try hub.take([first, second]) == ["derived", "unchanged"])
        let kind = try #require(try hub.rows("SELECT * FROM machine_kinds").first)
        #expect(kind["effective_at"] == .integer(Self.start + 5000))
        #expect(kind["unchanged_since_at"] == .integer(Self.start))
        #expect(kind["payload_uuid"] == .text(first.id.text))
        #expect(kind["snapshot_uuid"] == .text(second.id.text))
    }

    @Test func `The worst kind is the machine's status`() throws {
        let hub = try TestHubStore()
        func status() throws -> SQLValue { try hub.value("SELECT status FROM machine_state") }
        var metrics = MetricsV1()
        try hub.take(DeriverSnapshot(metrics, at: Self.start, sequence: 1))
        #expect(try status() == .text("ok"))
        var apt = APTV1()
        apt.reboot = APTV1.Reboot(required: true)
        try hub.take(DeriverSnapshot(apt, at: Self.start, sequence: 2))
        #expect(try status() == .text("warning"))
        var root = MetricsV1.Filesystem(
            mountPoint: "/", device: "/dev/sda1", type: "ext4", totalBytes: 100, usedBytes: 98, availableBytes: 2,
            readOnly: false)
        root.usedPercent = Percent(98, of: 100)
        metrics.filesystems = [root]
        try hub.take(DeriverSnapshot(metrics, at: Self.start + 1, sequence: 3))
        #expect(try status() == .text("critical"))
        root.readOnly = true
        metrics.filesystems = [root]
        try hub.take(DeriverSnapshot(metrics, at: Self.start + 2, sequence: 4))
        #expect(try status() == .text("warning"), "a read-only image is always full")
        #expect(try hub.value("SELECT root_used_percent FROM machine_state") == .real(98))
    }

    @Test func `File systems that are gone leave, and late metrics enter the history only`() throws {
        let hub = try TestHubStore()
        func metrics(_ mountPoints: String...) -> MetricsV1 {
            var payload = MetricsV1()
            payload.load = MetricsV1.Load(oneMinute: Double(mountPoints.count), fiveMinutes: 1, fifteenMinutes: 1)
            payload.filesystems = mountPoints.map {
                MetricsV1.Filesystem(
                    mountPoint: $0, device: $0, type: "ext4", totalBytes: 1, usedBytes: 0, availableBytes: 1,
                    readOnly: false)
            }
            return payload
        }
        #expect(try hub.take(DeriverSnapshot(metrics("/", "/srv"), at: Self.start, sequence: 1)) == "derived")
        #expect(try hub.take(DeriverSnapshot(metrics("/"), at: Self.start + 60_000, sequence: 3)) == "derived")
        let late = DeriverSnapshot(metrics("/", "/old", "/older"), at: Self.start + 30_000, sequence: 2)
        #expect(try hub.take(late) == "stale")
        #expect(try hub.rows("SELECT mount_point FROM machine_filesystems").map(\.values) == [[.text("/")]])
        #expect(try hub.value("SELECT load_1m FROM machine_state") == .real(1))
        #expect(
            try hub.rows("SELECT load_1m FROM host_metrics ORDER BY bucket_at, at").map(\.values)
                == [[.real(2)], [.real(3)], [.real(1)]])
    }

    @Test func `File systems that could not be read keep their values and their moment`() throws {
        let hub = try TestHubStore()
        func filesystem(_ mountPoint: String, used: Int) -> MetricsV1.Filesystem {
            MetricsV1.Filesystem(
                mountPoint: mountPoint, device: "/dev/sda1", type: "ext4", totalBytes: 100, usedBytes: used,
                availableBytes: 100 - used, readOnly: false)
        }
        func rows() throws -> [[SQLValue]] {
            try hub.rows("SELECT mount_point, at, used_bytes FROM machine_filesystems ORDER BY mount_point").map(
                \.values)
        }
        var payload = MetricsV1()
        // Named twice: the last word counts.
        payload.filesystems = [filesystem("/srv", used: 1), filesystem("/", used: 2), filesystem("/srv", used: 3)]
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        let known: [[SQLValue]] = [
            [.text("/"), .integer(Self.start), .integer(2)], [.text("/srv"), .integer(Self.start), .integer(3)],
        ]
        #expect(try rows() == known)
        payload.filesystems = [filesystem("/", used: 9)]
        payload.load = MetricsV1.Load(oneMinute: 5, fiveMinutes: 1, fifteenMinutes: 1)
        try hub.take(DeriverSnapshot(payload, at: Self.start + 60_000, sequence: 2, unknown: ["/filesystems"]))
        #expect(try rows() == known)
        #expect(try hub.value("SELECT load_1m FROM machine_state") == .real(5))
        try hub.take(DeriverSnapshot(payload, at: Self.start + 120_000, sequence: 3))
        #expect(try rows() == [[.text("/"), .integer(Self.start + 120_000), .integer(9)]])
        // One character written in two ways is two names, and a share without a fraction stays one.
        var composed = filesystem("/\u{E9}", used: 1)
        composed.usedPercent = Percent(1, of: 1)
        payload.filesystems = [composed, filesystem("/e\u{301}", used: 2)]
        try hub.take(DeriverSnapshot(payload, at: Self.start + 150_000, sequence: 4))
        #expect(try rows().map { $0[2] } == [.integer(2), .integer(1)])
        #expect(
            try hub.value("SELECT filesystems_json FROM machine_state").text?.contains(#""used_percent":100.0,"#)
                == true)
        payload.filesystems = []
        try hub.take(DeriverSnapshot(payload, at: Self.start + 180_000, sequence: 5))
        #expect(try rows().isEmpty)
    }

    @Test func `A snapshot from the future never blocks later ones`() throws {
        let hub = try TestHubStore()
        var future = DeriverSnapshot(APTV1(), at: Self.start + 86_400_000, sequence: 1)
        future.receivedAt = Self.start
        try hub.take(future)
        var payload = APTV1()
        payload.packages = []
        #expect(try hub.take(DeriverSnapshot(payload, at: Self.start + 1, sequence: 2)) == "derived")
        #expect(try hub.value("SELECT packages_count FROM machine_state") == .integer(0))
    }

    @Test func `Counts reconcile with what apt lists`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        func change(_ name: String, _ status: String, _ operation: String = "upgrade", security: Bool = false) {
            payload.changes =
                (payload.changes ?? []) + [
                    APTV1.Change(
                        name: name, architecture: "amd64", operation: operation, security: security, status: status)
                ]
        }
        change("a", "upgradable", security: true)
        change("b", "upgradable_with_new")
        change("linux-image-6.1.0-41", "upgradable_with_new", "install")
        change("c", "needs_full_upgrade")
        change("d", "kept_back")
        change("e", "held", security: true)
        change("f", "phased")
        change("g", "pinned")
        change("h", "not_candidate")
        change("i", "invented_later")
        try hub.take(DeriverSnapshot(payload, at: Self.start, sequence: 1))
        let state = try #require(try hub.rows("SELECT * FROM machine_state").first)
        #expect(state["updates_count"] == .integer(4))
        #expect(state["security_updates_count"] == .integer(1))
        #expect(state["held_count"] == .integer(1))
        #expect(state["phased_count"] == .integer(1))
        #expect(try hub.value("SELECT sum(pending) FROM apt_planned_packages") == .integer(4))
        #expect(try hub.value("SELECT count(*) FROM apt_planned_packages") == .integer(10))
    }
}
