import Contracts
import FoundationEssentials
import TestSupport
import Testing

@testable import Agent

/// What the oneshot's programs said on a real system.
enum InspectionRecording {
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(
            try Data(
                contentsOf: URL(
                    fileURLWithPath: "\(Repository.root)/Tests/AgentTests/Recorded/inspection/\(name)")))
    }
}

@Suite("Parsers of the inspection")
struct InspectionParserTests {
    private func smart(_ name: String) throws -> SmartctlReport {
        try #require(SmartctlReport.parse(try InspectionRecording.bytes(name)))
    }

    @Test("smartctl on NVMe")
    func nvme() throws {
        let report = try smart("smartctl-7.3-nvme.json")
        #expect(report.smart?.passed == true)
        #expect(report.smart?.powerOnHours == 0 && report.smart?.percentageUsed == 0)
        #expect(report.smart?.criticalWarning == 0 && report.smart?.reallocatedSectors == nil)
        #expect(report.celsius == 50 && !report.isUnsupported && report.message == nil)
    }

    @Test("smartctl on SATA")
    func sata() throws {
        let report = try smart("smartctl-7.3-sata.json")
        #expect(report.smart?.passed == true)
        #expect(report.smart?.powerOnHours == 1 && report.smart?.reallocatedSectors == 0)
        #expect(report.smart?.criticalWarning == nil && report.smart?.percentageUsed == nil)
        #expect(report.celsius == 31)
    }

    @Test("a disk that fails says so")
    func failing() throws {
        let text = String(decoding: try InspectionRecording.bytes("smartctl-7.3-nvme.json"), as: UTF8.self)
            .replacing("\"passed\": true", with: "\"passed\": false")
            .replacing("\"critical_warning\": 0", with: "\"critical_warning\": 4")
            .replacing("\"percentage_used\": 0", with: "\"percentage_used\": 113")
        let smart = try #require(SmartctlReport.parse(Array(text.utf8))?.smart)
        #expect(smart.passed == false && smart.criticalWarning == 4 && smart.percentageUsed == 113)
    }

    @Test("disks without SMART, and bridges that smartctl does not know, have none")
    func without() throws {
        let virtual = try smart("smartctl-7.3-scsi-virtual.json")
        #expect(virtual.smart == nil && virtual.isUnsupported && virtual.celsius == nil)
        let bridge = try smart("smartctl-7.3-usb-unknown.json")
        #expect(bridge.smart == nil && bridge.message?.contains("Unknown USB bridge") == true)
    }

    @Test(
        "fields that are strange are absent, never a zero",
        arguments: [
            #"{"smartctl":{},"power_on_time":{"hours":-1},"temperature":{"current":255}}"#,
            #"{"smartctl":{},"smart_status":{"passed":"yes"},"temperature":{"current":0}}"#,
            #"{"smartctl":{},"ata_smart_attributes":{"table":[{"id":5,"raw":{"value":"12"}}, 7, null]}}"#,
            #"{"smartctl":{"messages":[{}]},"nvme_smart_health_information_log":[],"temperature":4}"#,
        ])
    func strange(text: String) throws {
        let report = try #require(SmartctlReport.parse(Array(text.utf8)))
        #expect(report.smart == nil && report.celsius == nil && report.message == nil)
    }

