import ArgumentParser
import Contracts
import Foundation
import HubAPI
import TestSupport
import Testing

@testable import CLI

/// How the answers of lists look, and what is said to a mistyped question.
@Suite struct QuestionTests {
    private static func render<Item: Encodable>(
        _ items: [Item], _ columns: [Column<Item>], _ format: OutputFormat = .table, width: Int? = nil
    ) throws -> String {
        try Output(format: format, terminal: Terminal(width: width, hasColours: false), now: CLISamples.now)
            .list(items, columns: columns, empty: "none")
    }

    @Test func `A question that is none brings those that are near`() {
        #expect(VigieCLI.unknownQuestion("machins")?.advice == "did you mean `vigie machine`, `vigie machines`?")
        #expect(VigieCLI.unknownQuestion("reboot")?.advice == "did you mean `vigie reboots`?")
        #expect(VigieCLI.unknownQuestion("zzz")?.advice == "`vigie --help` lists them")
        #expect(VigieCLI.unknownQuestion("zzz")?.status == .usage)
        for word in ["machines", "help", "host-keys", "--verison", "sql", nil] {
            #expect(VigieCLI.unknownQuestion(word) == nil)
        }
    }

    @Test(arguments: [
        ["host-keys", "web-01"], ["host-keys", "--known-hosts"], ["host-keys", "list", "approve"],
        ["host-keys", "approve", "web-01", "SHA256:x"], ["container", "blog"], ["apt", "history", "--since", "7d"],
        ["docker", "events", "--action", "die"], ["packages", "openssl", "--older-than", "3.0-1"],
        ["disks", "web-01", "--pools"], ["events", "-f", "--tag", "web"], ["interfaces", "--machine", "web-01"],
        ["packages", "--machine", "web-01"], ["packages", "--name", "open*"],
    ])
    func `A question is understood`(arguments: [String]) throws { _ = try VigieCLI.parseAsRoot(arguments) }

