import Contracts
import TestSupport
import Testing

@testable import Agent

/// What a real APT printed in a real root file system; `Recorded/record-apt.sh` made it and makes it again.
struct APTRecording: Sendable, CustomTestStringConvertible {
    var release: String

    static let all = [APTRecording(release: "2.6"), APTRecording(release: "3.0")]

    var testDescription: String { "apt \(release)" }

    func bytes(_ name: String) throws -> [UInt8] {
        try Repository.bytes("Tests/AgentTests/Recorded/apt-\(release)/\(name)")
    }

    func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    var installed: [DpkgStatus.Package] {
        get throws { DpkgStatus(try bytes("status")).packages.filter(\.isPresent) }
    }

    /// A root with what the collector reads, below which commands answer as recorded.
    func root() throws -> TemporaryDirectory {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", try bytes("status"))
        try root.write("var/lib/dpkg/arch", try bytes("arch"))
        try root.write("var/lib/apt/extended_states", try bytes("extended_states"))
        try root.write("var/lib/apt/lists/_srv_repo_dists_stable_Release", "Origin: Debian\nSuite: stable\n")
        try root.write("var/lib/apt/lists/_srv_repo_dists_security_Release", "Origin: Debian\nSuite: stable-security\n")
        try root.write(
            "var/lib/apt/lists/_srv_repo_dists_backports_Release", "Suite: stable-backports\nNotAutomatic: yes\n")
        try root.write(
            "etc/apt/sources.list.d/vt.list",
            ["stable", "security", "backports", "third"].map { "deb [trusted=yes] file:/srv/repo \($0) main\n" }
                .joined())
        return root
    }

    var commands: RecordedCommands {
        get throws {
            RecordedCommands(answers: [
                .upgrade: try text("upgrade.txt"), .upgradeWithNew: try text("upgrade-with-new.txt"),
                .fullUpgrade: try text("full-upgrade.txt"), .autoremove: try text("autoremove.txt"),
                .files: try text("files.txt"), .policy: try text("policy.txt"), .show: try text("show.txt"),
            ])
        }
    }
}

/// Answers as a real APT did; what a test replaces goes wrong in the way it wants.
struct RecordedCommands: CommandRunning {
    enum Question: Hashable {
        case upgrade, upgradeWithNew, fullUpgrade, autoremove, files, policy, show, failedUnits
    }

    var answers: [Question: String] = [:]
    var ends: [Question: CommandResult.End] = [:]
    var errorOutput: [Question: String] = [:]

    func run(_ command: AuditedCommand) async -> CommandResult {
        let question: Question =
            switch command {
            case .aptSimulate(.upgrade, _): .upgrade
            case .aptSimulate(.upgradeWithNew, _): .upgradeWithNew
            case .aptSimulate(.fullUpgrade, _): .fullUpgrade
            case .aptSimulate(.autoremove, _): .autoremove
            case .aptSources: .files
            case .aptPolicy: .policy
            case .aptShow: .show
            case .failedUnits, .diskHealth, .volumeGroups, .logicalVolumes, .zfsPools, .managementAddress: .failedUnits
            }
        return CommandResult(
            end: ends[question] ?? .exited(0), output: Array((answers[question] ?? "").utf8),
            errorOutput: Array((errorOutput[question] ?? "").utf8))
    }
}
