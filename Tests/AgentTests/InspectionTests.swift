import Contracts
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Agent

/// Answers as recorded, and remembers what was asked.
private actor Programs: CommandRunning {
    private(set) var asked: [String] = []
    private let answer: @Sendable (AuditedCommand) -> CommandResult

    init(_ answer: @escaping @Sendable (AuditedCommand) -> CommandResult) { self.answer = answer }

    func run(_ command: AuditedCommand) async -> CommandResult {
        asked.append(([command.executable] + command.arguments).joined(separator: " "))
        return answer(command)
    }
}

@Suite("The root oneshot")
struct InspectionTests {
    let directory: TemporaryDirectory
    let host: Host

    /// A machine with a NVMe and a SATA disk, LVM, ZFS and a BMC.
    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("root/proc/uptime", "1000.00 900.00\n")
        for (name, place) in [("nvme0n1", "pci0/nvme/nvme0"), ("sda", "pci0/ata1/host0/target0/0:0:0:0/block")] {
            let device = "root/sys/devices/\(place)/\(name)"
            try directory.write("\(device)/size", "1000\n")
            try directory.write("\(device)/device/serial", "SN-\(name)\n")
            try FileManager.default.createDirectory(
                atPath: directory.file("root/sys/block"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("root/sys/block/\(name)"), withDestinationPath: "../devices/\(place)/\(name)")
        }
        try directory.write("root/sys/block/dm-0/dm/uuid", "LVM-\(String(repeating: "a", count: 64))\n")
        try directory.write("root/sys/block/dm-0/dm/name", "vg--data-my--lv\n")
        try directory.write("root/sys/block/dm-0/size", "131072\n")
        try directory.write("root/proc/spl/kstat/zfs/tank/state", "ONLINE\n")
        try directory.write("root/dev/ipmi0", "")
        try directory.write("root/sys/class/ipmi/ipmi0/dev", "")
        try directory.write("root/sys/class/dmi/id/product_serial", "SYS-1\n")
        host = try Host(root: directory.file("root"))
    }

    private static func recorded(_ name: String, status: Int32 = 0) -> CommandResult {
        CommandResult(end: .exited(status), output: (try? InspectionRecording.bytes(name)) ?? [])
    }

    private static func answer(_ command: AuditedCommand) -> CommandResult {
        switch command {
        case .diskHealth(let disk): recorded("smartctl-7.3-\(disk.type == "nvme" ? "nvme" : "sata").json")
        case .volumeGroups: recorded("vgs-2.03.json")
        case .logicalVolumes: recorded("lvs-2.03.json")
        case .zfsPools: recorded("zpool-list.txt")
        case .managementAddress: recorded("ipmitool-lan.txt")
        default: CommandResult(end: .notStarted(errno: ENOENT))
        }
    }

    private func inspect(
        earlier: Inspection? = nil, _ answer: @escaping @Sendable (AuditedCommand) -> CommandResult = Self.answer
    ) async -> Inspection {
        let inspector = Inspector(host: host, settings: CollectionSettings(), commands: Programs(answer))
        return await inspector.inspect(earlier: earlier, now: Timestamp(seconds: 1_800_000_000))
    }

    private func leave(_ inspection: Inspection) throws {
        try directory.write("root" + InspectionFile.path, try CanonicalJSON.encode(inspection))
    }

    @Test("tells all that it is there for, and the agent tells it on")
    func whole() async throws {
        let inspection = await inspect()
        #expect(inspection.unknown.isEmpty && inspection.problems.isEmpty)
        #expect(inspection.uptimeSeconds == 1000 && inspection.serial == "SYS-1")
        try leave(inspection)
        #expect(InspectionFile.read(host) == .usable(inspection, ageSeconds: 0))

        let collected = await HardwareCollector(host: host, settings: CollectionSettings()).collect()
        let payload = try #require(collected.payload as? HardwareV1)
        let disks = payload.disks ?? []
        #expect(disks.map(\.name) == ["nvme0n1", "sda"])
        #expect(disks[0].smart?.criticalWarning == 0 && disks[1].smart?.powerOnHours == 1)
        #expect(payload.bmc?.address == "10.20.0.112")
        #expect(payload.volumeGroups?.first?.sizeBytes == 264_241_152)
        #expect(payload.volumeGroups?.first?.logicalVolumes == ["my-lv", "off"])
        // An inactive volume has no device, and only root knows of it.
        #expect(payload.volumeGroups?.first?.volumes?.map(\.sizeBytes) == [67_108_864, 33_554_432])
        #expect(payload.zfsPools?.first?.sizeBytes == 7_999_376_588_800)
        #expect(payload.zfsPools?.first?.freeBytes == nil)
        #expect(!collected.unknown.contains { $0.hasPrefix("/disks") || $0.hasPrefix("/volume_groups") })
        let volatile = try #require(collected.volatile)
        #expect(volatile["smart_temperatures"]?.arrayValue?.count == 2)
        #expect(volatile["zfs_pools"]?.arrayValue?.last?["free_bytes"]?.integerValue == 1_030_792_151_040)

        let metrics = await MetricsCollector(host: host).collect().payload as? MetricsV1
        let temperatures = (metrics?.temperatures ?? []).filter { $0.sensor == "smart" }
        #expect(temperatures.map(\.label) == ["nvme0n1", "sda"] && temperatures.map(\.celsius) == [50, 31])
    }