    @Test(arguments: [
        ["host-keys", "--approved"], ["host-keys", "--known-hosts", "--status", "changed"],
        ["host-keys", "approve", "web-01"], ["host-keys", "approve", "web-01", "SHA256:x", "--all"],
        ["host-keys", "revoke", "web-01"], ["interfaces", "web-01", "--machine", "web-02"],
        ["disks", "--devices", "--pools"], ["disks", "--unhealthy"], ["disks", "--pools", "--used", "5"],
        ["pci", "--name", "x", "--ids", "1:2"], ["packages"], ["packages", "a", "--name", "b"],
    ])
    func `What does not go together is refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try VigieCLI.parseAsRoot(arguments) }
    }

    @Test func `Updates count what is not known apart`() throws {
        var group = UpdateGroupAnswer(package: "openssl")
        group.security = true
        group.statuses = ["upgradable"]
        group.targetVersions = ["3.0.17-1"]
        group.machinesCount = 3
        group.unknownCount = 1
        group.machines = ["web-01", "web-02", "web-03"].map { UpdateMachineAnswer(machine: $0, status: "upgradable") }
        #expect(
            try Self.render([group], UpdateColumns.groups).contains(
                "openssl  yes       upgradable  3.0.17-1  2 machines, 1 unknown  web-01, web-02, web-03"))
        group.machinesCount = 1
        #expect(try Self.render([group], UpdateColumns.groups).contains("3.0.17-1  1 unknown"))
        #expect(
            try Self.render([group], UpdateColumns.groups, .csv)
                == "package,security,statuses,target_versions,machines_count,unknown_count,machines\n"
                + "openssl,true,upgradable,3.0.17-1,1,1,web-01;web-02;web-03\n")
    }

    @Test func `APT's runs are a line each for people, and a line for each package as CSV`() throws {
        var run = APTRunAnswer(machine: "web-01", startedAt: CLISamples.ago(seconds: 300))
        run.commandLine = "apt upgrade"
        run.error = "dpkg failed"
        run.actions = ["bash", "openssl"].map { name in
            APTActionAnswer(operation: "upgrade", package: name, architecture: "amd64")
        }
        let output = Output(format: .table, terminal: .none, now: CLISamples.now)
        #expect(try output.aptHistory([run]).contains("failed (dpkg failed); upgrade 2: bash, openssl"))
        let csv = try Output(format: .csv, terminal: .none, now: CLISamples.now).aptHistory([run])
        #expect(csv.split(separator: "\n").count == 3)
        #expect(csv.hasPrefix("machine,started_at,ended_at,command_line,requested_by,error,operation,package,"))
    }

    @Test func `A reboot that cannot be told is unknown, never no`() throws {
        var reboot = RebootAnswer(machine: "web-01", required: false)
        reboot.unknownSince = CLISamples.ago(seconds: 7200)
        reboot.servicesUnknownSince = CLISamples.ago(seconds: 7200)
        let text = try Self.render([reboot], RebootList.columns)
        #expect(text.contains("unknown since 2 h ago"))
        #expect(!text.contains("no "))
        reboot.unknownSince = nil
        reboot.required = true
        reboot.runningKernel = "6.1.0-40"
        reboot.newestKernel = "6.1.0-41"
        reboot.packages = ["dbus"]
        #expect(RebootList.reasons(reboot) == ["kernel 6.1.0-40 runs, 6.1.0-41 is installed", "dbus"])
    }

    @Test(arguments: [60, 80, 100]) func `Every list fits its terminal`(width: Int) throws {
        var interface = InterfaceAnswer(machine: "a-machine-with-a-long-name", name: "enp0s31f6")
        interface.kind = "ethernet"
        interface.state = "up"
        interface.speedMbps = 1000
        interface.mtu = 1500
        interface.mac = "52:54:00:00:00:01"
        interface.addresses = ["2001:db8:1234:5678:9abc:def0:1234:5678/64", "192.0.2.7/24"]
        var container = ContainerAnswer(
            machine: "a-machine-with-a-long-name", id: "1", name: "shop-web-1", state: "running")
        container.image = "registry.example.org/team/project/image:2026-11-21"
        container.restartCount = 3
        let key = HostKeyAnswer(
            machine: "a-machine-with-a-long-name", type: "ssh-ed25519",
            fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BrrXTHEfYxqvs4eWsPaTbHzs", publicKey: "", status: .firstSeen)
        let texts = [
            try Self.render([interface], InterfaceColumns.list, width: width),
            try Self.render([container], ContainerColumns.list, width: width),
            try Self.render([key], HostKeyColumns.list, width: width),
            try Self.render(CLISamples.machines, MachineColumns.list, width: width),
        ]
        for text in texts {
            for line in text.split(separator: "\n") { #expect(String(line).columns <= max(width, 80), "\(line)") }
        }
    }

    @Test func `A container's page leaves out what is not there`() throws {
        let container = ContainerAnswer(machine: "web-01", id: "4f2a", name: "blog", state: "exited")
        var detail = ContainerDetail(container: container)
        let output = Output(format: .table, terminal: .none, now: CLISamples.now)
        #expect(try !output.container(detail).contains("Ports"))
        var port = ContainerPortAnswer(containerPort: 80, transport: "tcp")
        port.hostPort = 8080
        port.hostAddress = "127.0.0.1"
        detail.ports = [port, ContainerPortAnswer(containerPort: 443, transport: "tcp")]
        detail.labels = ["b": "2", "a": "1\u{1B}"]
        let text = try output.container(detail)
        #expect(text.contains("80/tcp     127.0.0.1:8080"))
        #expect(text.contains("443/tcp    -"))
        #expect(text.contains("a      1\u{FFFD}"))
    }

    @Test func `A machine's page shows what it is made of`() throws {
        var detail = MachineDetail(summary: CLISamples.machines[0], createdAt: CLISamples.ago(seconds: 86_400))
        var hardware = HardwareAnswer()
        hardware.firmwareVendor = "AMI"
        hardware.uefi = true
        hardware.secureBoot = false
        hardware.tpmVersion = "2"
        hardware.bmc = HardwareV1.BMC()
        hardware.cpuVulnerabilities = ["mds": "Vulnerable: no microcode", "meltdown": "Not affected"]
        var module = HardwareV1.DIMM()
        module.locator = "A1"
        module.sizeBytes = 16 << 30
        hardware.dimms = [module]
        detail.hardware = hardware
        let text = try Output(format: .table, terminal: .none, now: CLISamples.now).machine(detail)
        for words in [
            "firmware     AMI, UEFI", "secure boot  off", "tpm          TPM 2", "bmc          address not known",
            "vulnerable   mds\n", "Memory modules\n", "16 GiB",
        ] { #expect(text.contains(words), "\(words)\n\(text)") }
        #expect(!text.contains("board"))
    }

    @Test func `An unknown package is shown how to be the beginning of one`() {
        #expect(
            PackageList.empty("opensll", isNarrowed: false)
                == "no such package is installed; vigie packages 'open*' lists those that begin like it")
        #expect(PackageList.empty("open*", isNarrowed: false) == "no such package is installed")
        #expect(PackageList.empty("openssl", isNarrowed: true) == "no such package is installed")
    }
}
