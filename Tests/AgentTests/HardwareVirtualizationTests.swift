import Contracts
import FoundationEssentials
import TestSupport
import Testing

@testable import Agent

/// A machine of a few files, and what it is.
struct VirtualMachine: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var kind: String
    var virtualization: String?
    var files: [String: String]
    var links: [String: String] = [:]

    private static let guest = "processor : 0\nvendor_id : GenuineIntel\nflags : fpu lm hypervisor\n"
    private static let metal = "processor : 0\nvendor_id : GenuineIntel\nflags : fpu lm\n"
    private static let arm = "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\nCPU architecture: 8\n"
    private static let dmi = "sys/class/dmi/id/"
    private static let clocks = "sys/devices/system/clocksource/clocksource0/available_clocksource"

    private init(
        _ name: String, _ kind: String, _ virtualization: String?, _ files: [String: String],
        links: [String: String] = [:]
    ) {
        testDescription = name
        self.kind = kind
        self.virtualization = virtualization
        self.files = files
        self.links = links
    }

    static let all: [VirtualMachine] = [
        .init("bare metal", "physical", "none", ["proc/cpuinfo": metal, dmi + "sys_vendor": "Dell Inc."]),
        .init("KVM by its clock", "vm", "kvm", ["proc/cpuinfo": guest, clocks: "kvm-clock tsc"]),
        .init("KVM of OpenStack by DMI", "vm", "kvm", ["proc/cpuinfo": guest, dmi + "product_name": "OpenStack Nova"]),
        .init("QEMU by DMI", "vm", "qemu", ["proc/cpuinfo": guest, dmi + "sys_vendor": "QEMU"]),
        .init("VMware", "vm", "vmware", ["proc/cpuinfo": guest, dmi + "sys_vendor": "VMware, Inc."]),
        .init("VirtualBox", "vm", "oracle", ["proc/cpuinfo": guest, dmi + "product_name": "VirtualBox"]),
        .init(
            "VirtualBox over KVM's clock", "vm", "oracle",
            ["proc/cpuinfo": guest, dmi + "sys_vendor": "innotek GmbH", clocks: "kvm-clock"]),
        .init(
            "Hyper-V by its clock", "vm", "microsoft", ["proc/cpuinfo": guest, clocks: "hyperv_clocksource_tsc_page"]),
        .init("Hyper-V by DMI", "vm", "microsoft", ["proc/cpuinfo": guest, dmi + "product_name": "Hyper-V Server"]),
        .init("Parallels", "vm", "parallels", ["proc/cpuinfo": guest, dmi + "sys_vendor": "Parallels International"]),
        .init("EC2", "vm", "amazon", ["proc/cpuinfo": guest, dmi + "sys_vendor": "Amazon EC2"]),
        .init(
            "EC2's bare metal has the vendor and no hypervisor", "physical", "none",
            ["proc/cpuinfo": metal, dmi + "sys_vendor": "Amazon EC2"]),
        .init(
            "Google", "vm", "google", ["proc/cpuinfo": guest, dmi + "product_name": "Google Compute Engine"]),
        .init("bhyve", "vm", "bhyve", ["proc/cpuinfo": guest, dmi + "sys_vendor": "BHYVE"]),
        .init("a hypervisor without a name", "vm", "vm-other", ["proc/cpuinfo": guest]),
        .init(
            "Xen guest", "vm", "xen",
            ["proc/cpuinfo": guest, "sys/hypervisor/type": "xen", "proc/xen/capabilities": ""]),
        .init("Xen HVM guest by DMI", "vm", "xen", ["proc/cpuinfo": guest, dmi + "sys_vendor": "Xen"]),
        .init("Xen guest by its clock", "vm", "xen", ["proc/cpuinfo": guest, clocks: "xen tsc"]),
        .init(
            "Xen's first domain is the machine", "physical", "none",
            ["proc/cpuinfo": metal, "sys/hypervisor/type": "xen", "proc/xen/capabilities": "control_d\n"]),
        .init(
            "KVM on ARM by the device tree", "vm", "kvm",
            ["proc/cpuinfo": arm, "proc/device-tree/hypervisor/compatible": "linux,kvm\0"]),
        .init(
            "QEMU on ARM by its firmware device", "vm", "qemu",
            ["proc/cpuinfo": arm, "proc/device-tree/fw-cfg@9020000/x": ""]),
        .init(
            "Raspberry Pi", "raspberry_pi", "none",
            ["proc/cpuinfo": arm, "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0"]),
        .init(
            "another board", "physical", "none",
            [
                "proc/cpuinfo": arm, "proc/device-tree/model": "Pine64 Rock64\0",
                "proc/device-tree/compatible": "pine64,rock64\0",
            ]),
        .init(
            "Proxmox host", "proxmox_host", "none",
            ["proc/cpuinfo": metal, "etc/pve/x": "", dmi + "sys_vendor": "Supermicro"]),
        .init(
            "LXC by PID 1's environment", "lxc", "lxc",
            ["proc/cpuinfo": metal, "proc/1/environ": "PATH=/bin\0container=lxc\0"]),
        .init("LXC by systemd", "lxc", "lxc", ["proc/cpuinfo": guest, "run/systemd/container": "lxc\n"]),
        .init(
            "nspawn", "container", "systemd-nspawn",
            ["proc/cpuinfo": metal, "run/systemd/container": "systemd-nspawn\n"]),
        .init(
            "Docker", "container", "docker", ["proc/cpuinfo": guest, ".dockerenv": ""],
            links: ["proc/self/ns/pid": "pid:[4026532301]"]),
        .init(
            "Podman", "container", "podman", ["proc/cpuinfo": guest, "run/.containerenv": ""],
            links: ["proc/self/ns/pid": "pid:[4026532301]"]),
        .init(
            "a machine made from a container's image", "vm", "kvm",
            ["proc/cpuinfo": guest, ".dockerenv": "", clocks: "kvm-clock"],
            links: ["proc/self/ns/pid": "pid:[4026531836]"]),
        .init("OpenVZ", "container", "openvz", ["proc/cpuinfo": metal, "proc/vz/x": ""]),
        .init(
            "WSL", "container", "wsl",
            ["proc/cpuinfo": guest, "proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n"]),
        .init("nothing that tells", "unknown", nil, ["proc/cpuinfo": arm]),
    ]
}

