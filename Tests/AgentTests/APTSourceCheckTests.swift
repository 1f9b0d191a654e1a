import Contracts
import TestSupport
import Testing

@testable import Agent

@Suite("Sources and their keys")
struct APTSourceCheckTests {
    private static let good = "/etc/apt/keyrings/vt.gpg"

    /// A source of the recorded root, with its lists and keys; a test bends what it is about.
    private func check(
        _ suite: String, uri: String = "file:/srv/repo", signedBy: String? = good, trusted: Bool? = nil,
        at now: Timestamp = Timestamp(seconds: 1_800_000_000), _ bend: (TemporaryDirectory) throws -> Void = { _ in }
    ) throws -> APTV1.Source {
        let root = try APTRecording.all[0].root()
        try bend(root)
        let host = try Host(root: root.path)
        var source = APTV1.Source(file: "f", format: "deb822", type: "deb", uri: uri, suite: suite, enabled: true)
        source.signedBy = signedBy
        source.trusted = trusted
        var checks = APTSourceChecks(host: host, releases: APTReleases(host: host, sources: [source]), now: now)
        return checks.checked(source)
    }

    @Test("that are in order are signed, fetched and without a problem")
    func inOrder() throws {
        for keys in [Self.good, "/etc/apt/keyrings/vt.asc", "/etc/apt/keyrings/vt-old.gpg,\(Self.good)", "embedded"] {
            let source = try check("stable", signedBy: keys)
            #expect(source.problem == nil, "\(keys)")
            #expect(source.signature == "signed")
            #expect(source.fetchedAt != nil)
            #expect(source.keyExpiresAt == nil)
        }
    }

    @Test("without signatures are told apart, and asked for no keys")
    func unsigned() throws {
        let source = try check("third", signedBy: nil, trusted: true)
        #expect(source.signature == "unsigned")
        #expect(source.problem == nil)
    }

    @Test("whose key is not there, or not the one that signed")
    func missing() throws {
        let absent = try check("stable", signedBy: "/usr/share/keyrings/none.gpg")
        #expect(absent.problemCode == "key_missing")
        #expect(absent.problem == "/usr/share/keyrings/none.gpg does not exist")
        let other = try check("stable", signedBy: "/etc/apt/keyrings/vt-old.gpg")
        #expect(other.problemCode == "key_missing")
        #expect(other.problem?.hasPrefix("it is signed by ") == true)
        // Keys that every source may use, and none of them is its own.
        let every = try check("stable", signedBy: nil) { root in
            try root.write("etc/apt/trusted.gpg.d/old.gpg", try root.read("etc/apt/keyrings/vt-old.gpg"))
        }
        #expect(every.problemCode == "key_missing")
        let own = try check("stable", signedBy: nil) { root in
            try root.write("etc/apt/trusted.gpg.d/good.asc", try root.read("etc/apt/keyrings/vt.asc"))
        }
        #expect(own.problem == nil)
    }

    @Test("whose key has expired, before or after they were fetched")
    func expired() throws {
        let source = try check(
            "expired", uri: "http://repo.vigie.test/expired", signedBy: "/etc/apt/keyrings/vt-old.gpg")
        #expect(source.problemCode == "key_expired")
        #expect(source.problem?.contains(" expired on 2024-12-31") == true)
        #expect(source.keyExpiresAt?.description.hasPrefix("2024-12-31T") == true)
        let before = try check(
            "expired", uri: "http://repo.vigie.test/expired", signedBy: "/etc/apt/keyrings/vt-old.gpg",
            at: Timestamp("2024-06-01T00:00:00Z") ?? Timestamp(seconds: 0))
        #expect(before.problemCode == "not_fetched")
        #expect(before.keyExpiresAt == source.keyExpiresAt)
    }

