import Contracts
import Foundation
import Logging
import TestSupport
import Testing
import Transport

@testable import Hub

private let hasRegistry = ["/usr/bin/docker-registry", "/usr/bin/skopeo"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// Debian's `docker-registry` on loopback, pushed to by `skopeo`, asked through libcurl.
@Suite(
    "A real registry", .enabled(if: hasRegistry, "no registry: make test-registry installs docker-registry and skopeo"))
final class RealRegistryTests {
    private let directory: TemporaryDirectory
    private let process: ChildProcess
    private let port: Int
    private let fleet: QueryFleet
    private var sequence = 1

    private var host: String { "127.0.0.1:\(port)" }

    init() throws {
        directory = try TemporaryDirectory()
        fleet = try QueryFleet("web-01", "web-02")
        let text = try ChildProcess.run(
            "python3",
            ["-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"])
        port = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        try directory.write(
            "config.yml",
            """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: \(directory.file("data"))}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:\(port)"}
            """)
        process = try ChildProcess("docker-registry", ["serve", directory.file("config.yml")])
    }

    deinit {
        process.signal(SIGKILL)
        _ = process.wait()
    }

    private func untilReady() async throws {
        let client = HTTPClient()
        while true {
            if let answer = try? await client.send(HTTPRequest(url: "http://\(host)/v2/")), answer.status == 200 {
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Pushes an OCI layout with one image for each architecture; several make an index. Answers the tag's digest.
    private func push(_ name: String, _ tag: String, _ contents: [String: String]) throws -> Digest {
        let layout = directory.file("layout-\(UUID().uuidString)")
        try ChildProcess.run(
            "python3", ["-c", Self.layout, layout] + contents.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })
        let all = contents.count > 1 ? ["--all"] : []
        try ChildProcess.run(
            "skopeo",
            ["copy", "--quiet", "--insecure-policy", "--preserve-digests", "--dest-tls-verify=false"] + all + [
                "oci:\(layout)", "docker://\(host)/\(name):\(tag)",
            ])
        let raw = try ChildProcess.run(
            "skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(host)/\(name):\(tag)"])
        return Digest(sha256: SHA256.digest(Array(raw.utf8)))
    }

    private static let layout = """
        import hashlib, io, json, os, sys, tarfile
        out = sys.argv[1]
        os.makedirs(out + "/blobs/sha256")
        def blob(data, kind):
            digest = hashlib.sha256(data).hexdigest()
            open(out + "/blobs/sha256/" + digest, "wb").write(data)
            return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}
        images = []
        for argument in sys.argv[2:]:
            architecture, content = argument.split("=")
            layer = io.BytesIO()
            with tarfile.open(fileobj=layer, mode="w") as tar:
                information = tarfile.TarInfo("content")
                information.size = len(content)
                tar.addfile(information, io.BytesIO(content.encode()))
            data = layer.getvalue()
            config = {"os": "linux", "architecture": architecture, "config": {},
                      "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]}}
            manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "config": blob(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
                        "layers": [blob(data, "application/vnd.oci.image.layer.v1.tar")]}
            entry = blob(json.dumps(manifest).encode(), manifest["mediaType"])
            entry["platform"] = {"os": "linux", "architecture": architecture}
            images.append(entry)
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": images}
        if len(images) > 1:
            index = {"schemaVersion": 2, "manifests": [blob(json.dumps(index).encode(), index["mediaType"])]}
        json.dump(index, open(out + "/index.json", "w"))
        json.dump({"imageLayoutVersion": "1.0.0"}, open(out + "/oci-layout", "w"))
        """

    private func have(_ tag: String, _ digest: Digest, on machine: String, architecture: String = "amd64") throws {
        var payload = DockerV1()
        var image = DockerV1.Image(id: "sha256:\(machine)", dangling: false, containers: 0)
        image.tags = ["\(host)/\(tag)"]
        image.digests = ["\(host)/\(tag.prefix { $0 != ":" })@\(digest)"]
        (image.os, image.architecture) = ("linux", architecture)
        payload.images = [image]
        payload.containers = []
        sequence += 1
        try fleet.take(
            DeriverSnapshot(payload, at: QueryFleet.start + Int64(sequence) * 1000, sequence: sequence), from: machine)
    }

    private func checker(port: Int? = nil, isInsecure: Bool = true) throws -> ImageChecker {
        var settings = HubConfiguration.Registries()
        settings.allowed = [host]
        settings.insecure = isInsecure ? [host] : []
        return try ImageChecker.live(
            store: fleet.store, settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Asks now; answers `machine answer` of every reference.
    private func ask(_ checker: ImageChecker) async throws -> [String] {
        try await checker.synchronize()
        _ = try await checker.check(checker.everything())
        let list = Statement(
            "test.answers",
            """
            SELECT s.name AS machine, \(ImageCandidates.answer) AS answer
            FROM docker_image_references r JOIN machine_settings s ON s.machine_id = r.machine_id
            LEFT JOIN image_candidates c ON \(ImageCandidates.join) ORDER BY s.name
            """)
        return try fleet.read { try $0.rows(list) }.map { "\($0["machine"].text ?? "") \($0["answer"].text ?? "")" }
    }

    private func events() throws -> Int {
        let count = Statement(
            "test.count", "SELECT count(*) AS n FROM machine_events WHERE type = 'image_update_available'")
        return try fleet.read { try $0.row(count)?.integer("n") } ?? 0
    }

    @Test("gives exactly one update for a newer push, none for a tag that moves back", .timeLimit(.minutes(2)))
    func newerPush() async throws {
        try await untilReady()
        let first = try push("team/app", "1", ["amd64": "one"])
        try have("team/app:1", first, on: "web-01")
        let checker = try checker()
        #expect(try await ask(checker) == ["web-01 up_to_date"])
        #expect(try events() == 0)
        _ = try push("team/app", "1", ["amd64": "two"])
        for _ in 0..<3 { #expect(try await ask(checker) == ["web-01 update_available"]) }
        #expect(try events() == 1)
        #expect(try push("team/app", "1", ["amd64": "one"]) == first)
        #expect(try await ask(checker) == ["web-01 up_to_date"])
        _ = try push("team/app", "1", ["amd64": "two"])
        #expect(try await ask(checker) == ["web-01 update_available"])
        #expect(try events() == 1)
    }

    @Test("has an index for several platforms, of which one alone may be newer", .timeLimit(.minutes(2)))
    func index() async throws {
        try await untilReady()
        let first = try push("team/multi", "1", ["amd64": "one", "arm64": "one"])
        try have("team/multi:1", first, on: "web-01")
        try have("team/multi:1", first, on: "web-02", architecture: "arm64")
        let checker = try checker()
        #expect(try await ask(checker) == ["web-01 up_to_date", "web-02 up_to_date"])
        let second = try push("team/multi", "1", ["amd64": "one", "arm64": "two"])
        #expect(second != first)
        // The machine's image is known by what it was pulled as, the index; that of amd64 is the same image still.
        let inspect = try ChildProcess.run(
            "skopeo",
            [
                "inspect", "--raw", "--config", "--tls-verify=false", "--override-arch", "amd64",
                "docker://\(host)/team/multi:1",
            ])
        try fleet.run(
            "UPDATE docker_image_references SET image_id = '\(Digest(sha256: SHA256.digest(Array(inspect.utf8))))' WHERE machine_id = 1"
        )
        #expect(try await ask(checker) == ["web-01 up_to_date", "web-02 update_available"])
        #expect(try events() == 1)
    }

    @Test("that is gone, or speaks no TLS, is told as what it is", .timeLimit(.minutes(2)))
    func gone() async throws {
        try await untilReady()
        let digest = try push("team/app", "1", ["amd64": "one"])
        try have("team/app:1", digest, on: "web-01")
        try have("team/none:1", digest, on: "web-02")
        #expect(try await ask(checker()) == ["web-01 up_to_date", "web-02 gone"])
        #expect(try await ask(checker(isInsecure: false)) == ["web-01 unreachable", "web-02 unreachable"])
        process.signal(SIGKILL)
        _ = process.wait()
        #expect(try await ask(checker()) == ["web-01 unreachable", "web-02 unreachable"])
    }
}
