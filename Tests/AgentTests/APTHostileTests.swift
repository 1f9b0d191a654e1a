import Contracts
import TestSupport
import Testing

@testable import Agent

/// Bytes that nobody meant to write, in front of every parser of APT's files: no crash, no NUL, no made-up entry.
@Suite("APT's parsers")
struct APTHostileTests {
    private static let history = """

        Start-Date: 2026-11-20  10:00:00
        Commandline: apt-get -o Acquire::http::Proxy=http://u:p@proxy install a
        Requested-By: alice (1000)
        Install: a:amd64 (1.0), b:i386 (2:1.0~rc1-1, automatic)
        Upgrade: c:amd64 (1.0, 1.1), d:all (1, 2)
        Error: Sub-process /usr/bin/dpkg returned an error code (1)
        End-Date: 2026-11-20  10:00:05

        """

    /// Every parser over the same bytes; what it made, as text.
    private func parsed(_ bytes: [UInt8]) -> [String] {
        let status = DpkgStatus(bytes)
        let text = String(decoding: bytes.map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
        let history = APTHistory.transactions(bytes, zone: \.asUTC)
        let lines = APTSources.oneLine(text, file: "f")
        let stanzas = APTSources.deb822(bytes, file: "f")
        let simulation = APTSimulation(text)
        let policy = APTPolicy(text)
        var details = APTDetails(nativeArchitecture: "amd64")
        details.read(text)
        var result = status.packages.flatMap { [$0.name, $0.version, $0.architecture, $0.source ?? ""] }
        result += status.defects.map(\.reason) + APTExtendedStates.automatic(bytes)
        result += history.transactions.flatMap { [$0.commandLine ?? "", $0.requestedBy ?? "", $0.error ?? ""] }
        result += history.transactions.flatMap(\.actions).flatMap {
            [$0.name, $0.fromVersion ?? "", $0.toVersion ?? ""]
        }
        result += (lines.sources + stanzas.sources).flatMap { [$0.uri, $0.suite, $0.signedBy ?? ""] }
        result += simulation.installations.flatMap { [$0.name, $0.targetVersion] } + simulation.removals.map(\.name)
        result += simulation.unmet.map(\.detail) + policy.packages.map(\.name)
        result += APTPackageFiles(text).files.map(\.description) + APTMessages(text).errors
        let triggers = DpkgTriggers(deferred: text, files: text) { String($0.prefix(40)) }
        result += Array(triggers.pending.keys) + Array(triggers.awaited.keys)
        result += [APTRelease(bytes).suite ?? ""] + OpenPGP.issuers(bytes)
        _ = (details, OpenPGP.keys(bytes))
        return result
    }

    private static func samples() throws -> [[UInt8]] {
        let recording = APTRecording.all[0]
        let names = [
            "status", "extended_states", "policy.txt", "files.txt", "full-upgrade.txt", "show.txt",
            "etc/apt/sources.list.d/vt.list", "etc/apt/sources.list.d/vt.sources",
            "var/lib/apt/lists/_srv_repo_dists_stable_InRelease",
        ]
        return try names.map { Array(try recording.bytes($0).prefix(12_000)) }
            + [Array(history.utf8), try APTRecording.scenario("unmet")[0].bytes("upgrade.txt")]
    }

    @Test("take bent files without a crash, and give nothing that JSON could not hold")
    func bent() throws {
        var random = SplitMix(state: 0xA97)
        let pieces: [[UInt8]] = [
            [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x0A], [0x0A, 0x0A], [0x0A, 0x20], [0x3A], [0x20], [0x28], [0x29],
            [0x5B], [0x5D], [0x2C], [0x23], [0x0D], Array("::".utf8), Array("99999999999999999999".utf8),
            Array("-1".utf8), Array("\u{1F600}".utf8), Array("e\u{301}".utf8),
        ]
        for sample in try Self.samples() {
            for _ in 0..<40 {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let position = Int.random(in: 0..<max(1, bytes.count), using: &random)
                    let length = Int.random(in: 0...3, using: &random)
                    let end = min(bytes.count, position + length)
                    bytes.replaceSubrange(min(position, end)..<end, with: pieces.randomElement(using: &random) ?? [])
                }
                if Bool.random(using: &random) {
                    bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
                }
                for text in parsed(bytes) { #expect(!text.utf8.contains(0)) }
            }
        }
    }

    @Test("take huge files in a time that grows with their size alone", .timeLimit(.minutes(2)))
    func huge() {
        let size = 1 << 20
        let longLine = [UInt8](repeating: 0x61, count: size)
        _ = parsed(longLine)
        _ = parsed(Array("Package: ".utf8) + longLine)
        _ = parsed([UInt8](repeating: 0x0A, count: size))
        _ = parsed([UInt8](repeating: 0x28, count: size))
        for line in [
            "a:\n", " x\n", "Package: a\n\n", "deb [a=b] http://h s\n", "Inst a (1 x [amd64])\n",
            "-----BEGIN PGP SIGNATURE-----\n",
        ] {
            _ = parsed(Array(String(repeating: line, count: size / 16 / line.utf8.count).utf8))
        }
        let product =
            "Types: deb\nURIs: \(String(repeating: "http://h ", count: 3000))\nSuites: \(String(repeating: "s ", count: 3000))\n"
        #expect(APTSources.deb822(Array(product.utf8), file: "f").sources.count <= 2000)
    }

    @Test("of history leave out the line that APT is still writing")
    func unfinished() {
        let whole = Array(Self.history.utf8)
        let text = Self.history
        let end = text.firstRange(of: "2:1.0~r")?.upperBound ?? text.startIndex
        let half = APTHistory.transactions(Array(text[..<end].utf8), zone: \.asUTC)
        #expect(half.transactions.count == 1)
        #expect(half.transactions.first?.actions == [])
        #expect(half.transactions.first?.endedAt == nil)
        let done = APTHistory.transactions(whole, zone: \.asUTC).transactions.first
        #expect(done?.startedAt == half.transactions.first?.startedAt)
        #expect(done?.commandLine == "apt-get -o Acquire::http::Proxy=http://proxy install a")
        #expect(done?.requestedBy == "alice (1000)")
        #expect(done?.error == "Sub-process /usr/bin/dpkg returned an error code (1)")
        #expect(
            done?.actions.map { "\($0.operation) \($0.name):\($0.architecture) \($0.automatic ?? false)" } == [
                "install a:amd64 false", "install b:i386 true", "upgrade c:amd64 false", "upgrade d:all false",
            ])
    }
}
