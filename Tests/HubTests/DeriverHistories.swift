import Contracts

@testable import Hub

/// Made-up lives of a machine: what a random agent may send, each snapshot once, in the order of its collecting.
struct DeriverHistories {
    static let start: Int64 = 1_790_000_000_000

    var random: TestRandom
    private var sequence = 0
    private var at = start
    private var boot = 1
    private var version = 0
    /// Payload digests that were sent whole, and by which snapshot.
    private var carriers: [String: Identifier] = [:]

    init(seed: UInt64) { random = TestRandom(seed) }

    mutating func make(count: Int, kinds: [Kind] = Kind.allCases) throws -> [DeriverSnapshot] {
        try (0..<count).map { _ in try next(kinds.randomElement(using: &random) ?? .metrics) }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func next(_ kind: Kind) throws -> DeriverSnapshot {
        sequence += Int.random(in: 1...3, using: &random)
        at += Int64.random(in: 1...400_000, using: &random)
        if chance(10) { boot += 1 }
        if chance(5) { version += 1 }
        let (payload, sections): (any SnapshotPayload, [String]) =
            switch kind {
            case .hardware: (hardware(), ["/disks", "/interfaces", "/ssh_host_keys", "/os", "/system"])
            case .metrics: (metrics(), ["/filesystems", "/memory", "/failed_units"])
            case .apt: (apt(), ["/packages", "/changes", "/sources", "/obsolete", "/reboot", "/broken"])
            case .docker: (docker(), ["/containers", "/images", "/engine", "/stacks"])
            }
        let unknown = chance(35) ? sections.filter { _ in chance(40) } : []
        var snapshot = DeriverSnapshot(without(unknown, payload), at: at, sequence: sequence, unknown: unknown)
        snapshot.bootID = "boot-\(boot)"
        snapshot.agentVersion = "0.1.\(version)"
        snapshot.hostname = boot % 3 == 0 ? "web-03" : "web-01"
        snapshot.nextDueSeconds = chance(80) ? 60 : nil
        if chance(8) {
            snapshot.failure = "the machine is out of sorts \(sequence)"
        } else if kind.isInventory, let digest = try snapshot.head(machine: TestHubStore.machine).payloadDigest?.text {
            if let carrier = carriers[digest], chance(70) {
                snapshot.sameAs = carrier
            } else {
                carriers[digest] = snapshot.id
            }
        }
        return snapshot
    }

    /// What could not be read is not in the payload.
    private func without(_ unknown: [String], _ payload: any SnapshotPayload) -> any SnapshotPayload {
        switch payload {
        case var payload as HardwareV1:
            if unknown.contains("/disks") { payload.disks = nil }
            if unknown.contains("/interfaces") { payload.interfaces = nil }
            if unknown.contains("/ssh_host_keys") { payload.sshHostKeys = nil }
            if unknown.contains("/os") { payload.os = nil }
            if unknown.contains("/system") { payload.system = nil }
            return payload
        case var payload as MetricsV1:
            if unknown.contains("/filesystems") { payload.filesystems = nil }
            if unknown.contains("/memory") { payload.memory = nil }
            if unknown.contains("/failed_units") { payload.failedUnits = nil }
            return payload
        case var payload as APTV1:
            if unknown.contains("/packages") { payload.packages = nil }
            if unknown.contains("/changes") { payload.changes = nil }
            if unknown.contains("/sources") { payload.sources = nil }
            if unknown.contains("/obsolete") { payload.obsolete = nil }
            if unknown.contains("/reboot") { payload.reboot = nil }
            if unknown.contains("/broken") { payload.broken = nil }
            return payload
        case var payload as DockerV1:
            if unknown.contains("/containers") { payload.containers = nil }
            if unknown.contains("/images") { payload.images = nil }
            if unknown.contains("/engine") { payload.engine = nil }
            if unknown.contains("/stacks") { payload.stacks = nil }
            return payload
        default: return payload
        }
    }

    private mutating func some<Item>(_ items: [Item]) -> [Item] { items.filter { _ in chance(60) } }

    private mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }

