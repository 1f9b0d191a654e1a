import Contracts
import Testing

@testable import Hub

@Suite("Image references")
struct ImageReferenceTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(
        "are read as engines read them",
        arguments: [
            ("nginx", "docker.io library/nginx latest -", "nginx:latest"),
            ("nginx:1.27", "docker.io library/nginx 1.27 -", "nginx:1.27"),
            ("bitnami/redis", "docker.io bitnami/redis latest -", "bitnami/redis:latest"),
            ("docker.io/nginx", "docker.io library/nginx latest -", "nginx:latest"),
            ("index.docker.io/library/nginx:1", "docker.io library/nginx 1 -", "nginx:1"),
            ("ghcr.io/owner/app/sub:v1.2.3", "ghcr.io owner/app/sub v1.2.3 -", "ghcr.io/owner/app/sub:v1.2.3"),
            ("localhost/t:1", "localhost t 1 -", "localhost/t:1"),
            ("localhost:5000/t", "localhost:5000 t latest -", "localhost:5000/t:latest"),
            ("127.0.0.1:5000/a/b:x", "127.0.0.1:5000 a/b x -", "127.0.0.1:5000/a/b:x"),
            ("[::1]:5000/a", "[::1]:5000 a latest -", "[::1]:5000/a:latest"),
            ("GHCR.io/a/b", "ghcr.io a/b latest -", "ghcr.io/a/b:latest"),
            ("a__b/c-d.e---f:_x", "docker.io a__b/c-d.e---f _x -", "a__b/c-d.e---f:_x"),
            ("nginx@\(digest)", "docker.io library/nginx - \(digest)", "nginx@\(digest)"),
            ("nginx:1@\(digest)", "docker.io library/nginx 1 \(digest)", "nginx:1@\(digest)"),
        ])
    func reads(_ text: String, _ parts: String, _ familiar: String) throws {
        let reference = try #require(ImageReference(text))
        let found =
            "\(reference.registry) \(reference.repository) \(reference.tag ?? "-") \(reference.digest?.text ?? "-")"
        #expect(found == parts)
        #expect(reference.familiar == familiar)
        #expect(ImageReference(reference.familiar) == reference)
    }

    @Test(
        "that are none are refused",
        arguments: [
            "", ":", "/", "@", "nginx:", "nginx@", "nginx@sha256:abc", "nginx@sha512:x", "a//b", "/a", "a/", "A/b",
            "Nginx", "a/../b", "..", "a/..", "a b", "a\nb", "a\r\nHost: x", "a?b", "a#b", "a%2e", "a:b:c",
            "ex ample.com/a",
            "-a.com/b", "a.com-/b", "a..com/b", "a.com:0/b", "a.com:70000/b", "a.com:5x/b", "a.com:/b", "[::1/b",
            "[]/b",
            "user@a.com/b", "https://a.com/b", "a___b", "a._b", "_a", "a-", "<none>:<none>", "nginx:-x", "é/b", "a:é",
            "nginx:\(String(repeating: "x", count: 129))", String(repeating: "a", count: 300),
            "a.com/\(String(repeating: "b/", count: 200))c", "\u{0}", "a\u{202E}b",
        ])
    func refuses(_ text: String) { #expect(ImageReference(text) == nil) }

    @Test("name local images and repositories")
    func relations() throws {
        let local = try #require(ImageReference("localhost/built:1"))
        #expect(local.isLocal)
        let registry = try #require(ImageReference("localhost:5000/built:1"))
        #expect(!registry.isLocal)
        let tag = try #require(ImageReference("nginx:1"))
        let digest = try #require(ImageReference("docker.io/library/nginx@\(Self.digest)"))
        #expect(tag.isSameRepository(digest))
    }
}

@Suite("Challenges of registries")
struct RegistryChallengeTests {
    @Test("are read as they come")
    func reads() {
        let docker = RegistryChallenge.parse(
            #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#
        )
        #expect(docker.map(\.scheme) == ["bearer"])
        #expect(
            docker.first?.parameters == [
                "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                "scope": "repository:library/nginx:pull",
            ])
        let both = RegistryChallenge.parse(#"Basic realm="a \"quoted\" one", BEARER Realm = https://x/y , service=z"#)
        #expect(both.map(\.scheme) == ["basic", "bearer"])
        #expect(both.first?.parameters["realm"] == "a \"quoted\" one")
        #expect(both.last?.parameters["realm"] == "https://x/y")
        #expect(both.last?.parameters["service"] == "z")
    }

