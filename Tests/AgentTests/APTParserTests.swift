import Contracts
import TestSupport
import Testing

@testable import Agent

@Suite("dpkg's database")
struct APTDpkgStatusTests {
    private func read(_ text: String) -> DpkgStatus { DpkgStatus(Array(text.utf8)) }

    @Test("is read with state, selection, source, size and triggers")
    func fields() {
        let status = read(
            """
            Package: libc6
            Status: install ok installed
            Architecture: amd64
            Source: glibc (2.36-9)
            Installed-Size: 13000
            Version: 2.36-9+b1
            Description: C library
             .
             Package: not-a-field

            Package: held
            Status: hold ok installed
            Architecture: all
            Version: 1:1.0~rc1-1

            Package: half
            Status: install reinstreq half-installed
            Architecture: amd64
            Version: 3

            Package: waiting
            Status: install ok triggers-awaited
            Architecture: amd64
            Version: 4
            Triggers-Awaited: libc-bin man-db

            Package: gone
            Status: deinstall ok config-files
            Architecture: amd64
            Version: 5

            Package: never
            Status: unknown ok not-installed

            """)
        #expect(status.defects == [])
        #expect(!status.isTruncated)
        #expect(status.packages.map(\.name) == ["libc6", "held", "half", "waiting", "gone", "never"])
        #expect(status.packages[0].source == "glibc")
        #expect(status.packages[0].installedSizeBytes == 13_312_000)
        #expect(status.packages[1].isHeld)
        #expect(status.packages[1].version == "1:1.0~rc1-1")
        #expect(status.packages[2].needsReinstallation)
        #expect(status.packages[3].triggers == ["libc-bin", "man-db"])
        #expect(status.packages.map(\.isPresent) == [true, true, true, true, false, false])
    }

    @Test("that ends in the middle is known to be cut")
    func truncated() {
        let whole = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
        #expect(!read(whole).isTruncated)
        #expect(read(String(whole.dropLast())).isTruncated)
        #expect(read(whole + "\nPackage: b\nStatus: install ok inst").isTruncated)
        // Cut at the end of a line: the paragraph that is not whole tells.
        #expect(read(whole + "\nPackage: b\nStatus: install ok installed\n").defects.count == 1)
        #expect(read("").isTruncated)
    }

    @Test("with nonsense in it gives defects with their lines, never a package out of nothing")
    func hostile() {
        let status = read(
            "garbage line\n continuation of nothing\nPackage: ../../etc/passwd\nStatus: install ok installed\n\n"
                + "Package: a\nStatus: whatever\n\nPackage: b\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n"
        )
        #expect(status.packages.map(\.name) == ["b"])
        #expect(status.defects.map(\.line).sorted() == [1, 2, 3, 6])
    }

    @Test("survives NUL, invalid UTF-8, and any cut of a real file")
    func bytes() throws {
        var bytes = Array("Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1".utf8)
        bytes += [0x00, 0xFF, 0x0A]
        #expect(DpkgStatus(bytes).packages.first?.version == "1\u{FFFD}\u{FFFD}")
        let real = try Repository.bytes("Tests/AgentTests/Recorded/apt-2.6/whole/status")
        for length in stride(from: 0, to: real.count, by: 97) {
            let cut = DpkgStatus(Array(real[..<length]))
            #expect(cut.isTruncated || !cut.defects.isEmpty || real[length - 1] == 0x0A)
        }
    }

    @Test("does not overflow on sizes that nobody has")
    func sizes() {
        let status = read(
            "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nInstalled-Size: 9223372036854775807\n\n"
                + "Package: b\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nInstalled-Size: -5\n")
        #expect(status.packages.map(\.installedSizeBytes) == [nil, nil])
    }

    @Test("knows what APT installed by itself")
    func extendedStates() {
        let text =
            "Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\nArchitecture: amd64\nAuto-Installed: 0\n"
        #expect(APTExtendedStates.automatic(Array(text.utf8)) == ["a:amd64"])
    }
}