    private mutating func hardware() -> HardwareV1 {
        var payload = HardwareV1()
        var os = HardwareV1.OperatingSystem(
            family: "debian", id: "debian", kernel: pick(["6.1.0-40", "6.1.0-41"]), architecture: "x86_64")
        os.version = pick(["12.11", "12.12"])
        payload.os = os
        payload.system = HardwareV1.System(kind: pick(["vm", "proxmox_host"]))
        payload.disks = some(["sda", "sdb", "nvme0n1"]).map { name in
            var disk = HardwareV1.Disk(name: name, sizeBytes: 500_000_000_000)
            if chance(20) {
                var smart = HardwareV1.SMART()
                smart.passed = false
                disk.smart = smart
            }
            return disk
        }
        payload.interfaces = some(["eth0", "eth1"]).map { name in
            var interface = HardwareV1.Interface(name: name, kind: "ethernet")
            interface.addresses = some(["192.0.2.1", "192.0.2.2"]).map {
                HardwareV1.Address(address: $0, prefixLength: 24, family: "ipv4")
            }
            return interface
        }
        payload.sshHostKeys = some(["a", "b"]).map {
            HardwareV1.SSHHostKey(type: "ssh-ed25519", fingerprint: "SHA256:\($0)", publicKey: $0)
        }
        return payload
    }

    private mutating func metrics() -> MetricsV1 {
        var payload = MetricsV1()
        payload.load = MetricsV1.Load(
            oneMinute: Double.random(in: 0..<8, using: &random), fiveMinutes: 1, fifteenMinutes: 2)
        payload.memory = MetricsV1.Memory(totalBytes: 8 << 30)
        payload.memory?.usedPercent = Percent(clamping: Double.random(in: 0...100, using: &random))
        payload.filesystems = some(["/", "/home", "/srv"]).map { mountPoint in
            var filesystem = MetricsV1.Filesystem(
                mountPoint: mountPoint, device: "/dev/sda1", type: "ext4", totalBytes: 100, usedBytes: 10,
                availableBytes: 90, readOnly: false)
            filesystem.usedPercent = Percent(clamping: Double.random(in: 0...100, using: &random))
            return filesystem
        }
        payload.failedUnits = some(["a.service", "b.service"])
        payload.containers = some(["c1", "c2"]).map { MetricsV1.Container(id: $0) }
        return payload
    }

    private mutating func apt() -> APTV1 {
        var payload = APTV1()
        payload.packages = some(["bash", "curl", "dash"]).map {
            APTV1.Package(name: $0, architecture: "amd64", version: pick(["1", "2"]))
        }
        payload.changes = some(["bash", "curl"]).map {
            APTV1.Change(
                name: $0, architecture: "amd64", operation: "upgrade", security: chance(40),
                status: pick(["upgradable", "held", "phased"]))
        }
        payload.obsolete = some(["bash", "dash"]).map {
            APTV1.PackageReference(name: $0, architecture: "amd64", version: "1")
        }
        payload.sources = some(["a", "b"]).map {
            var source = APTV1.Source(
                file: "/etc/apt/sources.list", format: "one-line", type: "deb", uri: "https://\($0).example",
                suite: "bookworm", enabled: true)
            source.problem = chance(20) ? "unreadable" : nil
            return source
        }
        payload.reboot = APTV1.Reboot(required: chance(50))
        payload.broken = some(["curl"]).map { APTV1.BrokenPackage(name: $0, architecture: "amd64", state: "unpacked") }
        payload.history = some([1, 2, 3]).map { number in
            APTV1.Transaction(
                startedAt: Timestamp(milliseconds: Self.start - Int64(number) * 1000),
                actions: [APTV1.Action(operation: "install", name: "bash", architecture: "amd64")])
        }
        return payload
    }

    private mutating func docker() -> DockerV1 {
        var payload = DockerV1()
        if chance(85) {
            payload.engine = DockerV1.Engine(product: "docker", version: pick(["26.1", "27.0"]))
            payload.containers = some(["web", "db"]).map { name in
                var container = DockerV1.Container(
                    id: "\(name)-\(pick([1, 2]))", name: name, state: pick(["running", "exited"]))
                container.health = container.state == "running" ? pick(["healthy", "unhealthy"]) : nil
                return container
            }
            payload.images = some(["i1", "i2"]).map { DockerV1.Image(id: $0, dangling: false, containers: 1) }
            payload.stacks = some(["shop", "blog"]).map {
                DockerV1.Stack(
                    project: $0, source: "labels",
                    services: [DockerV1.Service(name: "app", wanted: 1, running: pick([0, 1]), healthy: 0)])
            }
            payload.events = some([1, 2, 3]).map { number in
                var event = DockerV1.Event(
                    at: Timestamp(milliseconds: Self.start + Int64(number)), type: pick(["container", "image"]),
                    action: "start")
                event.actorID = "web-1"
                return event
            }
        }
        return payload
    }
}
