import Contracts
import TestSupport
import Testing

@testable import Agent

@Suite("APT's answers")
struct APTReconciliationTests {
    private func collect(
        _ recording: APTRecording, _ commands: RecordedCommands? = nil
    ) async throws -> (payload: APTV1, collected: Collected) {
        let root = try recording.root()
        let collector = APTCollector(
            host: try Host(root: root.path), settings: CollectionSettings(),
            commands: try commands ?? recording.commands,
            asksAPT: true, now: { Timestamp(seconds: 1_800_000_000) })
        let collected = await collector.collect()
        return (try #require(collected.payload as? APTV1), collected)
    }

    /// Every case of `apt.md`, with the one status that it has.
    private static let expected: [String: String] = [
        "vt-plain": "upgradable upgrade 1.0 2.0", "vt-all": "upgradable upgrade 1.0 2.0",
        "vt-epoch": "upgradable upgrade 1:1.0 1:1.1", "vt-tilde": "upgradable upgrade 1.0~rc1 1.0",
        "vt-multi": "upgradable upgrade 1.0 2.0", "vt-multi:i386": "upgradable upgrade 1.0 2.0",
        "vt-phased100": "upgradable upgrade 1.0 2.0", "vt-security": "upgradable upgrade 1.0 1.1",
        "vt-overtaken": "upgradable upgrade 1.0 1.2", "vt-down": "upgradable downgrade 2.0 1.0",
        "vt-new": "upgradable_with_new upgrade 1.0 2.0", "vt-newdep": "upgradable_with_new install - 1.0",
        "vt-full": "needs_full_upgrade upgrade 1.0 2.0", "vt-victim": "needs_full_upgrade remove 1.0 -",
        "vt-kept": "kept_back upgrade 1.0 2.0", "vt-held": "held upgrade 1.0 2.0",
        "vt-heldphased": "held upgrade 1.0 2.0", "vt-phased0": "phased upgrade 1.0 2.0",
        "vt-phased10": "phased upgrade 1.0 2.0", "vt-pinned": "pinned upgrade 1.0 2.0",
        "vt-pinnedaway": "pinned upgrade 1.0 2.0", "vt-backport": "not_candidate upgrade 1.0 2.0~bpo1",
    ]

    @Test("give every package one status of the closed set", arguments: APTRecording.all)
    func statuses(_ recording: APTRecording) async throws {
        let (payload, _) = try await collect(recording)
        let changes = try #require(payload.changes)
        let found = Dictionary(
            changes.map { change in
                let name = change.architecture == "i386" ? "\(change.name):i386" : change.name
                let versions = "\(change.currentVersion ?? "-") \(change.targetVersion ?? "-")"
                return (name, "\(change.status) \(change.operation) \(versions)")
            }, uniquingKeysWith: { "\($0) and \($1)" })
        #expect(found == Self.expected)
        #expect(changes.filter { $0.status == "phased" }.map(\.phasedPercent) == [0, 10])
        #expect(Set(changes.filter(\.security).map(\.name)) == ["vt-security", "vt-overtaken"])
        #expect(changes.first { $0.name == "vt-security" }?.suite == "stable-security")
        #expect(changes.first { $0.name == "vt-pinnedaway" }?.origin == "Third")
        #expect(changes.first { $0.name == "vt-plain" }?.sizeBytes ?? 0 > 0)
        #expect(
            changes.first { $0.name == "vt-pinned" }?.reason == "a preference gives it priority 500, and 990 to 1.0")
        #expect(changes.first { $0.name == "vt-backport" }?.reason == "only in backports, which is not automatic")
    }

    @Test("add up to what apt list --upgradable prints", arguments: APTRecording.all)
    func upgradable(_ recording: APTRecording) async throws {
        let (payload, _) = try await collect(recording)
        let counted: Set<String> = [
            "upgradable", "upgradable_with_new", "needs_full_upgrade", "kept_back", "held", "phased",
        ]
        let ours = (payload.changes ?? []).filter { counted.contains($0.status) && $0.operation == "upgrade" }
            .map { "\($0.name) \($0.architecture) \($0.targetVersion ?? "")" }
        #expect(ours.sorted() == APTListing.read(try recording.text("list-upgradable.txt")))
        let obsolete = (payload.obsolete ?? []).map { "\($0.name) \($0.architecture) \($0.version)" }
        #expect(obsolete.sorted() == APTListing.read(try recording.text("list-obsolete.txt")))
        #expect(payload.autoremovable?.map(\.name) == ["vt-auto"])
    }