    @Test(
        "what is no report of smartctl is none",
        arguments: ["", "smartctl 7.3", "[]", #"{"smartctl":1}"#, #"{"smartctl":{}"#])
    func noReport(text: String) { #expect(SmartctlReport.parse(Array(text.utf8)) == nil) }

    @Test("counters in the upper half of attribute 5 are not sectors")
    func reallocated() throws {
        let text = #"{"smartctl":{},"ata_smart_attributes":{"table":[{"id":5,"raw":{"value":8589934600}}]}}"#
        #expect(SmartctlReport.parse(Array(text.utf8))?.smart?.reallocatedSectors == 8)
    }

    @Test("vgs and lvs")
    func lvm() throws {
        let groups = try #require(LVMReport.groups(try InspectionRecording.bytes("vgs-2.03.json")))
        #expect(groups.map(\.name) == ["vg-data"])
        #expect(groups[0].sizeBytes == 264_241_152 && groups[0].freeBytes == 163_577_856)
        let volumes = try #require(LVMReport.volumes(try InspectionRecording.bytes("lvs-2.03.json")))
        #expect(volumes["vg-data"]?.map(\.name) == ["my-lv", "off"])
        #expect(volumes["vg-data"]?.map(\.sizeBytes) == [67_108_864, 33_554_432])
        #expect(LVMReport.groups(Array("{\"report\":[{\"vg\":[]}]}".utf8)) == [])
        for text in ["", "{}", "{\"report\":[]}", "{\"report\":[{\"lv\":[]}]}", "  WARNING: x"] {
            #expect(LVMReport.groups(Array(text.utf8)) == nil, "\(text)")
        }
        let odd = "{\"report\":[{\"vg\":[{\"vg_name\":\"a\",\"vg_size\":\"-1\"},{\"vg_size\":\"1\"},3]}]}"
        #expect(LVMReport.groups(Array(odd.utf8))?.map(\.sizeBytes) == [nil])
    }

    @Test("zpool list")
    func zpool() throws {
        let text = String(decoding: try InspectionRecording.bytes("zpool-list.txt"), as: UTF8.self)
        let pools = try #require(ZpoolList.parse(text))
        #expect(pools.map(\.name) == ["lost", "rpool", "tank"])
        #expect(pools.map(\.state) == ["UNAVAIL", "ONLINE", "DEGRADED"])
        #expect(pools[0].sizeBytes == nil && pools[2].freeBytes == 1_030_792_151_040)
        #expect(ZpoolList.parse("") == [])
        for text in ["no pools available", "a\tb\tc", "\t1\t1\tONLINE", "a\t1\t1\t"] {
            #expect(ZpoolList.parse(text) == nil, "\(text)")
        }
    }

    @Test("ipmitool lan print")
    func ipmi() throws {
        func address(_ name: String) throws -> String? {
            IPMILan.address(String(decoding: try InspectionRecording.bytes(name), as: UTF8.self))
        }
        #expect(try address("ipmitool-lan.txt") == "10.20.0.112")
        #expect(try address("ipmitool-without-lan.txt") == nil)
        #expect(IPMILan.address("IP Address : 0.0.0.0") == nil)
        #expect(IPMILan.address("IP Address : 10.0.0.1.5\n") == nil)
        #expect(IPMILan.address("IP Address Source : Static Address") == nil)
    }

    @Test("maps: programs and libraries that are gone, and nothing that is deleted on purpose")
    func maps() {
        let text = """
            55d0c8a00000-55d0c8a2a000 r--p 00000000 08:01 1 /usr/sbin/sshd (deleted)
            55d0c8a2a000-55d0c8ab0000 r-xp 0002a000 08:01 1 /usr/sbin/sshd (deleted)
            7f1000000000-7f1000100000 r-xp 00000000 08:01 2 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
            7f1000200000-7f1000300000 r--p 00000000 08:01 3 /usr/lib/locale/locale-archive (deleted)
            7f1000400000-7f1000500000 r-xp 00000000 08:01 4 /usr/lib/x86_64-linux-gnu/libc.so.6
            7f1000600000-7f1000700000 rwxs 00000000 00:01 5 /memfd:doublemapper (deleted)
            7f1000800000-7f1000900000 rwxp 00000000 00:05 6 /dev/zero (deleted)
            7f1000a00000-7f1000b00000 r-xp 00000000 08:01 7 /tmp/ffi (deleted)
            7f1000c00000-7f1000d00000 r-xp 00000000 08:01 8 /usr/lib/with space/x.so (deleted)
            7f1000e00000-7f1000f00000 r-xp 00000000 08:01 9 /usr/share/x (deleted)
            7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0 [vdso]
            r-xp (deleted)
             (deleted)
            """
        #expect(
            ProcessMaps.deletedFiles(Array(text.utf8)) == [
                "/usr/lib/with space/x.so", "/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/sbin/sshd",
            ])
        for length in 0..<text.utf8.count { _ = ProcessMaps.deletedFiles(Array(text.utf8.prefix(length))) }
    }

    @Test(
        "whose a process is, by its control group",
        arguments: [
            ("0::/system.slice/ssh.service\n", ProcessUnit.unit("ssh.service")),
            ("0::/system.slice/system-getty.slice/getty@tty1.service", .unit("getty@tty1.service")),
            ("0::/user.slice/user-1000.slice/session-4.scope", .unit("session-4.scope")),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.service",
                .unit("user@1000.service")
            ),
            ("0::/init.scope", .unit("init.scope")),
            ("0::/system.slice/foo.service/worker-1", .unit("foo.service")),
            ("4:memory:/x.service\n1:name=systemd:/system.slice/cron.service\n0::/\n", .unit("cron.service")),
            ("0::/system.slice/docker-\(String(repeating: "0a", count: 32)).scope", .container),
            ("0::/docker/\(String(repeating: "0a", count: 32))", .container),
            ("0::/lxc.payload.101/system.slice/ssh.service", .container),
            ("0::/lxc/101/ns/system.slice/ssh.service", .container),
            ("0::/machine.slice/machine-web.scope/payload/system.slice/ssh.service", .container),
            ("0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", .unit("machine-qemu\\x2d1\\x2dvm.scope")),
            ("5:name=systemd:/\n0::/system.slice/cron.service\n", .unit("cron.service")),
            ("0::/", .none), ("", .none), ("nonsense", .none),
        ])
    func units(text: String, expected: ProcessUnit) {
        #expect(ProcessUnit.parse(Array(text.utf8)) == expected)
    }
}
