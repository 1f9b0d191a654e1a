import Contracts
import TestSupport
import Transport

@testable import Hub

/// A store with several machines, filled on the way that ingest fills it.
final class QueryFleet {
    static let start: Int64 = 1_790_000_000_000
    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    let directory: TemporaryDirectory
    let store: SQLiteStore
    private let archive = SnapshotArchive(derive: { try Derivation.apply($0, into: $1) })
    private var machines: [String: (id: Int64, uuid: Identifier)] = [:]

    init(_ names: String..., checkpoints: Checkpointer.Sizes? = nil) throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore(path: directory.file("hub.sqlite"), checkpoints: checkpoints)
        for name in names { try add(name) }
    }

    func add(_ name: String, createdAt: Int64 = QueryFleet.start) throws {
        let id = Int64(machines.count + 1)
        let uuid = Identifier(milliseconds: createdAt, random: (UInt64(id), 0))
        machines[name] = (id, uuid)
        try run("INSERT INTO machines (id, machine_uuid, created_at) VALUES (\(id), '\(uuid)', \(createdAt))")
        try run("INSERT INTO machine_settings (machine_id, name) VALUES (\(id), '\(name)')")
        _ = try store.write { try $0.run(TrustStatements.credentialInsert, Self.token(name), id, createdAt) }
    }

    private static func token(_ name: String) -> Digest { SHA256.tokenHash("token of \(name)") }

    func id(_ name: String) -> Int64 { machines[name]?.id ?? 0 }

    func uuid(_ name: String) -> Identifier { machines[name]?.uuid ?? Identifier(milliseconds: 0, random: (0, 0)) }

    func run(_ sql: String) throws { _ = try store.write { try $0.run(Statement("test.run", sql)) } }

    @discardableResult
    func take(_ snapshot: DeriverSnapshot, from name: String) throws -> String {
        let body = try Gzip.compress(snapshot.document(machine: uuid(name)))
        let read = try SnapshotReader.read(compressed: body, inflateLimit: 1 << 25)
        let submission = Submission(
            tokenHash: Self.token(name), head: read.head, content: read.content, body: body,
            bodyDigest: Digest(sha256: SHA256.digest(read.inflated)), inflatedBytes: read.inflated.count,
            receivedAt: Timestamp(milliseconds: snapshot.receivedAt), remoteAddress: "192.0.2.9", clockSkew: nil)
        let outcome = try store.write { try archive.take(submission, into: $0) }
        guard case .accepted(let answer) = outcome else { return "\(outcome)" }
        return answer.result
    }

    func read<Value>(_ question: (any SQLConnection) throws -> Value) throws -> Value { try store.read(question) }

    /// `web-01` with everything, `web-02` with unknowns and old lists, `db-01` that has never reported.
    static func filled() throws -> QueryFleet {
        let fleet = try QueryFleet("web-01", "web-02", "db-01")
        for (kernel, age) in [("6.1.0-40-amd64", hour), ("6.1.0-41-amd64", 0)] {
            var hardware = DeriverSnapshot(
                QueryPayloads.hardware(kernel: kernel), at: start - age, sequence: age > 0 ? 1 : 2)
            hardware.nextDueSeconds = 86_400
            try fleet.take(hardware, from: "web-01")
        }
        for minute in 0..<10 {
            let at = start + Int64(minute) * Self.minute
            try fleet.take(
                DeriverSnapshot(QueryPayloads.metrics(load: Double(minute)), at: at, sequence: 10 + minute),
                from: "web-01")
        }
        var apt = DeriverSnapshot(QueryPayloads.apt(listsAt: start), at: start + minute, sequence: 30)
        apt.nextDueSeconds = 21_600
        try fleet.take(apt, from: "web-01")
        var docker = DeriverSnapshot(QueryPayloads.docker(), at: start + 2 * minute, sequence: 31)
        docker.nextDueSeconds = 900
        try fleet.take(docker, from: "web-01")
        try fleet.run("INSERT INTO machine_tags (machine_id, tag) VALUES (\(fleet.id("web-01")), 'web')")

        var old = DeriverSnapshot(QueryPayloads.apt(listsAt: start - 8 * day), at: start, sequence: 1)
        old.nextDueSeconds = 21_600
        try fleet.take(old, from: "web-02")
        var unread = APTV1()
        unread.packages = QueryPayloads.apt(listsAt: start).packages
        unread.lists = APTV1.Lists(updatedAt: Timestamp(milliseconds: start - 8 * day), evidence: "hook")
        var blind = DeriverSnapshot(unread, at: start + 5 * minute, sequence: 2, unknown: ["/changes"])
        blind.nextDueSeconds = 21_600
        try fleet.take(blind, from: "web-02")
        return fleet
    }
}