    @Test(
        "that are cut or nonsense end the list and nothing else",
        arguments: ["", "=", "\"", "Bearer realm=\"", "Bearer realm=\"a\\", "Bearer realm=", ",,,", "Bearer =x", "((("])
    func nonsense(_ text: String) { #expect(RegistryChallenge.parse(text).allSatisfy { $0.parameters.isEmpty }) }
}

@Suite("Ledgers of registries")
struct RegistryLedgerTests {
    private let start = Timestamp(seconds: 1_795_000_000)
    private func after(_ seconds: Int64) -> Timestamp { start.adding(milliseconds: seconds * 1000) }

    @Test("give so many requests an hour")
    func budget() {
        var ledger = RegistryLedger()
        var taken = (0..<5).map { ledger.take(now: after($0), budget: 3) }
        #expect(taken == [true, true, true, false, false])
        #expect(ledger.freeAt(now: after(5), budget: 3) == after(3600))
        taken = [ledger.take(now: after(3599), budget: 3), ledger.take(now: after(3600), budget: 3)]
        #expect(taken == [false, true])
        // A clock that was set back begins a new hour.
        #expect(ledger.freeAt(now: start, budget: 3) == start)
        let back = ledger.take(now: start.adding(milliseconds: -86_400_000), budget: 1)
        #expect(back)
    }

    @Test("wait as long as a registry says, but not for ever")
    func block() {
        var ledger = RegistryLedger()
        ledger.block(forSeconds: 120, now: start)
        var taken = [ledger.take(now: after(119), budget: 9), ledger.take(now: after(120), budget: 9)]
        #expect(taken == [false, true])
        ledger.block(forSeconds: nil, now: start)
        #expect(ledger.blockedUntil == after(3600))
        ledger.block(forSeconds: 1_000_000_000, now: start)
        #expect(ledger.blockedUntil == after(86_400))
        ledger.block(forSeconds: 0, now: start)
        taken = [ledger.take(now: after(1), budget: 9)]
        #expect(taken == [true])
    }
}

@Suite("Manifests of registries")
struct RegistryManifestTests {
    private func digest(_ digit: Character) -> String { "sha256:" + String(repeating: digit, count: 64) }

    @Test("are indexes and images of both kinds, and nothing else")
    func reads() {
        let index = RegistryManifest(
            Array(
                """
                {"schemaVersion":2,"manifests":[
                {"digest":"\(digest("a"))","platform":{"os":"linux","architecture":"amd64"}},
                {"digest":"\(digest("b"))","platform":{"os":"linux","architecture":"arm","variant":"v7"}},
                {"digest":"\(digest("c"))","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
                {"digest":"\(digest("d"))","platform":{"os":"unknown","architecture":"unknown"}},
                {"digest":"nonsense"},{"platform":7},null]}
                """.utf8))
        guard case .index(let entries)? = index else { return #expect(Bool(false)) }
        func found(_ os: String, _ architecture: String, _ variant: String = "") -> Character? {
            RegistryManifest.entry(
                for: ImagePlatform(os: os, architecture: architecture, variant: variant), in: entries)?.digest.text.last
        }
        #expect(entries.count == 4)
        #expect(found("linux", "amd64") == "a")
        #expect(found("linux", "arm", "v7") == "b")
        #expect(found("linux", "arm", "v6") == nil)
        // Engines leave the variant of arm64 out.
        #expect(found("linux", "arm64") == "c")
        #expect(found("windows", "amd64") == nil)
        #expect(
            RegistryManifest(Array(#"{"config":{"digest":"\#(digest("e"))"},"layers":[]}"#.utf8))
                == .image(configuration: Digest(digest("e"))))
        for other in ["", "{}", "[]", "null", "<html>", #"{"errors":[]}"#, #"{"a":1,"a":2}"#] {
            #expect(RegistryManifest(Array(other.utf8)) == nil)
        }
    }
}
