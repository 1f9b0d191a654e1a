import Contracts
import Glibc
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

    @Test("give every package one status of the closed set", arguments: APTRecording.all)
    func statuses(_ recording: APTRecording) async throws {
        let (payload, collected) = try await collect(recording)
        let changes = try #require(payload.changes, "\(collected.problems)")
        let found = changes.map { change in
            let name = change.architecture == "i386" ? "\(change.name):i386" : change.name
            let versions = "\(change.currentVersion ?? "-") \(change.targetVersion ?? "-")"
            return "\(name) \(change.status) \(change.operation) \(versions)" + (change.security ? " security" : "")
        }
        #expect(found.sorted() == (try APTRecording.cases).sorted())
        #expect(
            changes.filter { $0.phasedPercent != nil }.map(\.name) == ["vt-heldphased", "vt-phased0", "vt-phased10"])
        #expect(changes.filter { $0.status == "phased" }.map(\.phasedPercent) == [0, 10])
        #expect(changes.first { $0.name == "vt-security" }?.suite == "stable-security")
        #expect(changes.first { $0.name == "vt-esm" }?.origin == "UbuntuESMApps")
        #expect(changes.first { $0.name == "vt-pinnedaway" }?.origin == "Third")
        #expect(changes.first { $0.name == "vt-plain" }?.sizeBytes ?? 0 > 0)
        #expect(collected.problems == [] && payload.errors == nil && payload.broken == [])
    }

    @Test(
        "say why, in words", arguments: APTRecording.all,
        [
            ("vt-pinned", "a preference gives it priority 500, and 990 to 1.0"),
            ("vt-forbidden", "a preference gives it priority -1, and 100 to 1.0"),
            ("vt-backport", "only in backports, which is not automatic"), ("vt-held", "on hold"),
            ("vt-phased10", "phased update, at 10 percent of machines"),
            ("vt-new", "needs vt-newdep, which is not installed"), ("vt-newdep", "needed by vt-new"),
            ("vt-virtual", "needs vt-provider, which is not installed"), ("vt-provider", "needed by vt-virtual"),
            ("vt-full", "removes vt-victim"), ("vt-victim", "in conflict with vt-full"),
            ("vt-kept", "Depends: vt-nowhere (>= 3) but it is not installable"),
            ("vt-down", "a preference asks for the older version"),
        ])
    func reasons(_ recording: APTRecording, _ expected: (package: String, reason: String)) async throws {
        let (payload, _) = try await collect(recording)
        #expect(payload.changes?.first { $0.name == expected.package }?.reason == expected.reason)
    }

    @Test("tell the percentage also where APT does not mind it", arguments: APTRecording.scenario("without-phasing"))
    func withoutPhasing(_ recording: APTRecording) async throws {
        let (payload, _) = try await collect(recording)
        let phased = (payload.changes ?? []).filter { $0.phasedPercent != nil }
        #expect(
            phased.map { "\($0.name) \($0.status) \($0.phasedPercent ?? 0)" } == [
                "vt-heldphased held 10", "vt-phased0 upgradable 0", "vt-phased10 upgradable 10",
            ])
    }

    @Test("with broken packages name each", arguments: APTRecording.scenario("defective"))
    func defective(_ recording: APTRecording) async throws {
        let (payload, _) = try await collect(recording)
        let broken = (payload.broken ?? []).map { "\($0.name) \($0.state)" }
        #expect(broken.contains("vt-halfconfigured half-configured"), "\(broken)")
        #expect(payload.changes?.count == (try APTRecording.cases).count)
    }

    @Test("with a package that must be installed again are none", arguments: APTRecording.scenario("reinstall"))
    func reinstall(_ recording: APTRecording) async throws {
        let (payload, collected) = try await collect(recording)
        #expect(payload.broken?.contains { $0.name == "vt-reinst" && $0.state == "reinst-required" } == true)
        #expect(payload.changes == nil && collected.unknown.contains("/changes"))
        #expect(
            payload.errors?.contains { $0.lines.contains { $0.contains("vt-reinst needs to be reinstalled") } } == true)
    }

    @Test("with unmet dependencies name them, and leave the changes unknown", arguments: APTRecording.scenario("unmet"))
    func recordedUnmet(_ recording: APTRecording) async throws {
        let (payload, collected) = try await collect(recording)
        #expect(payload.changes == nil && collected.unknown.contains("/changes"))
        let broken = try #require(payload.broken?.first)
        #expect(broken.name == "vt-unmet" && broken.state == "unmet-dependencies" && broken.version == "1.0")
        #expect(broken.detail?.contains("vt-missing (>= 2)") == true)
        #expect(broken.detail?.contains("vt-plain (>= 9)") == true)
        let fault = try #require(payload.errors?.first)
        #expect(fault.kind == "unmet_dependencies" && fault.severity == "error")
    }

    @Test("without a source that may not be read are none", arguments: APTRecording.scenario("unreadable-source"))
    func recordedUnreadable(_ recording: APTRecording) async throws {
        let (payload, collected) = try await collect(recording)
        #expect(payload.changes == nil && payload.obsolete == nil && payload.autoremovable == nil)
        #expect(collected.problems.contains { $0.code == "permission_denied" && $0.message.contains("vt.sources") })
        #expect(payload.errors?.first?.kind == "source_unreadable")
        #expect(payload.errors?.first?.lines.contains { $0.contains("vt.sources") } == true)
    }

    @Test("are asked for again only after a change", arguments: APTRecording.all)
    func remembers(_ recording: APTRecording) async throws {
        let root = try recording.root()
        let commands = try recording.commands
        let collector = APTCollector(
            host: try Host(root: root.path), settings: CollectionSettings(), commands: commands, asksAPT: true,
            now: { Timestamp(seconds: 1_800_000_000) })
        let first = await collector.collect().payload as? APTV1
        let asked = commands.count.value
        #expect(asked > 5)
        #expect(await collector.collect().payload as? APTV1 == first)
        #expect(commands.count.value == asked)
        for name in [
            "var/lib/dpkg/status", "var/lib/apt/extended_states", "etc/apt/preferences.d/new",
            "etc/apt/apt.conf.d/new", "var/lib/apt/lists/new_Packages",
        ] {
            let before = commands.count.value
            let old = (try? root.read(name)) ?? []
            try root.write(name + ".tmp", old)
            #expect(rename(root.file(name + ".tmp"), root.file(name)) == 0)
            _ = await collector.collect()
            #expect(commands.count.value > before, "\(name)")
        }
    }

    @Test("that failed are never remembered")
    func forgets() async throws {
        let root = try APTRecording.all[0].root()
        var commands = try APTRecording.all[0].commands
        commands.ends[.fullUpgrade] = .timedOut(seconds: 120)
        let collector = APTCollector(
            host: try Host(root: root.path), settings: CollectionSettings(), commands: commands, asksAPT: true)
        _ = await collector.collect()
        let asked = commands.count.value
        _ = await collector.collect()
        #expect(commands.count.value == 2 * asked)
    }

    @Test("are forgotten after a while, since local repositories leave no trace")
    func memoryAges() throws {
        let root = try APTRecording.all[0].root()
        let inputs = APTInputs(host: try Host(root: root.path))
        let memory = APTAnswerMemory(longest: .seconds(10))
        var answer = APTResolver.Answer()
        (answer.changes, answer.obsolete, answer.autoremovable) = ([], [], [])
        let start = ContinuousClock.now
        memory.keep(answer, to: inputs, at: start)
        #expect(memory.answer(to: inputs, at: start + .seconds(9)) != nil)
        #expect(memory.answer(to: inputs, at: start + .seconds(10)) == nil)
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
        var statuses: Set<String> = []
        for (name, status) in [
            ("upgrade", "upgradable"), ("upgrade-with-new", "upgradable_with_new"),
            ("full-upgrade", "needs_full_upgrade"),
        ] {
            statuses.insert(status)
            let ours = (payload.changes ?? []).filter { statuses.contains($0.status) }
            let lines = try recording.text("\(name).txt").split(separator: "\n")
            let theirs = lines.filter { $0.hasPrefix("Inst ") || $0.hasPrefix("Remv ") }.map { String($0.words[1]) }
            let names = ours.map { $0.architecture == "i386" ? "\($0.name):i386" : $0.name }
            #expect(names.sorted() == theirs.sorted(), "\(name)")
        }
    }

    @Test("that fail leave their sections unknown, and never empty", arguments: APTRecording.all)
    func failures(_ recording: APTRecording) async throws {
        let cases: [(RecordedCommands.Question, CommandResult.End, Set<String>)] = [
            (.upgrade, .timedOut(seconds: 120), ["/changes"]), (.upgradeWithNew, .exited(100), ["/changes"]),
            (.fullUpgrade, .signaled(9), ["/changes"]), (.autoremove, .exited(100), ["/autoremovable"]),
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
        #expect(payload.changes?.count == (try APTRecording.cases).count)
    }

    @Test("where a repository has no release file, are asked for its origin", arguments: APTRecording.all)
    func withoutReleases(_ recording: APTRecording) async throws {
        let root = try recording.root()
        for name in try Host(root: root.path).list("var/lib/apt/lists") where name.contains("stable") {
            unlink(root.file("var/lib/apt/lists/\(name)"))
        }
        func collect(_ commands: RecordedCommands) async throws -> APTV1 {
            let collector = APTCollector(
                host: try Host(root: root.path), settings: CollectionSettings(), commands: commands, asksAPT: true)
            return try #require(await collector.collect().payload as? APTV1)
        }
        let changes = try await collect(try recording.commands).changes
        #expect(changes?.count == (try APTRecording.cases).count)
        #expect(changes?.first { $0.name == "vt-plain" }?.origin == "Debian")
        var commands = try recording.commands
        commands.ends[.files] = .notStarted(errno: 2)
        let failed = try await collect(commands)
        #expect(failed.changes == nil && failed.obsolete == nil && failed.autoremovable != nil)
    }

    @Test("that only upgrade are asked for once, and with nothing to do a third of the commands is enough")
    func fewerCommands() async throws {
        func count(_ full: String, candidate: String) async throws -> (Int, APTV1) {
            var commands = RecordedCommands()
            let newer = "     2 500\n        500 file:/srv/repo stable/main amd64 Packages\n"
            commands.answers[.policy] =
                "a:\n  Installed: 1\n  Candidate: \(candidate)\n  Version table:\n\(candidate == "1" ? "" : newer)"
                + " *** 1 100\n        100 /var/lib/dpkg/status\n"
            commands.answers[.fullUpgrade] = full
            commands.answers[.autoremove] = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
            commands.answers[.upgrade] = commands.answers[.autoremove]
            commands.answers[.upgradeWithNew] = commands.answers[.autoremove]
            let root = try APTRecording.all[0].root()
            try root.write(
                "var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n")
            let collector = APTCollector(
                host: try Host(root: root.path), settings: CollectionSettings(), commands: commands, asksAPT: true)
            let payload = try #require(await collector.collect().payload as? APTV1)
            return (commands.count.value, payload)
        }
        let idle = try await count(
            """
            The following packages were automatically installed and are no longer required:
              a
            Use 'apt autoremove' to remove them.
            0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.

            """, candidate: "1")
        #expect(idle.0 == 2)
        #expect(idle.1.autoremovable?.map(\.name) == ["a"])
        #expect(idle.1.autoremovable?.map(\.version) == ["1"])
        let pending = try await count(
            "Inst a [1] (2 Debian:stable [amd64])\n1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n",
            candidate: "2")
        // Policy, the plan, what could be removed, details.
        #expect(pending.0 == 4)
        #expect(pending.1.changes?.map(\.status) == ["upgradable"])
        let kept = try await count("0 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\n", candidate: "2")
        #expect(kept.1.changes?.map(\.status) == ["kept_back"])
        #expect(kept.0 == 6)
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
