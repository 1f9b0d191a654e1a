import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// What a real APT answered in a real root file system; `scripts/test-apt-real --record` made it and makes it again.
struct APTRecording: Sendable, CustomTestStringConvertible {
    var release: String
    /// `whole`, or one of the scenarios of `scripts/test-apt-real-cases`.
    var scenario = "whole"

    static let all = scenario("whole")

    static func scenario(_ name: String) -> [APTRecording] {
        ["2.6", "3.0"].map { APTRecording(release: $0, scenario: name) }
    }

    var testDescription: String { "apt \(release), \(scenario)" }

    private static let directory = "Tests/AgentTests/Recorded"

    func bytes(_ name: String) throws -> [UInt8] {
        let directory = "\(Self.directory)/apt-\(release)"
        if let own = try? Repository.bytes("\(directory)/\(scenario)/\(name)") { return own }
        // What a scenario has not is as in the first one; what went wrong is its own.
        let place = name.hasSuffix(".err") || name.hasSuffix(".status") ? scenario : "whole"
        return try Repository.bytes("\(directory)/\(place)/\(name)")
    }

    func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    var installed: [DpkgStatus.Package] {
        get throws { DpkgStatus(try bytes("status")).packages.filter(\.isPresent) }
    }

    /// The one status that each package of the test repository has.
    static var cases: [String] {
        get throws {
            String(decoding: try Repository.bytes("\(directory)/apt-cases.txt"), as: UTF8.self)
                .split(separator: "\n").filter { $0.first != "#" }.map(String.init)
        }
    }

    /// A root with what the collector reads, below which commands answer as recorded.
    func root() throws -> TemporaryDirectory {
        let root = try TemporaryDirectory()
        for name in ["status", "arch"] { try root.write("var/lib/dpkg/\(name)", try bytes(name)) }
        try root.write("var/lib/apt/extended_states", try bytes("extended_states"))
        for place in ["etc/apt/sources.list.d", "etc/apt/keyrings", "var/lib/apt/lists"] {
            for name in try Repository.names(in: "\(Self.directory)/apt-\(release)/whole/\(place)") {
                try root.write("\(place)/\(name)", try bytes("\(place)/\(name)"))
            }
        }
        return root
    }

    var commands: RecordedCommands {
        get throws {
            var commands = RecordedCommands()
            for question in RecordedCommands.Question.allCases where question != .failedUnits {
                commands.answers[question] = try text("\(question.rawValue).txt")
                commands.errorOutput[question] = try? text("\(question.rawValue).err")
                let status = (try? text("\(question.rawValue).status")).flatMap { Int32($0.trimmed) }
                commands.ends[question] = status.map { .exited($0) }
            }
            return commands
        }
    }
}

/// Answers as a real APT did; what a test replaces goes wrong in the way it wants.
struct RecordedCommands: CommandRunning {
    enum Question: String, Hashable, CaseIterable {
        case upgrade
        case upgradeWithNew = "upgrade-with-new"
        case fullUpgrade = "full-upgrade"
        case autoremove, install, files, policy, show, failedUnits
    }

    var answers: [Question: String] = [:]
    var ends: [Question: CommandResult.End] = [:]
    var errorOutput: [Question: String] = [:]
    /// How many commands were run.
    let count = Counter()

    final class Counter: Sendable {
        private let number = Mutex(0)
        var value: Int { number.withLock { $0 } }
        func add() { number.withLock { $0 += 1 } }
    }

    func run(_ command: AuditedCommand) async -> CommandResult {
        count.add()
        let question: Question =
            switch command {
            case .aptSimulate(.upgrade, _): .upgrade
            case .aptSimulate(.upgradeWithNew, _): .upgradeWithNew
            case .aptSimulate(.fullUpgrade, _): .fullUpgrade
            case .aptSimulate(.autoremove, _): .autoremove
            case .aptInstall: .install
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
