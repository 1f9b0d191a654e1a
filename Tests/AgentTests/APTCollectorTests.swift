import Contracts
import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite("APT collector")
struct APTCollectorTests {
    private static let now = Timestamp("2026-11-21T12:00:00Z") ?? Timestamp(seconds: 0)

    private func collect(_ root: TemporaryDirectory) async throws -> (payload: APTV1, collected: Collected) {
        let collector = APTCollector(
            host: try Host(root: root.path), settings: CollectionSettings(), commands: RecordedCommands(),
            lockPatience: .zero, now: { Self.now })
        let collected = await collector.collect()
        return (try #require(collected.payload as? APTV1), collected)
    }

    private func touch(_ root: TemporaryDirectory, _ name: String, _ moment: String) throws {
        let seconds = Int(try #require(Timestamp(moment)).milliseconds / 1000)
        let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, root.file(name), times, 0) == 0)
    }

    private static let package = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n"

    @Test("finds nothing where there is no dpkg, and says so honestly")
    func noDpkg() async throws {
        let (payload, collected) = try await collect(try TemporaryDirectory())
        #expect(payload == APTV1())
        #expect(collected.status == "ok")
        #expect(collected.problems == [])
    }

    @Test("asks no other root's APT and calls that unknown")
    func notLive() async throws {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", Self.package)
        let (payload, collected) = try await collect(root)
        #expect(payload.packages?.map(\.name) == ["bash"])
        #expect(payload.changes == nil)
        #expect(Set(collected.unknown).isSuperset(of: ["/changes", "/obsolete", "/autoremovable"]))
        #expect(collected.problems.contains { $0.code == "not_live" })
    }