    @Test("that fail leave their sections unknown, and never empty", arguments: APTRecording.all)
    func failures(_ recording: APTRecording) async throws {
        let cases: [(RecordedCommands.Question, CommandResult.End, Set<String>)] = [
            (.upgrade, .timedOut(seconds: 120), ["/changes"]), (.upgradeWithNew, .exited(100), ["/changes"]),
            (.fullUpgrade, .signaled(9), ["/changes"]), (.autoremove, .exited(100), ["/autoremovable"]),
            (.files, .notStarted(errno: 2), ["/changes", "/obsolete"]),
            (.policy, .tooMuchOutput(limit: 1), ["/changes", "/obsolete"]),
        ]
        for (question, end, unknown) in cases {
            var commands = try recording.commands
            commands.ends[question] = end
            let (payload, collected) = try await collect(recording, commands)
            #expect(
                Set(collected.unknown) == unknown.union(["/lists", "/services_to_restart"]).subtracting(["/lists"]))
            #expect((payload.changes == nil) == unknown.contains("/changes"))
            #expect((payload.obsolete == nil) == unknown.contains("/obsolete"))
            #expect((payload.autoremovable == nil) == unknown.contains("/autoremovable"))
            #expect(collected.problems.contains { $0.severity == "error" })
            #expect(collected.status == "partial")
        }
        var commands = try recording.commands
        commands.ends[.show] = .timedOut(seconds: 60)
        let (payload, _) = try await collect(recording, commands)
        #expect(payload.changes?.count == Self.expected.count)
    }

    @Test("that are cut short are not taken for nothing to do")
    func cut() async throws {
        var commands = try APTRecording.all[0].commands
        commands.answers[.fullUpgrade] = "Reading package lists...\nBuilding dependency tree...\n"
        let (payload, collected) = try await collect(APTRecording.all[0], commands)
        #expect(payload.changes == nil)
        #expect(collected.problems.contains { $0.code == "malformed" })
    }

    @Test("without an unreadable source are no answers")
    func unreadableSource() async throws {
        var commands = try APTRecording.all[0].commands
        commands.errorOutput[.autoremove] = """
            N: Ignoring file 'x.disabled' in directory '/etc/apt/sources.list.d/' as it has an invalid filename extension
            W: Unable to read /etc/apt/sources.list.d/private.list - open (13: Permission denied)

            """
        let (payload, collected) = try await collect(APTRecording.all[0], commands)
        #expect(payload.changes == nil && payload.obsolete == nil && payload.autoremovable == nil)
        #expect(collected.problems.contains { $0.code == "permission_denied" && $0.message.contains("private.list") })
        // Another warning is told, and spoils nothing.
        commands.errorOutput[.autoremove] =
            "W: Target Packages (main/binary-amd64/Packages) is configured multiple times\n"
        let (second, _) = try await collect(APTRecording.all[0], commands)
        #expect(second.changes != nil)
    }

    @Test("with unmet dependencies tell which, and leave the changes unknown")
    func unmet() async throws {
        var commands = try APTRecording.all[0].commands
        let text = """
            Reading package lists...
            You might want to run 'apt --fix-broken install' to correct these.
            The following packages have unmet dependencies:
             vt-plain : Depends: vt-nowhere (>= 2) but it is not installable
                        Recommends: vt-other but it is not installed
             vt-multi:i386 : Depends: vt-x:i386 but it is not installable

            """
        for question in [RecordedCommands.Question.upgrade, .upgradeWithNew, .fullUpgrade, .autoremove] {
            commands.answers[question] = text
            commands.ends[question] = .exited(100)
            commands.errorOutput[question] =
                "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).\n"
        }
        let (payload, collected) = try await collect(APTRecording.all[0], commands)
        #expect(payload.changes == nil)
        let broken = payload.broken ?? []
        #expect(broken.map(\.name) == ["vt-plain", "vt-multi"])
        #expect(broken.map(\.architecture) == ["amd64", "i386"])
        #expect(
            broken.first?.detail
                == "Depends: vt-nowhere (>= 2) but it is not installable; Recommends: vt-other but it is not installed")
        #expect(broken.allSatisfy { $0.state == "unmet-dependencies" && $0.version == "1.0" })
        #expect(collected.problems.contains { $0.message.contains("Unmet dependencies") })
    }

    @Test("on a phased package that has begun here and is kept back for another reason, say kept back in 3.0")
    func phasedAndKept() throws {
        let policy = APTPolicy(
            "p:\n  Installed: 1\n  Candidate: 2\n  Version table:\n     2 500 (phased 50%)\n        500 http://h s/main amd64 Packages\n *** 1 100\n        100 /var/lib/dpkg/status\n"
        )
        var reconciliation = APTReconciliation(
            installed: [
                DpkgStatus.Package(
                    name: "p", architecture: "amd64", version: "1", state: "installed", selection: "install",
                    needsReinstallation: false)
            ], nativeArchitecture: "amd64", policy: policy.packages, files: [:], notAutomatic: [],
            upgrade: APTSimulation(""), upgradeWithNew: APTSimulation(""), fullUpgrade: APTSimulation(""))
        #expect(reconciliation.changes().map(\.status) == ["phased"])
        reconciliation.namesDeferred = true
        #expect(reconciliation.changes().map(\.status) == ["kept_back"])
        reconciliation.fullUpgrade.deferredByPhasing = ["p"]
        #expect(reconciliation.changes().map(\.status) == ["phased"])
    }

    @Test(
        "tell security by origin, label and suite",
        arguments: [
            ("o=Debian,l=Debian-Security,a=stable-security", true), ("o=Debian,l=Debian,a=stable", false),
            ("o=Ubuntu,l=Ubuntu,a=noble-security", true), ("o=Ubuntu,l=Ubuntu,a=noble-updates", false),
            ("o=UbuntuESM,a=jammy-infra-security", true), ("o=UbuntuESMApps,a=jammy-apps-updates", false),
            ("o=Evil,l=not-security,a=security", false), ("o=LP-PPA-x-security,l=security,a=noble", false),
        ])
    func security(_ release: String, _ expected: Bool) {
        let files = APTPackageFiles("Package files:\n 500 http://h s/main amd64 Packages\n     release \(release)\n")
            .files
        #expect(files.map(APTSecurity.isSecurity) == [expected])
    }

    @Test("with a comma in a label are read whole")
    func labels() throws {
        let files = APTPackageFiles(try APTRecording.all[0].text("files.txt")).files
        let third = files.first { $0.origin == "Third" }
        #expect(third?.label == "Third, Inc.")
        #expect(third?.priority == 50)
        #expect(files.count { !$0.release.isEmpty } == files.count)
    }

    @Test("of any cut and any garbage do not crash the parsers")
    func hostile() throws {
        for recording in APTRecording.all {
            for name in ["full-upgrade.txt", "policy.txt", "files.txt", "autoremove.txt"] {
                let bytes = try recording.bytes(name)
                for length in stride(from: 0, to: bytes.count, by: 61) {
                    let text = String(decoding: bytes[..<length] + [0xFF, 0x0A], as: UTF8.self)
                    _ = (APTSimulation(text), APTPolicy(text), APTPackageFiles(text), APTMessages(text))
                }
            }
        }
        for line in [
            "Inst", "Inst ", "Inst a", "Inst a [", "Inst a [1] (", "Inst a (2 x", "Inst a (2 [", "Inst a () [", "Remv ",
            " : :", "*** ", "     x", ":", "::",
        ] {
            let text = "The following packages have unmet dependencies:\n\(line)\n \(line)\n"
            let simulation = APTSimulation(text)
            #expect(simulation.installations == [])
            _ = (APTPolicy(text), APTPackageFiles(text))
        }
    }
}

/// Lines of `apt list`: `name/suite,suite version architecture [upgradable from: version]`.
enum APTListing {
    static func read(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line -> String? in
            let words = line.words
            guard words.count >= 4, let name = words[0].split(separator: "/").first else { return nil }
            return "\(name) \(words[2]) \(words[1])"
        }.sorted()
    }
}