@Suite("APT's repositories")
struct APTSourcesTests {
    @Test("in one-line format")
    func oneLine() {
        let text = """
            # deb http://old.example/debian buster main
            deb http://deb.debian.org/debian bookworm main contrib # the main one
            deb-src [arch=amd64,i386 signed-by=/usr/share/keyrings/a.gpg trusted=yes] https://user:p%40ss@x.example/deb ./
            deb cdrom:[Debian 12 _Bookworm_]/ bookworm main
            nonsense here
            deb http://incomplete.example
            """
        let (sources, defects) = APTSources.oneLine(text, file: "/etc/apt/sources.list")
        #expect(
            sources.map(\.uri) == [
                "http://deb.debian.org/debian", "https://x.example/deb", "cdrom:[Debian 12 _Bookworm_]/",
            ])
        #expect(sources.map(\.line) == [2, 3, 4])
        #expect(sources[0].components == ["main", "contrib"])
        #expect(sources[1].architectures == ["amd64", "i386"])
        #expect(sources[1].signedBy == "/usr/share/keyrings/a.gpg")
        #expect(sources[1].trusted == true)
        #expect(sources[1].suite == "./")
        #expect(sources[1].components == nil)
        #expect(defects.map(\.line) == [5, 6])
    }

    @Test("as deb822 stanzas")
    func deb822() {
        let text = """
            # a comment
            Types: deb deb-src
            URIs: http://deb.debian.org/debian
            Suites: bookworm bookworm-updates
            # another one
            Components: main
             contrib
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Enabled: no
            Types: deb
            URIs: https://token@esm.ubuntu.com/infra/ubuntu
            Suites: jammy-infra-security
            Components: main
            Trusted: no
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             mQINBF
             -----END PGP PUBLIC KEY BLOCK-----

            Types: deb

            """
        let (sources, defects) = APTSources.deb822(Array(text.utf8), file: "f")
        #expect(
            sources.map(\.suite) == [
                "bookworm", "bookworm-updates", "bookworm", "bookworm-updates", "jammy-infra-security",
            ])
        #expect(sources.map(\.type) == ["deb", "deb", "deb-src", "deb-src", "deb"])
        #expect(sources[0].components == ["main", "contrib"])
        #expect(sources[0].line == 2)
        #expect(sources[4].enabled == false)
        #expect(sources[4].trusted == false)
        #expect(sources[4].signedBy == "embedded")
        #expect(sources[4].uri == "https://esm.ubuntu.com/infra/ubuntu")
        #expect(defects.map(\.line) == [22])
    }

    @Test(
        "lose their credentials",
        arguments: [
            ("http://u:p@h/x", "http://h/x"), ("https://u@h", "https://h"), ("http://u:p@w@h/x", "http://h/x"),
            ("http://u:a/b@h/x", "http://h/x"), ("http://h/x@y", "http://h/x@y"),
            ("http://h:8080/a@b", "http://h:8080/a@b"),
            ("file:/srv/repo", "file:/srv/repo"), ("mirror+file:/etc/apt/m.list", "mirror+file:/etc/apt/m.list"),
            ("tor+http://u:p@h/", "tor+http://h/"), ("http://[::1]:80/x", "http://[::1]:80/x"),
        ])
    func credentials(_ uri: String, _ expected: String) {
        #expect(APTSources.withoutCredentials(uri) == expected)
    }

    @Test(
        "have their lists under APT's own names",
        arguments: [
            ("http://deb.debian.org/debian", "bookworm-updates", "deb.debian.org_debian_dists_bookworm-updates_"),
            ("http://deb.debian.org/debian/", "bookworm", "deb.debian.org_debian_dists_bookworm_"),
            ("file:/srv/my_repo", "./", "_srv_my%5frepo_._"), ("file:///srv/repo", "/", "_srv_repo_"),
            ("https://u:p@h/x", "a/b", "h_x_dists_a_b_"),
        ])
    func listNames(_ uri: String, _ suite: String, _ expected: String) {
        #expect(APTSources.listPrefix(uri: uri, suite: suite) == expected)
    }

    @Test("say in their release whether they are automatic")
    func release() {
        let text = """
            -----BEGIN PGP SIGNED MESSAGE-----
            Hash: SHA512

            Origin: Debian Backports
            Label: Debian Backports
            Suite: stable-backports
            Codename: bookworm-backports
            NotAutomatic: yes
            ButAutomaticUpgrades: yes
            SHA256:
             abc 12 main/binary-amd64/Packages
            -----BEGIN PGP SIGNATURE-----
            """
        let release = APTRelease(Array(text.utf8))
        #expect(release.isNotAutomatic)
        #expect(release.codename == "bookworm-backports")
        #expect(!APTRelease(Array("".utf8)).isNotAutomatic)
    }
}

@Suite("APT's history")
struct APTHistoryTests {
    private func read(_ text: String) -> (transactions: [APTV1.Transaction], defects: [APTHistory.Defect]) {
        APTHistory.transactions(Array(text.utf8)) { $0.asUTC }
    }