    @Test("keeps a half-written database from reading as half of the packages removed")
    func halfWritten() async throws {
        for text in [
            "", Self.package + "\nPackage: li", Self.package + "\nPackage: libc6\nStatus: install ok installed\n",
        ] {
            let root = try TemporaryDirectory()
            try root.write("var/lib/dpkg/status", text)
            let (payload, collected) = try await collect(root)
            #expect(payload.packages == nil)
            #expect(
                Set(collected.unknown).isSuperset(of: [
                    "/packages", "/changes", "/broken", "/obsolete", "/autoremovable",
                ]))
            #expect(collected.problems.contains { $0.code == "malformed" && $0.source == "/var/lib/dpkg/status" })
        }
    }

    @Test("cannot be led out of its root, nor be stopped by what is no file")
    func strangeFiles() async throws {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", Self.package)
        try root.write("etc/apt/sources.list.d/ok.list", "deb http://a.example s main\n")
        symlink("/etc/passwd", root.file("etc/apt/sources.list.d/link.list"))
        mkfifo(root.file("etc/apt/sources.list.d/pipe.sources"), 0o644)
        try root.write("etc/apt/sources.list.d/ignored.list.save", "deb http://b.example s main\n")
        try root.write("etc/apt/sources.list.d/.hidden.list", "deb http://b.example s main\n")
        let (payload, collected) = try await collect(root)
        // The pipe exists and cannot be read: what the sources are is not known as a whole.
        #expect(payload.sources == nil)
        #expect(collected.unknown.contains("/sources"))
        unlink(root.file("etc/apt/sources.list.d/pipe.sources"))
        let (second, _) = try await collect(root)
        #expect(second.sources?.map(\.uri) == ["http://a.example"])
        #expect(second.sources?.first?.problem == "no package list of it has been fetched")
    }

    @Test("tells broken packages in every way that dpkg knows")
    func broken() async throws {
        let root = try TemporaryDirectory()
        func entry(_ name: String, _ status: String, _ more: String = "") -> String {
            "Package: \(name)\nStatus: \(status)\nArchitecture: amd64\nVersion: 1\n\(more)\n"
        }
        try root.write(
            "var/lib/dpkg/status",
            entry("a", "install ok installed") + entry("b", "install ok half-configured")
                + entry("c", "install reinstreq half-installed") + entry("d", "install ok unpacked")
                + entry("e", "install ok triggers-awaited", "Triggers-Awaited: man-db\n")
                + entry("f", "deinstall ok config-files")
                + entry("g", "install ok triggers-pending", "Triggers-Pending: x\n"))
        let (payload, _) = try await collect(root)
        let broken = (payload.broken ?? []).map { "\($0.name) \($0.state) \($0.detail ?? "-")" }
        #expect(
            broken == [
                "b half-configured -", "c reinst-required half-installed", "d unpacked -", "e triggers-awaited man-db",
                "g triggers-pending x",
            ])
        #expect(payload.packages?.map(\.name) == ["a", "b", "c", "d", "e", "g"])
        #expect(
            payload.packages?.map(\.state) == [
                nil, "half-configured", "half-installed", "unpacked", "triggers-awaited", "triggers-pending",
            ])
    }

    @Test("tells triggers that dpkg has not taken into its database yet")
    func deferredTriggers() async throws {
        let root = try TemporaryDirectory()
        let names = ["a", "b", "c", "d", "e"]
        try root.write(
            "var/lib/dpkg/status",
            names.map { "Package: \($0)\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n" }.joined())
        try root.write(
            "var/lib/dpkg/triggers/Unincorp", "cache-update c -\n/usr/share/x/y/z -\n../../passwd -\nother d\n")
        try root.write("var/lib/dpkg/triggers/File", "/usr/share/x b/noawait\n/usr/share/xy e\n")
        try root.write("var/lib/dpkg/triggers/cache-update", "a:amd64\n")
        try root.write("var/lib/dpkg/triggers/other", "b/noawait\n")
        let (payload, _) = try await collect(root)
        #expect(
            (payload.broken ?? []).map { "\($0.name) \($0.state) \($0.detail ?? "-")" } == [
                "a triggers-pending cache-update", "b triggers-pending /usr/share/x/y/z other",
                "c triggers-awaited a:amd64",
            ])
    }

    @Test("notices a dpkg that was interrupted, and not one that works")
    func interrupted() async throws {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", Self.package)
        try root.write("var/lib/dpkg/updates/tmp.i", "")
        try root.write("var/lib/dpkg/lock", "")
        #expect(!(try await collect(root).collected.problems.contains { $0.code == "dpkg_interrupted" }))
        try root.write("var/lib/dpkg/updates/0001", "")
        #expect(try await collect(root).collected.problems.contains { $0.code == "dpkg_interrupted" })
        #expect(try await collect(root).payload.errors?.map(\.kind) == ["dpkg_interrupted"])
        let inode = try Host(root: root.path).status("var/lib/dpkg/lock").st_ino
        try root.write("proc/locks", "1: POSIX  ADVISORY  WRITE 7 00:2a:\(inode) 0 EOF\n")
        #expect(!(try await collect(root).collected.problems.contains { $0.code == "dpkg_interrupted" }))
    }

    @Test("calls what is half done unknown while somebody does it, and does not wait for ever")
    func busy() async throws {
        let root = try TemporaryDirectory()
        try root.write(
            "var/lib/dpkg/status",
            "Package: a\nStatus: install ok half-configured\nArchitecture: amd64\nVersion: 1\n")
        try root.write("var/lib/dpkg/lock-frontend", "")
        let inode = try Host(root: root.path).status("var/lib/dpkg/lock-frontend").st_ino
        try root.write("proc/locks", "1: POSIX  ADVISORY  WRITE 7 00:2a:\(inode) 0 EOF\n")
        func collect(_ patience: Duration) async throws -> Collected {
            await APTCollector(
                host: try Host(root: root.path), settings: CollectionSettings(), commands: RecordedCommands(),
                lockPatience: patience, now: { Self.now }
            ).collect()
        }
        let collected = try await collect(.zero)
        let payload = try #require(collected.payload as? APTV1)
        #expect(payload.broken == nil && collected.unknown.contains("/broken"))
        #expect(payload.packages?.map(\.state) == ["half-configured"])
        #expect(payload.errors?.map(\.kind) == ["apt_lock_busy"])
        #expect(collected.problems.contains { $0.code == "apt_lock_busy" })
        // Patience long enough for the test to let go of the lock.
        async let patient = collect(.seconds(60))
        try root.write("proc/locks", "")
        #expect((try await patient.payload as? APTV1)?.broken?.map(\.name) == ["a"])
        #expect(!(try await patient.unknown.contains("/broken")))
    }

    @Test("knows the age of the lists by the best evidence there is")
    func lists() async throws {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", Self.package)
        let (none, collected) = try await collect(root)
        #expect(none.lists == nil)
        #expect(collected.unknown.contains("/lists"))
        try root.write("var/lib/apt/lists/h_dists_s_InRelease", "Suite: s\n")
        try touch(root, "var/lib/apt/lists/h_dists_s_InRelease", "2020-01-01T00:00:00Z")
        let (byChange, _) = try await collect(root)
        #expect(byChange.lists?.evidence == "ctime")
        // The list's own mtime is the server's.
        #expect((byChange.lists?.updatedAt ?? Timestamp(seconds: 0)) > (Timestamp("2025-01-01T00:00:00Z") ?? Self.now))
        try root.write("var/lib/apt/periodic/update-stamp", "")
        try touch(root, "var/lib/apt/periodic/update-stamp", "2026-11-19T00:00:00Z")
        try root.write("var/lib/apt/periodic/update-success-stamp", "")
        try touch(root, "var/lib/apt/periodic/update-success-stamp", "2026-11-20T06:00:00Z")
        let (periodic, _) = try await collect(root)
        #expect(periodic.lists?.evidence == "periodic")
        #expect(periodic.lists?.updatedAt == Timestamp("2026-11-20T06:00:00Z"))
        try root.write("run/vigie/apt-update-success", "")
        try touch(root, "run/vigie/apt-update-success", "2026-11-21T06:00:00Z")
        let (hook, _) = try await collect(root)
        #expect(hook.lists?.evidence == "hook")
        #expect(hook.lists?.updatedAt == Timestamp("2026-11-21T06:00:00Z"))
    }

    @Test("reads the history across rotations, in a window of 30 days, once each")
    func history() async throws {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", Self.package)
        func log(_ days: String...) -> String {
            days.map {
                "\nStart-Date: \($0)  10:00:00\nCommandline: apt\nInstall: a:amd64 (1)\nEnd-Date: \($0)  10:00:05\n"
            }
            .joined()
        }
        try root.write("var/log/apt/history.log", log("2026-11-20", "2026-11-21"))
        try root.write("var/log/apt/history.log.1", log("2026-11-01", "2026-11-20"))
        try root.write("raw", log("2026-08-01", "2026-10-30"))
        try ChildProcess.run("gzip", ["-9", root.file("raw")])
        try root.write("var/log/apt/history.log.2.gz", try root.read("raw.gz"))
        try root.write("var/log/apt/history.log.3.gz", "not gzip, and never looked at")
        let (payload, collected) = try await collect(root)
        #expect(
            payload.history?.map(\.startedAt.description) == [
                "2026-10-30T10:00:00.000Z", "2026-11-01T10:00:00.000Z", "2026-11-20T10:00:00.000Z",
                "2026-11-21T10:00:00.000Z",
            ])
        #expect(!collected.problems.contains { $0.source.contains("history") })
        try root.write("var/log/apt/history.log.2.gz", "damaged")
        let (second, damaged) = try await collect(root)
        #expect(second.history?.count == 3)
        #expect(damaged.problems.contains { $0.source == "/var/log/apt/history.log.2.gz" })
    }

    @Test("does not guess the zone of another root's log")
    func foreignZone() async throws {
        let root = try TemporaryDirectory()
        try root.write("var/lib/dpkg/status", Self.package)
        try root.write("var/log/apt/history.log", "Start-Date: 2026-11-20  10:00:00\n")
        try root.write("etc/localtime", "TZif2")
        let (payload, collected) = try await collect(root)
        #expect(payload.history == nil)
        #expect(collected.unknown.contains("/history"))
        try root.write("etc/timezone", "Etc/UTC\n")
        #expect(try await collect(root).payload.history?.count == 1)
    }

    @Test("tells a reboot by the flag, and by a newer kernel of the same flavour")
    func reboot() async throws {
        let root = try TemporaryDirectory()
        func kernels(_ names: String...) throws {
            let stanzas = names.map {
                "Package: \($0)\nStatus: install ok installed\nArchitecture: amd64\nVersion: 6.1.153-1\n\n"
            }
            try root.write("var/lib/dpkg/status", Self.package + "\n" + stanzas.joined())
        }
        try kernels("linux-image-6.1.0-9-amd64", "linux-image-6.1.0-40-cloud-amd64", "linux-image-amd64")
        try root.write("proc/sys/kernel/osrelease", "6.1.0-9-amd64\n")
        try root.write("proc/version", "Linux version 6.1.0-9-amd64 (x) #1 SMP Debian 6.1.153-1 (2026-01-01)\n")
        var reboot = try await collect(root).payload.reboot
        #expect(reboot?.required == false)
        #expect(reboot?.newestKernel == "6.1.0-9-amd64")
        try kernels("linux-image-6.1.0-9-amd64", "linux-image-6.1.0-10-amd64")
        reboot = try await collect(root).payload.reboot
        #expect(reboot?.required == true)
        #expect(reboot?.newestKernel == "6.1.0-10-amd64")
        try kernels("linux-image-6.1.0-9-amd64")
        try root.write("proc/version", "Linux version 6.1.0-9-amd64 (x) #1 SMP Debian 6.1.147-1 (2025-01-01)\n")
        #expect(try await collect(root).payload.reboot?.required == true)
        try kernels()
        #expect(try await collect(root).payload.reboot?.required == false)
        try root.write("run/reboot-required", "*** System restart required ***\n")
        try root.write("run/reboot-required.pkgs", "linux-base\nlibc6\nlinux-base\n")
        reboot = try await collect(root).payload.reboot
        #expect(reboot?.required == true)
        #expect(reboot?.packages == ["libc6", "linux-base"])
    }

    @Test("tells foreign architectures, automatic and held packages")
    func details() async throws {
        let (payload, _) = try await collect(try APTRecording.all[0].root())
        #expect(payload.architecture == "amd64")
        #expect(payload.foreignArchitectures == ["i386"])
        #expect(payload.aptVersion?.hasPrefix("2.6") == true)
        let packages = payload.packages ?? []
        #expect(packages.filter { $0.automatic == true }.map(\.name) == ["vt-auto", "vt-needed", "vt-never"])
        #expect(packages.filter { $0.held == true }.map(\.name) == ["vt-held", "vt-heldphased"])
        #expect(packages.filter { $0.name == "vt-multi" }.map(\.architecture) == ["amd64", "i386"])
    }

    @Test("reads 1,500 packages within a second, own time only")
    func speed() async throws {
        let root = try TemporaryDirectory()
        let filler = String(repeating: " Some more text of a description that nobody reads here.\n", count: 12)
        let stanzas = (0..<1500).map {
            "Package: p\($0)\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.\($0)-1\nDescription: x\n\(filler)\n"
        }
        try root.write("var/lib/dpkg/status", stanzas.joined())
        let clock = ContinuousClock()
        var count = 0
        let spent = try await clock.measure { count = try await collect(root).payload.packages?.count ?? 0 }
        #expect(count == 1500)
        // An order of magnitude above what a debug build takes here: it catches what is quadratic, not what is slow.
        #expect(spent < .seconds(10))
    }
}

