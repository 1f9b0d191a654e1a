import Contracts
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Agent

/// Other programs that say the same things of this very machine.
enum Tool {
    static func isInstalled(_ name: String) -> Bool {
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].contains { access($0 + name, X_OK) == 0 }
    }

    static func json(_ name: String, _ arguments: [String]) throws -> JSONValue {
        let text = try ChildProcess.run(name, arguments, environment: ["LC_ALL": "C"])
        return try StrictJSON.read(Array(text.utf8)).root
    }
}

@Suite("This machine, side by side with")
struct HardwareSideBySideTests {
    private func survey() throws -> HardwareV1 {
        var survey = HardwareSurvey(host: try Host(), settings: CollectionSettings())
        survey.run()
        return survey.payload
    }

    @Test("lscpu", .enabled(if: Tool.isInstalled("lscpu"), "no lscpu here"))
    func lscpu() throws {
        let list = try #require(try Tool.json("lscpu", ["-J"])["lscpu"]?.arrayValue)
        var fields: [String: String] = [:]
        for entry in list {
            if let name = entry["field"]?.stringValue { fields[String(name.dropLast())] = entry["data"]?.stringValue }
        }
        try HardwareLscpuTests.expect(try Host(), agreesWith: fields)
        let payload = try survey()
        #expect(payload.cpu?.architecture == fields["Architecture"])
        #expect(payload.os?.architecture == fields["Architecture"])
    }

    @Test("lsblk", .enabled(if: Tool.isInstalled("lsblk"), "no lsblk here"))
    func lsblk() throws {
        func isZram(_ device: JSONValue) -> Bool { device["name"]?.stringValue?.hasPrefix("zram") == true }
        let columns = "NAME,TYPE,SIZE,RO,RM,ROTA,MODEL,SERIAL,WWN,TRAN,MOUNTPOINTS,FSROOTS"
        let devices = try #require(
            try Tool.json("lsblk", ["-J", "-b", "-o", columns])["blockdevices"]?.arrayValue)
        let theirs = devices.filter { $0["type"]?.stringValue == "disk" && !isZram($0) }
        let ours = try survey().disks ?? []
        #expect(ours.map(\.name).sorted() == theirs.compactMap { $0["name"]?.stringValue }.sorted())
        for disk in ours {
            let other = try #require(theirs.first { $0["name"]?.stringValue == disk.name })
            #expect(other["size"]?.integerValue == Int64(disk.sizeBytes))
            #expect(other["rota"] == disk.rotational.map { .bool($0) })
            #expect(other["rm"] == disk.removable.map { .bool($0) })
            // Without udev lsblk knows less than sysfs says.
            for (theirs, mine) in [("model", disk.model), ("serial", disk.serial), ("wwn", disk.wwn)] {
                if let said = plain(other[theirs]) { #expect(said == mine, "\(theirs)") }
            }
            // lsblk names the transports that it knows; virtio and MMC are none of them.
            if let transport = other["tran"]?.stringValue { #expect(transport == disk.transport) }
            let parts = (other["children"]?.arrayValue ?? []).filter { $0["type"]?.stringValue == "part" }
            #expect((disk.partitions ?? []).map(\.name) == parts.compactMap { $0["name"]?.stringValue })
            for (mine, their) in zip(disk.partitions ?? [], parts) {
                #expect(their["size"]?.integerValue == Int64(mine.sizeBytes))
            }
            // lsblk lists bind mounts too, whose root in the file system is a directory of it.
            let points = zip(other["mountpoints"]?.arrayValue ?? [], other["fsroots"]?.arrayValue ?? [])
                .filter { $1.stringValue == "/" }.compactMap { $0.0.stringValue }
            #expect((disk.mountPoints ?? []) == points.sorted() || disk.partitions != nil)
        }
    }

    /// Words with single spaces; nil for null.
    private func plain(_ value: JSONValue?) -> String? {
        let words = value?.stringValue?.words.joined(separator: " ") ?? ""
        return words.isEmpty ? nil : words
    }

    @Test("ip addr and ip route", .enabled(if: Tool.isInstalled("ip"), "no ip here"))
    func ip() throws {
        let payload = try survey()
        let links = try #require(try Tool.json("ip", ["-j", "-d", "addr"]).arrayValue)
        let ours = payload.interfaces ?? []
        #expect(ours.map(\.name).sorted() == links.compactMap { $0["ifname"]?.stringValue }.sorted())
        for interface in ours {
            let link = try #require(links.first { $0["ifname"]?.stringValue == interface.name })
            #expect(link["mtu"]?.integerValue == interface.mtu.map(Int64.init))
            #expect(link["operstate"]?.stringValue?.lowercased() == interface.state)
            if interface.kind == "loopback" { continue }
            if let kind = link["linkinfo"]?["info_kind"]?.stringValue {
                #expect([kind, "other"].contains(interface.kind))
            }
            #expect(link["address"]?.stringValue == interface.mac)
            let addresses = (link["addr_info"]?.arrayValue ?? []).filter { $0["temporary"] == nil }
            let theirs = addresses.map { address in
                let prefix = address["prefixlen"]?.integerValue ?? 0
                return "\(address["local"]?.stringValue ?? "")/\(prefix) \(address["scope"]?.stringValue ?? "")"
            }
            let mine = (interface.addresses ?? []).map { "\($0.address)/\($0.prefixLength) \($0.scope ?? "")" }
            #expect(mine.sorted() == theirs.sorted())
        }
        let routes = try #require(try Tool.json("ip", ["-j", "-4", "route", "show", "default"]).arrayValue)
        let gateways = (payload.defaultRoutes ?? []).filter { $0.family == "ipv4" }.compactMap(\.gateway)
        #expect(gateways.sorted() == routes.compactMap { $0["gateway"]?.stringValue }.sorted())
    }

    @Test("systemd-detect-virt", .enabled(if: Tool.isInstalled("systemd-detect-virt"), "no systemd-detect-virt here"))
    func detectVirt() throws {
        // systemd takes a stray /.dockerenv for a container even in the first process namespace: asked for what we say.
        let isContainer = try Host().containerManager != nil
        let said = try ChildProcess("systemd-detect-virt", [isContainer ? "-c" : "-v"]).wait().output.trimmed
        #expect(try survey().system?.virtualization == said)
    }

    @Test("uname and hostname")
    func names() throws {
        let payload = try survey()
        #expect(payload.os?.kernel == (try ChildProcess.run("uname", ["-r"]).trimmed))
        let (identity, boot) = HostFacts.read(try Host())
        #expect(identity.hostname == (try ChildProcess.run("uname", ["-n"]).trimmed))
        #expect(boot.utf8.count == 36)
    }
}