    @Test("has every operation with its versions")
    func operations() {
        let (transactions, defects) = read(
            """

            Start-Date: 2026-05-20  16:27:19
            Commandline: apt-get install -y -o Acquire::http::Proxy=http://u:secret@proxy:3128 x
            Requested-By: anna (1000)
            Install: a:amd64 (1.0-1), b:all (2.0, automatic)
            Upgrade: c:i386 (1:1.0, 1:2.0)
            Downgrade: d:amd64 (2, 1)
            Reinstall: e:amd64 (5)
            Remove: f:amd64 (3)
            Purge: g:amd64 (4)
            Error: Sub-process /usr/bin/dpkg returned an error code (1)
            End-Date: 2026-05-20  16:27:32

            """)
        #expect(defects == [])
        let transaction = transactions[0]
        #expect(transaction.startedAt == Timestamp("2026-05-20T16:27:19Z"))
        #expect(transaction.endedAt == Timestamp("2026-05-20T16:27:32Z"))
        #expect(transaction.requestedBy == "anna (1000)")
        #expect(transaction.error == "Sub-process /usr/bin/dpkg returned an error code (1)")
        #expect(transaction.commandLine == "apt-get install -y -o Acquire::http::Proxy=http://proxy:3128 x")
        let actions = transaction.actions
        #expect(
            actions.map(\.operation) == ["install", "install", "reinstall", "upgrade", "downgrade", "remove", "purge"])
        #expect(actions.map(\.name) == ["a", "b", "e", "c", "d", "f", "g"])
        #expect(actions.map(\.automatic) == [nil, true, nil, nil, nil, nil, nil])
        #expect(actions.map(\.fromVersion) == [nil, nil, "5", "1:1.0", "2", "3", "4"])
        #expect(actions.map(\.toVersion) == ["1.0-1", "2.0", "5", "1:2.0", "1", nil, nil])
    }

    @Test("with damage keeps what is whole and tells the line")
    func damaged() {
        let (transactions, defects) = read(
            "Commandline: lost\n\nStart-Date: 2026-13-40  99:00:00\n\nStart-Date: 2026-01-01  00:00:00\nInstall: a:amd64 (1), nonsense, b (2\n"
        )
        #expect(transactions.count == 1)
        #expect(transactions[0].actions.map(\.name) == ["a"])
        #expect(defects.map(\.line) == [1, 3, 5])
    }

    @Test("is one window over rotations: each transaction once, oldest first, bounded")
    func window() {
        func transaction(_ second: Int64, _ names: [String], _ command: String? = nil) -> APTV1.Transaction {
            var result = APTV1.Transaction(
                startedAt: Timestamp(seconds: second),
                actions: names.map { APTV1.Action(operation: "install", name: $0, architecture: "all") })
            result.commandLine = command
            return result
        }
        let (window, isCut) = APTFiles.window([
            transaction(20, ["b"]), transaction(10, ["a"]), transaction(20, ["b", "c"]), transaction(20, ["d"], "x"),
        ])
        #expect(!isCut)
        #expect(window.map(\.startedAt.milliseconds) == [10_000, 20_000, 20_000])
        #expect(window.map { $0.actions.map(\.name) } == [["a"], ["b", "c"], ["d"]])
        let many = (0..<3).map { transaction($0, Array(repeating: "p", count: 9000)) }
        let (cut, wasCut) = APTFiles.window(many)
        #expect(wasCut)
        #expect(cut.map(\.startedAt.milliseconds) == [1000, 2000])
    }
}

@Suite("Kernels")
struct APTKernelReleaseTests {
    @Test(
        "of packages that bring one",
        arguments: [
            ("linux-image-6.1.0-40-amd64", "6.1.0-40-amd64"),
            ("linux-image-6.1.0-40-cloud-amd64", "6.1.0-40-cloud-amd64"),
            ("linux-image-6.12.9+bpo-amd64", "6.12.9+bpo-amd64"),
            ("linux-image-unsigned-6.8.0-50-generic", "6.8.0-50-generic"),
            ("proxmox-kernel-6.8.12-4-pve-signed", "6.8.12-4-pve"), ("linux-image-amd64", nil),
            ("linux-image-6.1-amd64", nil), ("proxmox-kernel-6.8", nil), ("linux-image-6.1.0-40-amd64-dbg", nil),
            ("linux-headers-6.1.0-40-amd64", nil),
        ])
    func package(_ name: String, _ expected: String?) {
        #expect(KernelRelease(package: name)?.release == expected)
    }

    @Test("have flavours that do not replace each other")
    func flavours() {
        #expect(KernelRelease("6.1.0-40-cloud-amd64").flavour == "cloud-amd64")
        #expect(KernelRelease("6.12.20+rpt-rpi-2712").flavour == "rpi-2712")
        #expect(KernelRelease("6.12.20+rpt-rpi-v8").flavour != KernelRelease("6.12.20+rpt-rpi-2712").flavour)
    }

    @Test("tell their package's version in /proc/version")
    func version() {
        let text =
            "Linux version 6.1.0-40-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)"
        #expect(KernelRelease.packageVersion(procVersion: text) == "6.1.153-1")
        #expect(KernelRelease.packageVersion(procVersion: "Linux version 6.18 (x) #1 SMP") == nil)
    }
}