/// Whether this machine can be asked.
private let hasAPT = access("/usr/bin/apt-get", X_OK) == 0 && access("/var/lib/dpkg/status", R_OK) == 0

@Suite("APT of this machine", .enabled(if: hasAPT, "no dpkg and APT on this machine"))
struct APTLiveTests {
    @Test("says the same through the collector and through its own commands", .timeLimit(.minutes(5)))
    func reconciles() async throws {
        let cache = try TemporaryDirectory()
        var settings = CollectionSettings()
        settings.aptCacheDirectory = cache.path
        let collector = APTCollector(host: try Host(), settings: settings, commands: CommandRunner())
        // Another test of this run may install something in between: what APT says must be the same before and after.
        for _ in 0..<3 {
            let before = try listing()
            let collected = await collector.collect()
            guard try listing() == before else { continue }
            let payload = try #require(collected.payload as? APTV1)
            let changes = try #require(payload.changes, "\(collected.problems)")
            let counted: Set<String> = [
                "upgradable", "upgradable_with_new", "needs_full_upgrade", "kept_back", "held", "phased",
            ]
            let ours = changes.filter { counted.contains($0.status) && $0.operation == "upgrade" }
            #expect(ours.map { "\($0.name) \($0.architecture) \($0.targetVersion ?? "")" }.sorted() == before)
            #expect(Set(ours.map { "\($0.name):\($0.architecture)" }).count == ours.count)
            let obsolete = (payload.obsolete ?? []).map { "\($0.name) \($0.architecture) \($0.version)" }
            #expect(obsolete.sorted() == APTListing.read(try apt(["list", "~o"])))
            let removable = APTSimulation(
                try ChildProcess.run(
                    "apt-get", ["-s", "-o", "Debug::NoLocking=1", "autoremove"], environment: ["LC_ALL": "C"]))
            #expect(payload.autoremovable?.map(\.name) == removable.removals.map(\.name).sorted())
            let names = try ChildProcess.run("dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"])
            let installed = names.split(separator: "\n").filter {
                !$0.hasPrefix("config-files") && !$0.hasPrefix("not-installed")
            }
            #expect(payload.packages?.count == installed.count)
            return
        }
        Issue.record("the packages of this machine never stood still")
    }

    private func listing() throws -> [String] { APTListing.read(try apt(["list", "--upgradable"])) }

    private func apt(_ arguments: [String]) throws -> String {
        try ChildProcess("apt", arguments, environment: ["LC_ALL": "C"]).wait().output
    }
}
