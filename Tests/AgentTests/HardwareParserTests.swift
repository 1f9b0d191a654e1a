import Contracts
import Testing

@testable import Agent

@Suite("Parsers of hardware")
struct HardwareParserTests {
    @Test(
        "lists of CPUs",
        arguments: [
            ("0-3,8,10-11", [0, 1, 2, 3, 8, 10, 11]), ("", []), ("0\n", [0]), ("5-5", [5]),
        ])
    func cpuList(text: String, expected: [Int]) {
        #expect(CPUList.parse(text) == expected)
    }

    @Test("what is no list of CPUs", arguments: ["0-", "-1", "a", "3-1", "0,,1", "0-99999999", "0x1", "1-2-3"])
    func noCPUList(text: String) {
        #expect(CPUList.parse(text) == nil)
    }

    @Test("a public key whose fingerprint is published (GitHub's Ed25519 host key)")
    func sshKey() throws {
        let body = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
        let key = try #require(SSHPublicKey.parse("ssh-ed25519 \(body) github.com\n"))
        #expect(key.type == "ssh-ed25519")
        #expect(key.fingerprint == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU")
        #expect(key.publicKey == body)
        #expect(SSHPublicKey.parse("ssh-rsa \(body)") == nil)
        #expect(SSHPublicKey.parse("ssh-ed25519 AAAA") == nil)
        #expect(SSHPublicKey.parse("ssh-ed25519 /////w==") == nil)
        #expect(SSHPublicKey.parse("") == nil)
    }

    @Test("SMBIOS: every prefix of a table is read without a crash, and says where it ends")
    func truncatedTable() {
        let table: [UInt8] =
            [1, 27, 0, 0, 1, 2, 0, 3] + [UInt8](repeating: 0, count: 16) + [6, 0, 0]
            + Array("Maker\0Product\0SN-1\0\0".utf8) + [17, 34, 1, 0] + [UInt8](repeating: 0, count: 8)
            + [0x00, 0x40] + [UInt8](repeating: 0, count: 2) + [1, 2, 0x1A, 0, 0, 0x60, 0x09]
            + [3, 4, 0, 5, 0] + [UInt8](repeating: 0, count: 6)
            + Array("DIMM_X\0BANK 0\0Samsung\0\u{41}1B2\0M393\0\0".utf8) + [127, 4, 2, 0, 0, 0]
        let whole = SMBIOS.parse(table)
        #expect(whole.faultOffset == nil)
        #expect(whole.systemSerial == "SN-1")
        for length in 0..<table.count {
            let part = SMBIOS.parse(Array(table[..<length]))
            #expect(part.structures.count <= whole.structures.count)
            _ = part.dimms(serials: true)
        }
        #expect(SMBIOS.parse(Array(table[..<(table.count - 20)])).faultOffset != nil)
        #expect(SMBIOS.parse([UInt8](repeating: 0xFF, count: 100_000)).faultOffset == 0)
        #expect(SMBIOS.parse([UInt8](repeating: 4, count: 100_000)).structures.count < 100_000)
    }

    @Test(
        "fillers of firmware tell nothing",
        arguments: [
            "To Be Filled By O.E.M.", "Default string", "  ", "None", "System Product Name", "0000000000", "........",
            "xxxxxxx", "Not Specified", "0123456789", "N/A",
        ])
    func fillers(text: String) {
        #expect(DMIText.meaningful(text) == nil)
    }

    @Test("names of firmware are kept", arguments: ["Dell Inc.", "X570", "0RGP26", "PF3ABCDE", "1.0"])
    func names(text: String) {
        #expect(DMIText.meaningful(text) == text)
    }

    @Test("chassis by their codes, the lock bit apart")
    func chassis() {
        #expect(DMIText.chassis(3) == "desktop")
        #expect(DMIText.chassis(0x80 | 10) == "notebook")
        #expect(DMIText.chassis(23) == "rack_mount_chassis")
        #expect(DMIText.chassis(36) == "stick_pc")
        #expect(DMIText.chassis(1) == nil && DMIText.chassis(37) == nil && DMIText.chassis(-5) == nil)
    }

    @Test("logical volumes by their device-mapper names")
    func deviceMapper() {
        let uuid = "LVM-" + String(repeating: "a", count: 64)
        let volume = DeviceMapperName(uuid: uuid, name: "my--vg-my--lv")
        #expect(volume?.volumeGroup == "my-vg" && volume?.logicalVolume == "my-lv")
        #expect(DeviceMapperName(uuid: uuid, name: "vg--root") == nil)
        #expect(DeviceMapperName(uuid: uuid, name: "-x") == nil)
        #expect(DeviceMapperName(uuid: uuid + "-tpool", name: "vg-pool-tpool") == nil)
        #expect(DeviceMapperName(uuid: "CRYPT-LUKS2-x", name: "vg-lv") == nil)
        #expect(DeviceMapperName(uuid: uuid, name: "vg-pool_tmeta") == nil)
    }

    @Test("os-release with quotes, escapes and comments")
    func osRelease() {
        let text = #"""
            # comment
            ID=debian
            NAME="A \"quoted\" \$name"
            VERSION_ID='12'
            EMPTY=""
            ODD="
            """#
        let release = OSRelease.parse(text)
        #expect(release.faults.isEmpty)
        #expect(release.value["NAME"] == #"A "quoted" $name"#)
        #expect(release.value["VERSION_ID"] == "12")
        #expect(release.value["EMPTY"] == nil)
        #expect(release.value["ODD"] == "\"")
    }

    @Test("hints are keyed hashes, and of ids that many machines share there are none")
    func hints() throws {
        let hint = try #require(HostFacts.hint("0123456789abcdef0123456789abcdef"))
        #expect(hint.utf8.count == 64)
        #expect(hint == HostFacts.hint("01234567-89AB-CDEF-0123-456789ABCDEF"))
        #expect(hint != HostFacts.hint("0123456789abcdef0123456789abcdee"))
        #expect(HostFacts.hint("00000000000000000000000000000000") == nil)
        #expect(HostFacts.hint("03000200-0400-0500-0006-000700080009") == nil)
        #expect(HostFacts.hint("uninitialized") == nil)
        #expect(HostFacts.hint(nil) == nil)
    }

    @Test("netlink: every prefix of an answer is read without a crash")
    func netlink() throws {
        let answers = try [RouteSocket.Question.links, .addresses, .neighbors].map { try RouteSocket.ask($0) }
        #expect(NetlinkMessages.links(answers[0]).contains { $0.name == "lo" })
        #expect(NetlinkMessages.addresses(answers[1]).contains { $0.address.address == "127.0.0.1" })
        for answer in answers {
            for length in stride(from: 0, to: min(answer.count, 4096), by: 3) {
                let part = Array(answer[..<length])
                _ = NetlinkMessages.links(part)
                _ = NetlinkMessages.addresses(part)
                _ = NetlinkMessages.neighbors(part)
            }
        }
        #expect(NetlinkMessages.links([UInt8](repeating: 0xFF, count: 4096)).isEmpty)
        #expect(NetlinkMessages.links([UInt8](repeating: 16, count: 4096)).isEmpty)
    }
}