    @Test("named by fingerprint need one of the keys that every source may use")
    func fingerprints() throws {
        let keys = OpenPGP.keys(try APTRecording.all[0].bytes("etc/apt/keyrings/vt.gpg"))
        let fingerprint = try #require(keys.first?.fingerprint)
        func trust(_ root: TemporaryDirectory) throws {
            try root.write("etc/apt/trusted.gpg.d/good.gpg", try root.read("etc/apt/keyrings/vt.gpg"))
        }
        #expect(try check("stable", signedBy: fingerprint + "!", trust).problem == nil)
        let other = String(repeating: "A", count: 40)
        #expect(try check("stable", signedBy: other, trust).problemCode == "key_missing")
    }

    @Test("that were not fetched, or whose release file is too old for APT")
    func stale() throws {
        #expect(try check("nowhere").problemCode == "not_fetched")
        let old = try check("third", trusted: true) { root in
            try root.write(
                "var/lib/apt/lists/_srv_repo_dists_third_Release",
                "Suite: third\nValid-Until: Sat, 21 Nov 2026 07:42:36 UTC\n")
        }
        #expect(old.problemCode == "release_expired")
        #expect(old.problem?.contains("2026-11-21T07:42:36") == true)
    }

    @Test("that stay behind the others for a day could not be updated")
    func late() {
        func source(_ uri: String, _ at: String?, _ signature: String? = "signed") -> APTV1.Source {
            var source = APTV1.Source(file: "f", format: "deb822", type: "deb", uri: uri, suite: "s", enabled: true)
            source.fetchedAt = at.flatMap { Timestamp($0) }
            source.signature = signature
            return source
        }
        let marked = APTSourceChecks.markingLate([
            source("a", "2026-11-21T06:00:00Z"), source("b", "2026-11-20T07:00:00Z"),
            source("c", "2026-11-20T05:59:00Z"), source("d", "2026-01-01T00:00:00Z", "unsigned"), source("e", nil, nil),
        ])
        #expect(marked.map(\.problemCode) == [nil, nil, "not_updated", nil, nil])
        #expect(marked[2].problem == "it could not be updated since 2026-11-20T05:59:00.000Z, while others were")
    }

    @Test("with a keyring that cannot be understood are not accused")
    func unknownKeyring() throws {
        for garbage in [
            "", "KBXf", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n%%%\n-----END PGP PUBLIC KEY BLOCK-----\n",
        ] {
            let source = try check("stable") { try $0.write("etc/apt/keyrings/vt.gpg", garbage) }
            #expect(source.problem == nil)
        }
    }
}

@Suite("OpenPGP")
struct APTOpenPGPTests {
    @Test("reads the same keys armored and binary, with gpg's own fingerprints")
    func keys() throws {
        for recording in APTRecording.all {
            let binary = try recording.bytes("etc/apt/keyrings/vt.gpg")
            let keys = OpenPGP.keys(binary)
            #expect(keys == OpenPGP.keys(try recording.bytes("etc/apt/keyrings/vt.asc")))
            #expect(keys.count == 1 && keys[0].fingerprint.count == 40 && keys[0].expiresAt == nil)
            #expect(!keys[0].isRevoked)
            let issuers = OpenPGP.issuers(try recording.bytes("var/lib/apt/lists/_srv_repo_dists_stable_InRelease"))
            #expect(issuers == [keys[0].fingerprint])
            #expect(keys[0].isIssuer(String(keys[0].fingerprint.suffix(16))))
        }
    }

    @Test("of any cut and any bit does not crash")
    func hostile() throws {
        let keyring = try APTRecording.all[0].bytes("etc/apt/keyrings/vt.gpg")
        let release = try APTRecording.all[0].bytes("var/lib/apt/lists/_srv_repo_dists_stable_InRelease")
        for length in stride(from: 0, to: keyring.count, by: 3) { _ = OpenPGP.keys(Array(keyring[..<length])) }
        for length in stride(from: 0, to: release.count, by: 101) { _ = OpenPGP.issuers(Array(release[..<length])) }
        for position in keyring.indices {
            var bent = keyring
            bent[position] ^= 0xFF
            _ = OpenPGP.keys(bent)
        }
        for bytes: [UInt8] in [
            [0xC6], [0xC6, 0xFF], [0xC6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x99], [0xFF, 0xE0], [0x9B, 4],
        ] {
            #expect(OpenPGP.keys(bytes) == [])
        }
    }
}