/// What machines of these tests say.
enum QueryPayloads {
    static func hardware(kernel: String = "6.1.0-41-amd64") -> HardwareV1 {
        var payload = HardwareV1()
        var os = HardwareV1.OperatingSystem(
            family: "debian", id: "debian", kernel: kernel, architecture: "x86_64")
        os.name = "Debian GNU/Linux"
        os.version = "12.12"
        os.codename = "bookworm"
        payload.os = os
        var system = HardwareV1.System(kind: "vm")
        system.vendor = "QEMU"
        system.virtualization = "kvm"
        payload.system = system
        var cpu = HardwareV1.CPU()
        cpu.model = "EPYC"
        cpu.cores = 4
        cpu.threads = 8
        payload.cpu = cpu
        var memory = HardwareV1.Memory()
        memory.totalBytes = 8 << 30
        payload.memory = memory
        var disk = HardwareV1.Disk(name: "vda", sizeBytes: 64 << 30)
        disk.transport = "virtio"
        payload.disks = [disk]
        var interface = HardwareV1.Interface(name: "eth0", kind: "ethernet")
        interface.addresses = [HardwareV1.Address(address: "192.0.2.7", prefixLength: 24, family: "ipv4")]
        payload.interfaces = [interface]
        return payload
    }

    static func metrics(load: Double) -> MetricsV1 {
        var payload = MetricsV1()
        payload.load = MetricsV1.Load(oneMinute: load, fiveMinutes: load, fifteenMinutes: load)
        var cpu = MetricsV1.CPU(count: 8)
        cpu.usedPercent = Percent(clamping: load * 10)
        payload.cpu = cpu
        var memory = MetricsV1.Memory(totalBytes: 8 << 30)
        memory.usedPercent = Percent(clamping: 50)
        payload.memory = memory
        payload.filesystems = [filesystem("/", used: 40), filesystem("/srv", used: 93)]
        payload.bootedAt = Timestamp(milliseconds: QueryFleet.start - QueryFleet.day)
        return payload
    }

    static func filesystem(_ point: String, used: Int, readOnly: Bool = false) -> MetricsV1.Filesystem {
        var filesystem = MetricsV1.Filesystem(
            mountPoint: point, device: "/dev/vda1", type: "ext4", totalBytes: 100 << 30, usedBytes: used << 30,
            availableBytes: (100 - used) << 30, readOnly: readOnly)
        filesystem.usedPercent = Percent(clamping: Double(used))
        return filesystem
    }

    static func apt(listsAt: Int64) -> APTV1 {
        var payload = APTV1()
        payload.packages = [
            APTV1.Package(name: "bash", architecture: "amd64", version: "5.2.15-2"),
            APTV1.Package(name: "openssl", architecture: "amd64", version: "3.0.16-1"),
            APTV1.Package(name: "openssl_x", architecture: "amd64", version: "1"),
        ]
        payload.changes = [
            change("openssl", "upgradable", security: true), change("bash", "upgradable", security: false),
            change("linux-image-amd64", "phased", security: false), change("vim", "held", security: false),
        ]
        payload.lists = APTV1.Lists(updatedAt: Timestamp(milliseconds: listsAt), evidence: "hook")
        payload.reboot = APTV1.Reboot(required: false)
        return payload
    }

    private static func change(_ name: String, _ status: String, security: Bool) -> APTV1.Change {
        var change = APTV1.Change(
            name: name, architecture: "amd64", operation: "upgrade", security: security, status: status)
        change.currentVersion = "1"
        change.targetVersion = "2"
        if status == "phased" { change.phasedPercent = 20 }
        return change
    }

    static func docker() -> DockerV1 {
        var payload = DockerV1()
        payload.engine = DockerV1.Engine(product: "docker", version: "26.1.5")
        var healthy = DockerV1.Container(id: String(repeating: "a", count: 64), name: "blog-web-1", state: "running")
        healthy.image = "nginx:1.27"
        healthy.health = "healthy"
        healthy.composeProject = "blog"
        var sick = DockerV1.Container(id: String(repeating: "b", count: 64), name: "blog-db-1", state: "running")
        sick.image = "postgres:15"
        sick.health = "unhealthy"
        sick.composeProject = "blog"
        var gone = DockerV1.Container(id: String(repeating: "c", count: 64), name: "job", state: "exited")
        gone.exitCode = -1
        payload.containers = [healthy, sick, gone]
        var stack = DockerV1.Stack(
            project: "blog", source: "labels",
            services: [
                DockerV1.Service(name: "db", wanted: 1, running: 1, healthy: 0),
                DockerV1.Service(name: "web", wanted: 1, running: 1, healthy: 1),
            ])
        stack.configFiles = ["/srv/blog/compose.yaml"]
        payload.stacks = [stack]
        return payload
    }
}