@Suite("What kind of machine it is")
struct HardwareVirtualizationTests {
    @Test("by its files, in the words of systemd-detect-virt", arguments: VirtualMachine.all)
    func kind(machine: VirtualMachine) throws {
        let directory = try TemporaryDirectory()
        for (path, text) in machine.files { try directory.write("root/\(path)", text) }
        for (path, target) in machine.links {
            let full = directory.file("root/\(path)")
            try FileManager.default.createDirectory(
                atPath: String(full[..<full.lastIndex(of: "/")!]), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: target)
        }
        var survey = HardwareSurvey(host: try Host(root: directory.file("root")), settings: CollectionSettings())
        survey.run()
        #expect(survey.payload.system?.kind == machine.kind)
        #expect(survey.payload.system?.virtualization == machine.virtualization)
    }
}

@Suite("SMBIOS of every age")
struct HardwareSMBIOSTests {
    /// A memory device as long as the version's specification has it; the fields that fit.
    private func table(length: Int, size: UInt16, extended: UInt32 = 0, speed: UInt16 = 2400, wide: UInt32 = 0)
        -> [UInt8]
    {
        var fields = [UInt8](repeating: 0, count: max(length, 0x5C))
        fields[0] = 17
        fields[1] = UInt8(length)
        func put(_ value: UInt32, at offset: Int, bytes: Int) {
            for index in 0..<bytes { fields[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
        }
        put(UInt32(size), at: 0x0C, bytes: 2)
        fields[0x10] = 1
        fields[0x11] = 2
        fields[0x12] = 0x1A
        put(UInt32(speed), at: 0x15, bytes: 2)
        fields[0x17] = 3
        fields[0x18] = 4
        fields[0x1A] = 5
        put(extended, at: 0x1C, bytes: 4)
        put(wide, at: 0x54, bytes: 4)
        return Array(fields[..<length]) + Array("A1\0BANK 0\0Samsung\0S3RI4L\0M393A4K40\0\0".utf8) + [
            127, 4, 9, 0, 0, 0,
        ]
    }

    @Test(
        "a memory module is read as far as its version tells",
        arguments: [
            (2.1, 0x15, nil, nil), (2.3, 0x1B, 2400, "M393A4K40"), (2.6, 0x1C, 2400, "M393A4K40"),
            (2.7, 0x22, 2400, "M393A4K40"), (2.8, 0x28, 2400, "M393A4K40"), (3.2, 0x54, 2400, "M393A4K40"),
            (3.3, 0x5C, 2400, "M393A4K40"),
        ] as [(Double, Int, Int?, String?)])
    func versions(version: Double, length: Int, speed: Int?, part: String?) throws {
        let parsed = SMBIOS.parse(table(length: length, size: 8192))
        #expect(parsed.faultOffset == nil, "\(version)")
        let dimm = try #require(parsed.dimms(serials: true).first)
        #expect(dimm.sizeBytes == 8 << 30 && dimm.locator == "A1" && dimm.bank == "BANK 0" && dimm.type == "DDR4")
        #expect(dimm.speedMts == speed && dimm.partNumber == part)
        #expect(dimm.serial == (part == nil ? nil : "S3RI4L"))
        #expect(parsed.dimms(serials: false).first?.serial == nil)
    }

    @Test("sizes in kilobytes, beyond 32 GiB, unknown and of an empty slot; speeds beyond 65 GT/s")
    func sizes() {
        func dimms(_ size: UInt16, _ extended: UInt32 = 0) -> [Int?] {
            SMBIOS.parse(table(length: 0x5C, size: size, extended: extended)).dimms(serials: true).map(\.sizeBytes)
        }
        #expect(dimms(0x8000 | 512) == [512 << 10])
        #expect(dimms(0x7FFF, 65_536) == [64 << 30])
        #expect(dimms(0xFFFF) == [nil])
        #expect(dimms(0).isEmpty)
        let fast = SMBIOS.parse(table(length: 0x5C, size: 1024, speed: 0xFFFF, wide: 70_000))
        #expect(fast.dimms(serials: true).first?.speedMts == 70_000)
    }

    @Test("a table of SMBIOS 2 without an end marker, and one of SMBIOS 3 with what lay in memory behind it")
    func ends() {
        let whole = table(length: 0x1B, size: 1024)
        #expect(SMBIOS.parse(Array(whole.dropLast(6))).faultOffset == nil)
        #expect(SMBIOS.parse(whole + [1, 2, 3, 0xFF]).faultOffset == nil)
        #expect(SMBIOS.parse(whole + [1, 2, 3, 0xFF]).structures.count == 2)
    }

    @Test("the modules alone: the same modules, and no other structure's strings")
    func modulesAlone() {
        let module = Array(table(length: 0x28, size: 8192).dropLast(6))
        let empty = [17, 0x15] + [UInt8](repeating: 0, count: 0x15)
        let secrets = [11, 5, 7, 0, 1] + Array("io.systemd.credential:passwd=S3CRET\0\0".utf8)
        let whole = SMBIOS.parse(secrets + module + empty + secrets + module + [127, 4, 9, 0, 0, 0])
        let alone = whole.memoryModulesAlone()
        #expect(!String(decoding: alone, as: UTF8.self).contains("S3CRET"))
        let parsed = SMBIOS.parse(alone)
        #expect(parsed.faultOffset == nil && parsed.structures.map(\.type) == [17, 17, 17, 127])
        #expect(parsed.dimms(serials: true) == whole.dimms(serials: true) && whole.dimms(serials: true).count == 2)
        #expect(SMBIOS.parse(SMBIOS.parse([]).memoryModulesAlone()).structures.map(\.type) == [127])
        // A damaged table is told as one.
        #expect(SMBIOS.parse(SMBIOS.parse(module + [17, 0xFF]).memoryModulesAlone()).faultOffset == module.count)
    }
}

@Suite("Disks and neighbours")
struct HardwareDeviceTests {
    @Test("two paths to one disk are one disk, and NVMe's hidden paths none")
    func multipath() async throws {
        let directory = try TemporaryDirectory()
        for name in ["sda", "sdb", "sdc", "nvme0n1", "nvme0c0n1"] {
            try directory.write("root/sys/block/\(name)/size", "2048\n")
        }
        for name in ["sda", "sdb"] { try directory.write("root/sys/block/\(name)/holders/dm-0/dev", "253:0\n") }
        try directory.write("root/sys/block/sdc/holders/dm-1/dev", "253:1\n")
        try directory.write("root/sys/block/nvme0c0n1/hidden", "1\n")
        try directory.write("root/sys/block/dm-0/dm/uuid", "mpath-3600508b400105e21\n")
        try directory.write("root/sys/block/dm-0/size", "2048\n")
        try directory.write("root/sys/block/dm-1/dm/uuid", "CRYPT-LUKS2-x\n")
        let host = try Host(root: directory.file("root"))
        let payload =
            await HardwareCollector(host: host, settings: CollectionSettings()).collect().payload as? HardwareV1
        #expect(payload?.disks?.map(\.name) == ["nvme0n1", "sda", "sdc"])
    }

    /// An ndmsg with its attributes, as rtnetlink(7) has it.
    private func neighbor(_ address: [UInt8], family: UInt8, state: UInt16, mac: [UInt8], confirmed: UInt32?) -> [UInt8]
    {
        func words(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
        func attribute(_ type: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            let padding = [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
            return [UInt8(4 + bytes.count), 0, type, 0] + bytes + padding
        }
        var body: [UInt8] = [family, 0, 0, 0] + words(2) + [UInt8(truncatingIfNeeded: state), UInt8(state >> 8), 0, 1]
        body += attribute(1, address) + attribute(2, mac)
        if let confirmed { body += attribute(3, words(confirmed) + words(9) + words(9) + words(1)) }
        return words(UInt32(16 + body.count)) + [28, 0, 2, 0] + words(1) + words(0) + body
    }

    @Test("neighbours of IPv4 and IPv6 with their age; those that do not answer, and groups, are none")
    func neighbors() {
        let mac: [UInt8] = [0x52, 0x54, 0, 0xAA, 0xBB, 0xCC]
        let six: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
        let answer =
            neighbor([192, 0, 2, 1], family: 2, state: 0x02, mac: mac, confirmed: 4250)
            + neighbor(six, family: 10, state: 0x04, mac: mac, confirmed: nil)
            // NUD_FAILED, a multicast group, and an address without hardware.
            + neighbor([192, 0, 2, 9], family: 2, state: 0x20, mac: mac, confirmed: 1)
            + neighbor([224, 0, 0, 1], family: 2, state: 0x40, mac: mac, confirmed: 1)
            + neighbor([192, 0, 2, 8], family: 2, state: 0x80, mac: [0, 0, 0, 0, 0, 0], confirmed: 1)
        let found = NetlinkMessages.neighbors(answer)
        #expect(found.map(\.address) == ["192.0.2.1", "fe80::1"])
        #expect(found.map(\.confirmedSeconds) == [42, nil])
        #expect(found.map(\.mac) == ["52:54:00:aa:bb:cc", "52:54:00:aa:bb:cc"] && found.map(\.index) == [2, 2])
    }
}
