import Contracts
import HubAPI
import Logging
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Hub

/// One hub, machines with images, and a registry that behaves as each test wants.
@Suite("Image checks")
final class ImageCheckerTests {
    private static let app = "registry.example/team/app"
    private let fleet: QueryFleet
    private let registry = FakeRegistry()
    private let clock = Mutex(Timestamp(seconds: 1_795_000_000))
    private let sequence = Mutex(1)

    init() throws { fleet = try QueryFleet("web-01", "web-02") }

    private var now: Timestamp { clock.withLock { $0 } }
    private func pass(hours: Int64) { clock.withLock { $0 = $0.adding(milliseconds: hours * 3_600_000) } }

    private func checker(
        budget: Int = 1000, allowed: [String] = ["registry.example"], credentials: RegistryCredentials = .none
    ) -> ImageChecker {
        var settings = HubConfiguration.Registries()
        settings.allowed = allowed
        settings.requestsPerHour = budget
        let moment = now
        let registry = registry
        let client = RegistryClient(credentials: credentials, insecure: [], now: { moment }) {
            (request) async throws(HTTPFailure) in try await registry.send(request)
        }
        return ImageChecker(
            store: fleet.store, settings: settings, client: client, now: { moment }, random: { $0.lowerBound },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A machine says that it has these images: tag, digests, id.
    private func have(
        _ images: [(tags: [String], digests: [String], id: String)], on machine: String = "web-01",
        architecture: String = "amd64", containers: [(name: String, image: String, id: String)] = []
    ) throws {
        var payload = DockerV1()
        payload.engine = DockerV1.Engine(product: "docker", version: "28.0")
        payload.images = images.map { item in
            var image = DockerV1.Image(id: item.id, dangling: item.tags.isEmpty, containers: 0)
            image.tags = item.tags.isEmpty ? nil : item.tags
            image.digests = item.digests.isEmpty ? nil : item.digests
            (image.os, image.architecture) = ("linux", architecture)
            return image
        }
        payload.containers = containers.map { item in
            var container = DockerV1.Container(id: item.name, name: item.name, state: "running")
            (container.image, container.imageID) = (item.image, item.id)
            return container
        }
        let number = sequence.withLock { value in
            value += 1
            return value
        }
        let result = try fleet.take(
            DeriverSnapshot(payload, at: QueryFleet.start + Int64(number) * 1000, sequence: number), from: machine)
        #expect(result == "derived")
    }

    /// Every reference's answer, as `machine reference answer`.
    private func answers() throws -> [String] {
        let list = Statement(
            "test.answers",
            """
            SELECT s.name AS machine, r.reference, \(ImageCandidates.answer) AS answer, \(ImageCandidates.since) AS since_at
            FROM docker_image_references r JOIN machine_settings s ON s.machine_id = r.machine_id
            LEFT JOIN image_candidates c ON \(ImageCandidates.join) ORDER BY s.name, r.reference, r.image_id
            """)
        return try fleet.read { try $0.rows(list) }.map {
            "\($0["machine"].text ?? "") \($0["reference"].text ?? "") \($0["answer"].text ?? "")"
        }
    }

    private func events() throws -> [String] {
        let list = Statement(
            "test.events",
            """
            SELECT s.name AS machine, e.subject, e.message FROM machine_events e JOIN machine_settings s ON s.machine_id = e.machine_id
            WHERE e.type = 'image_update_available' AND e.source = 'hub' ORDER BY s.name, e.event_id
            """)
        return try fleet.read { try $0.rows(list) }.map { "\($0["machine"].text ?? "") \($0["subject"].text ?? "")" }
    }

    private func round(_ checker: ImageChecker? = nil) async throws {
        let checker = checker ?? self.checker()
        try await checker.synchronize()
        try await checker.check(checker.due(limit: 1000))
    }

    private func name(_ digest: Digest) -> String { "\(Self.app)@\(digest)" }
    private static let old = "sha256:" + String(repeating: "1", count: 64)

    @Test("see one update, once, for the whole fleet")
    func update() async throws {
        let first = registry.push("team/app", tag: "1", configuration: "a")
        for machine in ["web-01", "web-02"] {
            try have([(["\(Self.app):1"], [name(first)], "sha256:" + String(repeating: "a", count: 64))], on: machine)
        }
        #expect(try answers().allSatisfy { $0.hasSuffix(" unknown") })
        try await round()
        // Not at once: a hub that starts does not storm registries.
        #expect(registry.asked.isEmpty)
        pass(hours: 1)
        try await round()
        #expect(registry.asked == ["HEAD registry.example/v2/team/app/manifests/1"])
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date", "web-02 \(Self.app):1 up_to_date"])
        #expect(try events().isEmpty)
        // Asked again after a day, not before.
        pass(hours: 22)
        try await round()
        #expect(registry.asked.count == 1)

        let second = registry.push("team/app", tag: "1", configuration: "b")
        pass(hours: 2)
        try await round()
        #expect(try answers().allSatisfy { $0.hasSuffix(" update_available") })
        #expect(try events() == ["web-01 \(Self.app):1", "web-02 \(Self.app):1"])
        let since = try fleet.read { try $0.row(Statement("t", "SELECT digest_since_at FROM image_candidates")) }
        #expect(since?.time("digest_since_at") == now)

        let listed = try fleet.read {
            try ImageQueries.list($0, .all, filter: .init(isOutdated: true), limit: 10)
        }.items
        #expect(listed.map(\.machine) == ["web-01", "web-02"])
        #expect(listed.first?.references?.map(\.update) == ["update_available"])
        #expect(listed.first?.references?.first?.latestDigest == second.text)
        #expect(listed.first?.references?.first?.since == now)

        // One machine pulls it; the other stays behind, and is told nothing twice.
        try have([(["\(Self.app):1"], [name(second)], "sha256:" + String(repeating: "b", count: 64))], on: "web-02")
        for _ in 0..<3 {
            pass(hours: 25)
            try await round()
        }
        #expect(try answers() == ["web-01 \(Self.app):1 update_available", "web-02 \(Self.app):1 up_to_date"])
        #expect(
            try fleet.read { try ImageQueries.list($0, .all, filter: .init(isOutdated: true), limit: 10) }.items
                .map(\.machine) == ["web-01"])
        #expect(try events().count == 2)
        // What is known needs no more than a HEAD a day.
        #expect(registry.asked.suffix(3).allSatisfy { $0.hasPrefix("HEAD ") })

        // The tag goes back, and forth again: no phantom.
        registry.move("team/app", tag: "1", to: first)
        pass(hours: 25)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date", "web-02 \(Self.app):1 update_available"])
        registry.move("team/app", tag: "1", to: second)
        pass(hours: 25)
        try await round()
        #expect(try events() == ["web-01 \(Self.app):1", "web-02 \(Self.app):1", "web-02 \(Self.app):1"])
    }

    @Test("compare the index, the platform's manifest, and the image itself")
    func platforms() async throws {
        let amd = registry.push("team/app", configuration: "a")
        let arm = registry.push("team/app", configuration: "b")
        let first = registry.push("team/app", tag: "1", index: [("amd64", amd), ("arm64", arm)])
        let id = "sha256:" + String(repeating: "a", count: 64)
        let armID = "sha256:" + String(repeating: "b", count: 64)
        // By the index, and, on the other machine, by the manifest of its platform.
        try have([(["\(Self.app):1"], [name(first)], id)])
        try have([(["\(Self.app):1"], [name(arm)], armID)], on: "web-02", architecture: "arm64")
        pass(hours: 1)
        try await round()
        pass(hours: 1)
        try await round()
        #expect(try answers().allSatisfy { $0.hasSuffix(" up_to_date") })

        // A new index in which amd64 is the same image: only arm64 has something new.
        let newer = registry.push("team/app", configuration: "c")
        registry.push("team/app", tag: "1", index: [("amd64", amd), ("arm64", newer)], note: "rebuilt")
        pass(hours: 25)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date", "web-02 \(Self.app):1 update_available"])
        #expect(try events() == ["web-02 \(Self.app):1"])

        // The platform is no longer offered.
        registry.push("team/app", tag: "1", index: [("amd64", amd)])
        pass(hours: 25)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date", "web-02 \(Self.app):1 gone"])
    }

    @Test("leave alone what is pinned, local, or of a registry that is not allowed")
    func notAsked() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have(
            [
                (["built:latest"], [], "sha256:b"),
                (["localhost/podman:1"], ["localhost/podman@\(Self.old)"], "sha256:p"),
                (["retagged:1"], [name(digest)], "sha256:r"), ([], [name(digest)], "sha256:q"),
                (["other.example/x:1"], ["other.example/x@\(Self.old)"], "sha256:o"),
            ], containers: [("c1", "\(Self.app)@\(digest)", "sha256:q"), ("c2", "sha256:b", "sha256:b")])
        pass(hours: 1)
        try await round()
        pass(hours: 1)
        try await round()
        #expect(registry.asked.isEmpty)
        #expect(
            try answers() == [
                "web-01 built:latest local_only", "web-01 localhost/podman:1 local_only",
                "web-01 other.example/x:1 not_allowed", "web-01 \(Self.app)@\(digest) pinned",
                "web-01 retagged:1 local_only",
            ])
        // Once allowed, it is asked; taken from the list, it is not asked any more.
        let wider = ["registry.example", "other.example"]
        try await round(checker(allowed: wider))
        pass(hours: 1)
        try await round(checker(allowed: wider))
        #expect(registry.asked == ["HEAD other.example/v2/x/manifests/1"])
        #expect(try answers().contains("web-01 other.example/x:1 gone"))
        try await round()
        #expect(try answers().contains("web-01 other.example/x:1 not_allowed"))
    }

    @Test("tell a container that runs an older image than its tag names")
    func outdatedContainer() async throws {
        let first = registry.push("team/app", configuration: "a")
        let second = registry.push("team/app", tag: "1", configuration: "b")
        try have(
            [(["\(Self.app):1"], [name(second)], "sha256:new"), ([], [name(first)], "sha256:old")],
            containers: [("c", "\(Self.app):1", "sha256:old")])
        for _ in 0..<2 {
            pass(hours: 1)
            try await round()
        }
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date", "web-01 \(Self.app):1 update_available"])
    }

    @Test(
        "give each refusal its own answer, with since when, and come back from it",
        arguments: [
            (401, "unauthorized"), (403, "unauthorized"), (404, "gone"), (500, "unreachable"), (302, "unreachable"),
        ])
    func refusals(_ status: Int, _ answer: String) async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have([(["\(Self.app):1"], [name(digest)], "sha256:a")])
        try await round()
        registry.set { $0.status = status }
        pass(hours: 1)
        try await round()
        let since = now
        #expect(try answers() == ["web-01 \(Self.app):1 \(answer)"])
        pass(hours: 26)
        try await round()
        let row = try fleet.read {
            try $0.row(Statement("t", "SELECT answer_since_at, asked_at, last_error FROM image_candidates"))
        }
        #expect(row?.time("answer_since_at") == since)
        #expect(row?.time("asked_at") == now)
        #expect(row?.text("last_error") != nil)
        registry.set { $0.status = nil }
        pass(hours: 26)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date"])
    }

    @Test("wait when a registry says 429, and keep what it said before")
    func rateLimit() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        let other = registry.push("team/app", tag: "2", configuration: "b")
        try have([(["\(Self.app):1"], [name(digest)], "sha256:a"), (["\(Self.app):2"], [name(other)], "sha256:b")])
        try await round()
        registry.set { state in
            state.status = 429
            state.headers = [HTTPField(name: "Retry-After", value: "7200")]
        }
        pass(hours: 1)
        try await round()
        // The second tag is not even tried.
        #expect(registry.asked.count == 1)
        #expect(try answers() == ["web-01 \(Self.app):1 rate_limited", "web-01 \(Self.app):2 unknown"])
        registry.set { $0.status = nil }
        pass(hours: 1)
        try await round()
        #expect(registry.asked.count == 1)
        pass(hours: 2)
        try await round()
        #expect(try answers().allSatisfy { $0.hasSuffix(" up_to_date") })
        registry.set { $0.status = 429 }
        pass(hours: 26)
        try await round()
        #expect(try answers().allSatisfy { $0.hasSuffix(" up_to_date") })
    }

    @Test("spend no more than the budget, and go on in the next hour")
    func budget() async throws {
        var images: [(tags: [String], digests: [String], id: String)] = []
        for tag in 0..<10 {
            let digest = registry.push("team/app", tag: "\(tag)", configuration: Character("\(tag)"))
            images.append((["\(Self.app):\(tag)"], [name(digest)], "sha256:\(tag)"))
        }
        try have(images)
        try await round(checker(budget: 4))
        var seen: [Int] = []
        for _ in 0..<4 {
            pass(hours: 1)
            clock.withLock { $0 = $0.adding(milliseconds: 120_000) }
            try await round(checker(budget: 4))
            seen.append(registry.asked.count)
        }
        #expect(seen == [4, 8, 10, 10])
        #expect(try answers().allSatisfy { $0.hasSuffix(" up_to_date") })
    }

    @Test("ask a registry that cannot be reached once for all of its tags")
    func unreachable() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have((0..<5).map { (["\(Self.app):\($0)"], [name(digest)], "sha256:\($0)") })
        try await round()
        registry.set { $0.failure = HTTPFailure(kind: .certificate, message: "self-signed certificate") }
        pass(hours: 1)
        try await round()
        #expect(registry.asked.count == 1)
        #expect(try answers().allSatisfy { $0.hasSuffix(" unreachable") })
        let row = try fleet.read { try $0.row(Statement("t", "SELECT last_error FROM image_registries")) }
        #expect(row?.text("last_error") == "self-signed certificate")
    }

    @Test("take a digest from the content where the registry does not tell it, and believe no other")
    func withoutDigest() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have([(["\(Self.app):1"], [name(digest)], "sha256:a")])
        try await round()
        registry.set { $0.tellsDigest = false }
        pass(hours: 1)
        try await round()
        #expect(registry.asked.map { $0.prefix(4) } == ["HEAD", "GET "])
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date"])
        registry.set { $0.doesHead = false }
        pass(hours: 26)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date"])
        registry.set { $0.failure = HTTPFailure(kind: .tooLarge, message: "large") }
        pass(hours: 26)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 no_digest"])
        registry.set { state in
            state.failure = nil
            state.manifests["team/app/1"] = Array("<html>".utf8)
        }
        pass(hours: 26)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 no_digest"])
    }

    @Test("fetch a token where one is wanted, with the password only where it belongs")
    func tokens() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have([(["\(Self.app):1"], [name(digest)], "sha256:a")])
        try await round()
        registry.set { $0.tokenFor = .some(nil) }
        pass(hours: 1)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date"])
        #expect(
            registry.asked == [
                "HEAD registry.example/v2/team/app/manifests/1",
                "GET auth.example/token?x=1&service=the%20registry&scope=repository:team/app:pull",
                "HEAD registry.example/v2/team/app/manifests/1",
            ])
        // A private one.
        let secret = Base64.encode(Array("user:password".utf8))
        registry.set { $0.tokenFor = .some(secret) }
        pass(hours: 26)
        try await round()
        #expect(try answers() == ["web-01 \(Self.app):1 unauthorized"])
        let credentials = try #require(
            RegistryCredentials(Array(#"{"auths":{"https://registry.example/v1/":{"auth":"\#(secret)"}}}"#.utf8)))
        pass(hours: 26)
        try await round(checker(credentials: credentials))
        #expect(try answers() == ["web-01 \(Self.app):1 up_to_date"])
        // A realm without TLS never gets it.
        registry.forget()
        registry.set { $0.challenge = #"Bearer realm="http://auth.example/token""# }
        pass(hours: 26)
        try await round(checker(credentials: credentials))
        #expect(try answers() == ["web-01 \(Self.app):1 unauthorized"])
        #expect(registry.requests.count == 1)
        // The password itself, where the registry asks for that.
        registry.set { $0.challenge = #"Basic realm="x""# }
        pass(hours: 26)
        try await round(checker(credentials: credentials))
        #expect(registry.requests.last?.headers.contains { $0.value == "Basic \(secret)" } == true)
    }

    @Test("follow a redirect, without what is secret and never away from TLS")
    func redirects() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have([(["\(Self.app):1"], [name(digest)], "sha256:a")])
        try await round()
        registry.set { state in
            state.tokenFor = .some(nil)
            state.location = "https://mirror.example/v2/team/app/manifests/1"
        }
        pass(hours: 1)
        try await round()
        let last = try #require(registry.requests.last)
        #expect(last.url == "https://mirror.example/v2/team/app/manifests/1")
        #expect(!last.headers.contains { $0.name == "Authorization" })
        registry.forget()
        registry.set { state in
            state.tokenFor = nil
            state.location = "http://127.0.0.1/v2/"
        }
        pass(hours: 26)
        try await round()
        #expect(registry.requests.count == 1)
        #expect(try answers() == ["web-01 \(Self.app):1 unreachable"])
        registry.forget()
        registry.set { $0.location = "/loop" }
        pass(hours: 26)
        try await round()
        #expect(registry.asked.count == 4)
        #expect(try answers() == ["web-01 \(Self.app):1 unreachable"])
    }

    @Test("forget tags that no machine has any more, and go on after an error")
    func forgetting() async throws {
        let digest = registry.push("team/app", tag: "1", configuration: "a")
        try have([(["\(Self.app):1"], [name(digest)], "sha256:a")])
        try await round()
        try have([])
        pass(hours: 24)
        try await round()
        func count() throws -> Int? {
            try fleet.read { try $0.row(Statement("t", "SELECT count(*) AS n FROM image_candidates"))?.integer("n") }
        }
        #expect(try count() == 1)
        pass(hours: 24 * 8)
        try await round()
        #expect(try count() == 0)
    }

    @Test("stop with the hub, also in the middle of the day", .timeLimit(.minutes(1)))
    func service() async throws {
        let rounds = Mutex(0)
        let waits = AsyncStream.makeStream(of: Void.self)
        let service = ImageCheckService(
            checker: checker(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            sleep: { _ in
                waits.continuation.yield()
                rounds.withLock { $0 += 1 }
                try await Task.sleep(for: .seconds(3600))
            })
        let task = Task { try await service.run() }
        for await _ in waits.stream { break }
        task.cancel()
        try await task.value
        #expect(rounds.withLock { $0 } == 1)
    }
}

@Suite("Credentials of registries")
struct RegistryCredentialsTests {
    @Test("are read as docker login writes them")
    func reads() {
        let auth = Base64.encode(Array("user:pass:word".utf8))
        let read = RegistryCredentials(
            Array(
                #"{"auths":{"https://index.docker.io/v1/":{"auth":"\#(auth)"},"GHCR.io":{"username":"u","password":"p"}}}"#
                    .utf8))
        #expect(read?["docker.io"] == auth)
        #expect(read?["ghcr.io"] == Base64.encode(Array("u:p".utf8)))
        #expect(read?["quay.io"] == nil)
        for other in [
            "", "{}", #"{"auths":[]}"#, #"{"auths":{"a b":{"auth":"eDp5"}}}"#, #"{"auths":{"x.io":{}}}"#,
            #"{"auths":{"x.io":{"auth":"not base64!"}}}"#, #"{"auths":{"x.io":{"auth":"eHk="}}}"#,
        ] {
            #expect(RegistryCredentials(Array(other.utf8)) == nil)
        }
    }

    @Test("stand in a file that nobody else may read")
    func mode() throws {
        let directory = try TemporaryDirectory()
        try directory.write("c.json", #"{"auths":{}}"#)
        let path = directory.file("c.json")
        try ChildProcess.run("chmod", ["0600", path])
        _ = try RegistryCredentials(path: path)
        for mode in ["0644", "0640", "0604"] {
            try ChildProcess.run("chmod", [mode, path])
            #expect(throws: ConfigurationFailure.self) { try RegistryCredentials(path: path) }
        }
        #expect(throws: ConfigurationFailure.self) { try RegistryCredentials(path: directory.file("none")) }
        #expect(throws: ConfigurationFailure.self) { try RegistryCredentials(path: directory.path) }
    }
}
