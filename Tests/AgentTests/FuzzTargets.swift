import Contracts
import Transport

@testable import Agent

/// Every parser of what others wrote, as `scripts/fuzz` and the ordinary tests feed it: bytes in, nothing out. A target
/// fails by crashing, by not coming to an end, by filling the memory, or by making what its own hub would refuse.
struct FuzzTarget: Sendable {
    let name: String
    let run: @Sendable ([UInt8]) -> Void

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    static let all = procfs + hardware + network + apt + docker + wire

    private init(_ name: String, _ run: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.run = run
    }

    /// As `Host.text` makes text of a file.
    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
    }

    /// What is made of hostile input must be what the hub takes: its strict reader, and its types with their ranges.
    private static func send<Value: Codable>(_ value: Value) {
        let tree = read(value)
        let violations = JSONTreeDecoder.violations(of: Value.self, in: tree)
        if let first = violations.first { fatalError("the hub would refuse \(Value.self): \(first)") }
    }

    private static func read(_ value: some Encodable) -> JSONValue {
        guard let bytes = try? CanonicalJSON.encode(value) else { fatalError("unable to encode \(type(of: value))") }
        do { return try StrictJSON.read(bytes).root } catch {
            fatalError("the hub would refuse \(type(of: value)): \(error)")
        }
    }

    private static let procfs: [FuzzTarget] = [
        .init("cpuinfo") { _ = CPUInfo.parse($0) },
        .init("cpu-list") { _ = CPUList.parse(text($0)) },
        .init("cgroup") { bytes in
            _ = ContainerCgroup.ioStat(bytes)
            _ = ContainerCgroup.blkio(bytes)
            _ = ContainerCgroup.number(bytes)
            _ = ContainerCgroup.value("usage_usec", in: bytes)
            _ = ContainerCgroup.path(of: "memory", in: bytes)
            _ = bytes.withUnsafeBufferPointer { ContainerCgroup.id(inName: $0) }
            _ = ProcessUnit.parse(bytes)
        },
        .init("diskstats") { _ = DiskStats.parse($0) },
        .init("failed-units") { _ = FailedUnits.parse(text($0)) },
        .init("loadavg") { _ = LoadAverage.parse($0) },
        .init("mdstat") { _ = MDArray.parse(text($0)) },
        .init("meminfo") { _ = MemInfo.parse($0) },
        .init("mountinfo") { bytes in
            let mounts = Mount.parse(bytes).value
            _ = MountTable.onePerDevice(MountTable.visible(mounts))
        },
        .init("net-dev") { _ = NetDev.parse($0) },
        .init("pressure") { _ = PressureStall.parse($0) },
        .init("stat") { _ = ProcStat.parse($0) },
        .init("maps") { send(ProcessMaps.deletedFiles($0)) },
    ]

    private static let hardware: [FuzzTarget] = [
        .init("smbios") { bytes in
            let table = SMBIOS.parse(bytes)
            send(table.dimms(serials: true))
            _ = table.systemSerial
            _ = table.hasIPMI
            precondition(SMBIOS.parse(table.memoryModulesAlone()).dimms(serials: true) == table.dimms(serials: true))
        },
        .init("os-release") { _ = OSRelease.parse(text($0)) },
        .init("pci-ids") { bytes in
            let wanted = PCINames.Wanted(vendors: ["8086", "10de"], devices: ["80861234"], classes: ["0200", "0300"])
            _ = PCINames.parse(bytes, wanted: wanted)
        },
        .init("device-mapper") { bytes in
            _ = DeviceMapperName(uuid: "LVM-" + String(repeating: "a", count: 64), name: text(bytes))
            _ = DeviceMapperName(uuid: text(bytes), name: "vg-lv")
        },
        .init("ssh-key") { bytes in if let key = SSHPublicKey.parse(text(bytes)) { send(key) } },
        .init("udev") { _ = UdevRecord.properties(text($0)) },
        .init("dmi-text") { bytes in
            _ = DMIText.meaningful(text(bytes))
            _ = Hypervisor.named(inDMI: [text(bytes)])
            _ = Hypervisor.named(clocks: text(bytes))
        },
        .init("smartctl") { bytes in if let smart = SmartctlReport.parse(bytes)?.smart { send(smart) } },
        .init("lvm") { bytes in
            if let groups = LVMReport.groups(bytes) { send(groups) }
            if let volumes = LVMReport.volumes(bytes) { send(volumes) }
        },
        .init("zpool") { bytes in if let pools = ZpoolList.parse(text(bytes)) { send(pools) } },
        .init("ipmi") { _ = IPMILan.address(text($0)) },
        .init("inspection") { bytes in
            guard let root = try? StrictJSON.read(bytes).root,
                let inspection = try? JSONTreeDecoder.decode(Inspection.self, from: root)
            else { return }
            send(inspection)
            _ = inspection.changed(since: nil)
        },
    ]

    private static let network: [FuzzTarget] = [
        .init("netlink") { bytes in
            _ = NetlinkMessages.links(bytes)
            send(NetlinkMessages.addresses(bytes).map(\.address))
            _ = NetlinkMessages.neighbors(bytes)
            _ = NetlinkMessages.isComplete(bytes)
        },
        .init("arp") { send(ARPTable.parse(text($0)).value) },
        .init("routes") { bytes in
            let routes = RouteTable.ipv4(text(bytes)).value
            send(RouteTable.defaults(routes))
            send(RouteTable.ipv6Defaults(text(bytes)).value)
            send(InterfaceAddresses.ipv4(trie: text(bytes), routes: routes).map(\.address))
        },
        .init("if-inet6") { send(InterfaceAddresses.ipv6(text($0)).value.map(\.address)) },
    ]

    private static let apt: [FuzzTarget] = [
        .init("dpkg-status") { bytes in
            _ = DpkgStatus(bytes)
            _ = APTExtendedStates.automatic(bytes)
        },
        .init("apt-sources") { bytes in
            send(APTSources.oneLine(text(bytes), file: "/etc/apt/sources.list").sources)
            send(APTSources.deb822(bytes, file: "/etc/apt/sources.list.d/x.sources").sources)
        },
        .init("apt-release") { _ = APTRelease($0) },
        .init("apt-simulation") { _ = APTSimulation(text($0)) },
        .init("apt-policy") { bytes in
            _ = APTPolicy(text(bytes))
            _ = APTPackageFiles(text(bytes))
        },
        .init("apt-messages") { _ = APTMessages(text($0)) },
        .init("apt-history") { bytes in
            send(APTHistory.transactions(bytes) { _ in Timestamp(seconds: 0) }.transactions)
        },
        .init("openpgp") { bytes in
            _ = OpenPGP.keys(bytes)
            _ = OpenPGP.issuers(bytes)
        },
        .init("dpkg-triggers") { bytes in
            let parts = bytes.split(separator: 0x00, maxSplits: 1).map { text(Array($0)) }
            _ = DpkgTriggers(deferred: parts.first ?? "", files: parts.dropFirst().first ?? "") { $0 }
        },
        .init("credentials") { bytes in
            _ = APTSources.withoutCredentials(text(bytes))
            _ = APTSources.withoutCredentials(words: text(bytes))
            _ = APTSources.listPrefix(uri: text(bytes), suite: "stable")
        },
        .init("kernel-release") { bytes in
            _ = KernelRelease(text(bytes))
            _ = KernelRelease.packageVersion(procVersion: text(bytes))
        },
        .init("debian-version") { bytes in
            let parts = bytes.split(separator: 0x0A, maxSplits: 1).map { DebianVersion(text(Array($0))) }
            if parts.count == 2 { precondition(!(parts[0] < parts[1] && parts[1] < parts[0])) }
        },
    ]

    private static let docker: [FuzzTarget] = [
        .init("engine-containers") { bytes in
            guard let json = try? StrictJSON.read(bytes).root else { return }
            for listed in EngineContainers.list(json) ?? [] {
                var container = listed.container
                EngineContainers.inspect(json, into: &container)
                send(container)
                _ = ComposeLabels.configFiles(listed.labels)
            }
            var container = DockerV1.Container(id: "x", name: "x", state: "running")
            EngineContainers.inspect(json, into: &container)
            send(container)
        },
        .init("engine-inventory") { bytes in
            guard let json = try? StrictJSON.read(bytes).root else { return }
            if let engine = EngineInformation.engine(info: json, version: json) { send(engine) }
            if let images = EngineImages.list(json, uses: [:]) { send(images) }
            if let volumes = EngineVolumes.list(json, used: []) { send(volumes) }
            if let networks = EngineNetworks.list(json) { send(networks) }
            send((json.arrayValue ?? [json]).compactMap(EngineEvents.event))
            if let usage = EngineDiskUsage.usage(json, measuredAt: Timestamp(seconds: 0)) { send(usage) }
            send(RestartLoops.find((json.arrayValue ?? []).compactMap(EngineEvents.event), now: Timestamp(seconds: 0)))
        },
        .init("compose-file") { bytes in
            _ = ComposeFile(text(bytes))
            _ = ComposeFile.projectName(directory: text(bytes))
        },
        .init("engine-time") { _ = EngineTime.parse(text($0)) },
    ]

    /// What the hub reads from machines, and what both read from people.
    private static let wire: [FuzzTarget] = [
        .init("strict-json") { bytes in
            guard let document = try? StrictJSON.read(bytes, watching: "payload") else { return }
            _ = read(document.root)
            if let watched = document.watched { precondition(watched.range.upperBound <= bytes.count) }
        },
        .init("envelope") { bytes in
            guard let document = try? StrictJSON.read(bytes, watching: "payload"),
                let head = try? JSONTreeDecoder.decode(EnvelopeHead.self, from: document.root)
            else { return }
            _ = head.ruleViolations(
                hasPayload: document.root["payload"] != nil, payloadIsLast: document.watched?.isLast ?? false)
            guard let payload = document.root["payload"], let kind = Kind(rawValue: head.kind) else { return }
            read(kind.payloadType, payload)
        },
        .init("gunzip") { bytes in
            if let inflated = try? Gzip.inflate(bytes, limit: 1 << 20) { precondition(inflated.count <= 1 << 20) }
        },
        .init("toml") { bytes in
            guard let document = try? TOMLDocument(text(bytes)) else { return }
            _ = TOMLSection(document)
        },
        .init("enrolment-string") { bytes in
            _ = try? ConnectionString(text(bytes), purpose: .enrollment)
            _ = PEM.certificates(in: text(bytes))
        },
        .init("moments") { bytes in
            if let moment = Timestamp(text(bytes)) { precondition(Timestamp(moment.description) != nil) }
            _ = HTTPDate.parse(text(bytes))
            _ = Identifier(text(bytes))
            _ = Base64.decode(text(bytes))
            _ = Hexadecimal.decode(text(bytes))
        },
    ]

    /// A payload and all its violations; what is accepted must be accepted again.
    private static func read<Payload: SnapshotPayload>(_ type: Payload.Type, _ payload: JSONValue) {
        do {
            send(try JSONTreeDecoder.decode(type, from: payload, at: "/payload"))
        } catch {
            precondition(!error.violations.isEmpty, "refused without a reason")
        }
    }
}