    @Test("asks each disk in its own language, and one that sleeps not at all")
    func standby() async throws {
        let programs = Programs { command in
            if case .diskHealth(let disk) = command, disk.name == "sda" { return CommandResult(end: .exited(3)) }
            return Self.answer(command)
        }
        let inspector = Inspector(host: host, settings: CollectionSettings(), commands: programs)
        let awake = await inspect()
        let asleep = await inspector.inspect(earlier: awake, now: Timestamp(seconds: 1_800_003_600))
        let asked = await programs.asked
        #expect(asked.contains("/usr/sbin/smartctl -j -n standby,3 -i -H -A -d sat /dev/sda"))
        #expect(asked.contains("/usr/sbin/smartctl -j -n standby,3 -i -H -A -d nvme /dev/nvme0n1"))
        // LVM would read the disks.
        #expect(!asked.contains { $0.contains("vgs") || $0.contains("lvs") })
        let sda = try #require(asleep.disks?.last)
        #expect(sda.outcome == "asleep" && sda.smart == awake.disks?.last?.smart && sda.celsius == nil)
        #expect(asleep.volumeGroups == awake.volumeGroups && asleep.knows(.volumeGroups))
        #expect(asleep.changed(since: awake).isEmpty)

        let first = await inspector.inspect(earlier: nil, now: Timestamp(seconds: 1_800_003_600))
        #expect(first.disks?.last?.isUnknown == true && !first.knows(.volumeGroups))
        try leave(first)
        let unknown = await HardwareCollector(host: host, settings: CollectionSettings()).collect().unknown
        #expect(unknown.contains("/disks/1/smart") && !unknown.contains("/disks/0/smart"))
        #expect(unknown.contains("/volume_groups/0/size_bytes"))

        try directory.write(
            "root/sys/devices/pci0/ata1/host0/target0/0:0:0:0/block/sda/device/power/runtime_status", "suspended")
        let before = await programs.asked.count
        _ = await inspector.inspect(earlier: awake, now: Timestamp(seconds: 1_800_003_600))
        #expect(await programs.asked.dropFirst(before).contains { $0.contains("/dev/sda") } == false)
    }

    @Test("without its programs says which package has them, and what stays unknown")
    func withoutPrograms() async throws {
        let inspection = await inspect { _ in CommandResult(end: .notStarted(errno: ENOENT)) }
        #expect(inspection.problems.map(\.code).allSatisfy { $0 == "not_installed" })
        #expect(inspection.problems.map(\.message).filter { $0.contains("apt install smartmontools") }.count == 1)
        #expect(!inspection.knows(.bmc) && !inspection.knows(.volumeGroups) && !inspection.knows(.zfsPools))
        try leave(inspection)
        let collected = await HardwareCollector(host: host, settings: CollectionSettings()).collect()
        for pointer in ["/disks/0/smart", "/disks/1/smart", "/bmc/address", "/zfs_pools/0/size_bytes"] {
            #expect(collected.unknown.contains(pointer), "\(pointer)")
        }
        let payload = try #require(collected.payload as? HardwareV1)
        #expect(payload.volumeGroups?.first?.volumes == [.init(name: "my-lv", sizeBytes: 67_108_864)])
    }

    @Test("a program that hangs, fails or talks nonsense is a problem of its own section only")
    func broken() async throws {
        let inspection = await inspect { command in
            switch command {
            case .diskHealth(let disk) where disk.name == "sda": CommandResult(end: .timedOut(seconds: 20))
            case .volumeGroups: CommandResult(end: .exited(5), errorOutput: Array("  no such device\n".utf8))
            case .zfsPools: CommandResult(end: .exited(0), output: Array("nonsense\n".utf8))
            default: Self.answer(command)
            }
        }
        #expect(inspection.disks?.map(\.outcome) == ["read", "failed"])
        #expect(inspection.problems.map(\.code) == ["timed_out", "command_failed", "command_failed"])
        #expect(inspection.problems[1].message.hasSuffix("failed with status 5: no such device"))
        #expect(inspection.bmcAddress == "10.20.0.112")
    }

    @Test("tells nothing of serial numbers where they are switched off")
    func privacy() async throws {
        var settings = CollectionSettings()
        settings.serials = false
        let inspection = await Inspector(host: host, settings: settings, commands: Programs(Self.answer))
            .inspect(earlier: nil, now: Timestamp(seconds: 0))
        #expect(inspection.serial == nil && inspection.dimms?.contains { $0.serial != nil } != true)
    }

    @Test("an inspection of a disk that has another name now is not taken for it")
    func renamed() async throws {
        var inspection = await inspect()
        inspection.disks?[1].serial = "another"
        try leave(inspection)
        let collected = await HardwareCollector(host: host, settings: CollectionSettings()).collect()
        #expect((collected.payload as? HardwareV1)?.disks?[1].smart == nil)
        #expect(collected.unknown.contains("/disks/1/smart"))
    }

    @Test(
        "a file that is too old, of an earlier boot, damaged or of another format is of no use, and says what to do",
        arguments: ["old", "earlier boot", "damaged", "other format", "too large", "no uptime"])
    func unusable(what: String) async throws {
        var inspection = await inspect()
        switch what {
        case "old": inspection.uptimeSeconds = 1000 - InspectionFile.maxAgeSeconds - 1
        case "earlier boot": inspection.uptimeSeconds = 1001
        case "other format": inspection.format = 2
        default: break
        }
        try leave(inspection)
        switch what {
        case "damaged": try directory.write("root" + InspectionFile.path, "{\"format\":1")
        case "too large":
            try directory.write("root" + InspectionFile.path, [UInt8](repeating: 0x20, count: InspectionFile.limit + 1))
        case "no uptime": try directory.write("root/proc/uptime", "\n")
        default: break
        }
        guard case .unusable(let problem) = InspectionFile.read(host) else {
            Issue.record("\(what) is taken")
            return
        }
        #expect(problem.source == InspectionFile.path)
        let hardware = await HardwareCollector(host: host, settings: CollectionSettings()).collect()
        #expect(hardware.problems.contains(problem) && hardware.unknown.contains("/disks/0/smart"))
        try directory.write("root/var/lib/dpkg/status", "")
        let apt = await APTCollector(host: host, settings: CollectionSettings(), commands: Programs(Self.answer))
            .collect()
        #expect(apt.problems.contains(problem) && apt.unknown.contains("/services_to_restart"))
    }

    @Test("temperatures of two rounds ago are none of now")
    func oldTemperatures() async throws {
        var inspection = await inspect()
        inspection.uptimeSeconds = 0
        try leave(inspection)
        try directory.write("root/proc/uptime", "\(InspectionFile.maxTemperatureAgeSeconds + 1) 1\n")
        let metrics = await MetricsCollector(host: host).collect()
        #expect((metrics.payload as? MetricsV1)?.temperatures == nil)
        #expect(
            (await HardwareCollector(host: host, settings: CollectionSettings()).collect().payload as? HardwareV1)?
                .disks?[0].smart != nil)
    }

    @Test("only a change of state collects again")
    func changes() async {
        let first = await inspect()
        #expect(first.changed(since: nil) == [.hardware, .apt])
        var later = first
        later.uptimeSeconds += 3600
        later.inspectedAt = Timestamp(seconds: 1_800_003_600)
        later.disks?[0].celsius = 70
        later.disks?[0].smart?.powerOnHours = 1
        later.zfsPools?[0].freeBytes = 5
        #expect(later.changed(since: first).isEmpty)
        var failing = later
        failing.disks?[0].smart?.passed = false
        #expect(failing.changed(since: first) == [.hardware])
        var upgraded = later
        upgraded.servicesToRestart = [.init(service: "ssh.service", processes: 1)]
        #expect(upgraded.changed(since: first) == [.apt])
    }

    @Test("a container has services, and no hardware of its own")
    func container() async throws {
        try directory.write("root/run/systemd/container", "lxc\n")
        let programs = Programs(Self.answer)
        let inspection = await Inspector(host: host, settings: CollectionSettings(), commands: programs)
            .inspect(earlier: nil, now: Timestamp(seconds: 0))
        #expect(await programs.asked.isEmpty)
        #expect(inspection.disks == nil && inspection.serial == nil && inspection.servicesToRestart == [])
    }
}

/// With the running system's own processes.
@Suite("Services that run deleted files")
struct InspectionServicesTests {
    private static let isInContainer =
        ProcessUnit.parse((try? Host().bytes("/proc/self/cgroup")) ?? []) == .container

    @Test(
        "a process whose program was replaced is found, with its file",
        .enabled(
            if: geteuid() == 0 && !isInContainer, "other processes' maps are root's, and a container's are left out"))
    func replaced() throws {
        // Below a place of programs: what lies in /tmp is deleted on purpose.
        let place = "/usr/local/lib/vigie-test-\(getpid())"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let program = "\(place)/sleeper"
        try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: program)
        let child = try ChildProcess(program, ["600"])
        defer {
            child.signal(SIGKILL)
            _ = child.wait()
        }
        // Until the program is mapped: before, the child is still a copy of this process.
        while (try? Host().link("/proc/\(child.identifier)/exe")) != program { usleep(1000) }
        unlink(program)
        var inspection = Inspection(inspectedAt: Timestamp(seconds: 0), uptimeSeconds: 0)
        Inspector(host: try Host(), settings: CollectionSettings(), commands: NoCommands()).services(&inspection)
        #expect(inspection.knows(.services))
        let files = (inspection.servicesToRestart ?? []).flatMap { $0.files ?? [] }
        #expect(files.contains(program))
        #expect((inspection.servicesToRestart ?? []).allSatisfy { $0.processes > 0 && !$0.service.isEmpty })
    }
}
