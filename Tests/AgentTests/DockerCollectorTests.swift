import Contracts
import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite("Docker collector")
struct DockerCollectorTests {
    private func collect(
        _ socket: String, recording: String = "docker-20.10", _ change: (inout CollectionSettings) -> Void = { _ in }
    ) async throws -> (payload: DockerV1, collected: Collected) {
        var settings = CollectionSettings()
        settings.engineSockets = [socket]
        change(&settings)
        let moment = try DockerEngineSimulator.recordedAt(recording)
        let collected = await DockerCollector(host: try Host(), settings: settings, now: { moment }).collect()
        return (try #require(collected.payload as? DockerV1), collected)
    }

    private func recorded(
        _ change: (inout [String: DockerEngineSimulator.Answer]) -> Void = { _ in },
        settings: (inout CollectionSettings) -> Void = { _ in }
    ) async throws -> (payload: DockerV1, collected: Collected) {
        var answers = try DockerEngineSimulator.recorded()
        change(&answers)
        let engine = try DockerEngineSimulator(answers)
        defer { engine.stop() }
        return try await collect(engine.path, recording: "docker-20.10", settings)
    }

    @Test("finds nothing where there is no socket, and says so honestly")
    func absent() async throws {
        let (payload, collected) = try await collect("/nonexistent/docker.sock")
        #expect(payload == DockerV1())
        #expect(collected.status == "ok")
        #expect(collected.problems == [])
    }

    @Test("tells containers in every state, as a real engine had them")
    func containers() async throws {
        let (payload, collected) = try await recorded()
        #expect(collected.unknown == [])
        #expect(collected.problems == [])
        let states = Dictionary(
            uniqueKeysWithValues: (payload.containers ?? []).map { container in
                (
                    container.name,
                    "\(container.state) \(container.health ?? "-") \(container.exitCode.map(String.init) ?? "-") "
                        + "\(container.oomKilled == true ? "oom" : "-") \(container.restartPolicy ?? "-")"
                )
            })
        #expect(
            states == [
                "plain": "running - - - no", "env": "running - - - no", "published": "running - - - no",
                "sick": "running unhealthy - - no", "well": "running healthy - - no", "paused": "running - - - no",
                "exited3": "exited - 3 - no", "oom": "exited - 137 oom no", "loop": "restarting - 1 - always",
                "fresh": "created - - - no", "shop_web_1": "running - - - no", "shop_web_2": "running - - - no",
                "shop_db_1": "paused unhealthy - - no",
            ])
        let loop = payload.containers?.first { $0.name == "loop" }
        #expect((loop?.restartCount ?? 0) > 10)
        let well = payload.containers?.first { $0.name == "well" }
        #expect(well?.mounts?.map(\.name) == ["data1"])
        #expect(well?.startedAt != nil && well?.finishedAt == nil)
        #expect(well?.image == "t/hc:1")
    }

    @Test("never carries environment variables, commands or secret labels")
    func secrets() async throws {
        let (payload, _) = try await recorded()
        let text = String(decoding: try CanonicalJSON.encode(payload), as: UTF8.self)
        // The recording has them: what is not looked for cannot be missed.
        let raw = String(
            decoding: try Repository.bytes("Tests/AgentTests/Recorded/docker-20.10/inspections.json"), as: UTF8.self)
        for secret in ["DB_PASSWORD", "hunter2", "hunter3", "sleep 100000"] {
            #expect(raw.contains(secret))
            #expect(!text.contains(secret))
        }
        #expect(payload.containers?.first { $0.name == "plain" }?.labels == ["api_token": "[redacted]", "role": "web"])
        let (bare, _) = try await recorded(settings: { $0.labels = false })
        #expect(bare.containers?.allSatisfy { $0.labels == nil } == true)
        // What stacks are made of is not a privacy matter of labels.
        #expect(bare.stacks?.map(\.project) == ["shop"])
        let (custom, _) = try await recorded(settings: { $0.redactedLabels = ["ROLE"] })
        #expect(custom.containers?.first { $0.name == "plain" }?.labels?["role"] == "[redacted]")
    }

    @Test("tells engine, images, volumes, networks, stacks and events")
    func inventory() async throws {
        let (payload, _) = try await recorded()
        #expect(payload.engine?.product == "docker")
        #expect(payload.engine?.version == "20.10.24+dfsg1")
        #expect(payload.engine?.storageDriver == "vfs")
        #expect(payload.engine?.swarmState == "inactive")
        let images = payload.images ?? []
        #expect(images.map { $0.tags ?? [] }.sorted { $0.count < $1.count }.last?.count == 1)
        #expect(images.filter(\.dangling).count == 1)
        #expect(images.reduce(0) { $0 + $1.containers } == payload.containers?.count)
        #expect(images.allSatisfy { $0.architecture == "amd64" && $0.os == "linux" })
        #expect(payload.volumes?.map { "\($0.name) \($0.inUse)" } == ["data1 true", "unused false"])
        #expect(payload.networks?.map(\.name) == ["host", "none"])
        let shop = payload.stacks?.first
        #expect(shop?.source == "labels")
        #expect(
            shop?.services.map { "\($0.name) \($0.wanted) \($0.running) \($0.healthy)" } == ["db 1 0 0", "web 2 2 2"])
        #expect(shop?.configFiles?.first?.hasPrefix("/") == true)
        let events = payload.events ?? []
        #expect(!events.isEmpty)
        #expect(events.allSatisfy { !$0.action.hasPrefix("exec_") })
        #expect(events.contains { $0.action == "die" && $0.exitCode != nil })
        #expect(events == events.sorted { $0.at < $1.at })
        // Of its restarts the recording has the last two: none is made up.
        #expect(payload.containers?.contains { $0.restartLoop != nil } == false)
        let usage = payload.diskUsage
        #expect(usage?.imagesBytes == 1_982_256 && usage?.volumesBytes == 0 && usage?.buildCacheBytes == nil)
    }

    @Test("tells the same of Podman")
    func podman() async throws {
        let engine = try DockerEngineSimulator(try DockerEngineSimulator.recorded("podman-4.3"))
        defer { engine.stop() }
        let (payload, collected) = try await collect(engine.path, recording: "podman-4.3")
        #expect(collected.unknown == [])
        #expect(payload.engine?.product == "podman")
        let states = (payload.containers ?? []).map {
            "\($0.name) \($0.state) \($0.health ?? "-") \($0.exitCode.map(String.init) ?? "-")"
        }
        #expect(states == ["exited3 exited - 3", "fresh created - -", "plain running - -", "sick running unhealthy -"])
        #expect(payload.images?.map(\.containers) == [4])
        #expect(payload.containers?.first?.repoDigests?.count == 1)
        #expect(payload.volumes?.map { "\($0.name) \($0.inUse)" } == ["data1 true", "unused false"])
        #expect(payload.stacks?.map(\.project) == ["shop"])
        #expect(payload.events?.contains { $0.action == "die" && $0.exitCode == 3 } == true)
        #expect(payload.events?.contains { $0.action == "start" && $0.exitCode != nil } == false)
        #expect(payload.events?.contains { $0.image == "" || $0.name == "" } == false)
        // Its events end only where it is told not to stream, and are none where an end is given.
        #expect(engine.questions.contains { $0.contains("stream=false") && !$0.contains("until") })
        #expect(!String(decoding: try CanonicalJSON.encode(payload), as: UTF8.self).contains("hunter2"))
    }

    @Test("asks the version that both know")
    func negotiation() async throws {
        for (offered, used) in [
            ("1.41", "/v1.41/info"), ("1.99", "/v1.47/info"), ("1.24", "/v1.24/info"), ("x", "/info"),
        ] {
            let engine = try DockerEngineSimulator(try DockerEngineSimulator.recorded(), apiVersion: offered)
            defer { engine.stop() }
            _ = try await collect(engine.path)
            #expect(engine.questions.contains(used))
        }
    }

    @Test("asks for an image's platform once")
    func platforms() async throws {
        let engine = try DockerEngineSimulator(try DockerEngineSimulator.recorded())
        defer { engine.stop() }
        var settings = CollectionSettings()
        settings.engineSockets = [engine.path]
        let collector = DockerCollector(host: try Host(), settings: settings)
        let first = await collector.collect().payload as? DockerV1
        let questions = engine.questions.count { $0.contains("/images/sha256") }
        #expect(questions == first?.images?.count)
        let second = await collector.collect().payload as? DockerV1
        #expect(engine.questions.count { $0.contains("/images/sha256") } == questions)
        #expect(first == second)
    }

    @Test("makes unknown what one bad answer was for, and keeps the rest")
    func badAnswers() async throws {
        let nonsense: [DockerEngineSimulator.Answer] = [
            .json(Array("<html>proxy</html>".utf8)), .json(Array("null".utf8)), .json(Array("\"text\"".utf8)),
            .status(500),
            .cut(Array("[{".utf8)), .flood(64 << 20), .json([0xFF, 0xFE]),
            .json(Array(String(repeating: "[", count: 100_000).utf8)),
        ]
        let sections: [(String, Set<String>)] = [
            ("/images/json", ["/images"]), ("/volumes", ["/volumes"]), ("/networks", ["/networks"]),
            ("/containers/json", ["/containers", "/stacks", "/images", "/volumes"]),
        ]
        for answer in nonsense {
            for (path, unknown) in sections {
                let (payload, collected) = try await recorded { $0[path] = answer }
                #expect(Set(collected.unknown) == unknown, "\(path) \(answer)")
                #expect(collected.status == "partial")
                #expect(!collected.problems.isEmpty)
                #expect(payload.engine != nil)
                #expect((payload.containers != nil) == !unknown.contains("/containers"))
                #expect((payload.volumes != nil) == !unknown.contains("/volumes"))
            }
        }
    }

    @Test("does not stall on a container whose inspection hangs")
    func hungInspection() async throws {
        var answers = try DockerEngineSimulator.recorded()
        let hung = answers.keys.filter { $0.hasPrefix("/containers/") && $0 != "/containers/json" }.sorted()[0]
        answers[hung] = .hang
        let engine = try DockerEngineSimulator(answers)
        defer { engine.stop() }
        let started = ContinuousClock.now
        let (payload, collected) = try await collect(engine.path)
        #expect(ContinuousClock.now - started < .seconds(20))
        #expect(payload.containers?.count == 13)
        #expect(collected.unknown.count == 1)
        let index = try #require(collected.unknown.first?.split(separator: "/").last.flatMap { Int($0) })
        let container = payload.containers?[index]
        #expect(hung.contains(container?.id ?? "?"))
        #expect(container?.restartPolicy == nil)
        #expect(collected.problems.map(\.code) == ["timed_out"])
        #expect(payload.images != nil)
    }

    @Test("leaves out a container that went between two questions")
    func vanished() async throws {
        let (payload, collected) = try await recorded { answers in
            let gone = answers.keys.filter { $0.hasPrefix("/containers/") && $0 != "/containers/json" }.sorted()[0]
            answers[gone] = .status(404)
        }
        #expect(payload.containers?.count == 12)
        #expect(collected.status == "ok")
    }

    @Test("gives up on an engine that does not answer at all")
    func hungEngine() async throws {
        let (payload, collected) = try await recorded { $0["/_ping"] = .hang }
        #expect(payload == DockerV1())
        #expect(Set(collected.unknown) == EngineSurvey.sections)
        #expect(collected.problems.map(\.code) == ["timed_out"])
    }

    @Test(
        "tells how to allow a socket that may not be opened",
        .enabled(if: getuid() == 0, "only root can become another user"))
    func closedSocket() async throws {
        let engine = try DockerEngineSimulator([:])
        defer { engine.stop() }
        let closed = EngineSocket.closed(path: "/run/docker.sock", errno: EACCES, group: "docker")
        #expect(closed.problem()?.message.contains("add this agent's user to the group docker") == true)
        // A socket that nobody listens on: the engine is down.
        let directory = try TemporaryDirectory()
        let dead = directory.file("dead.sock")
        try ChildProcess.run(
            "python3", ["-c", "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])", dead])
        let (payload, collected) = try await collect(dead)
        #expect(payload == DockerV1())
        #expect(Set(collected.unknown) == EngineSurvey.sections)
        #expect(collected.problems.map(\.code) == ["engine_unreachable"])
        // The next socket in the list is tried.
        var settings = CollectionSettings()
        settings.engineSockets = [dead, engine.path]
        #expect(EngineSocket.find(try Host(), settings.engineSockets) == .open(path: engine.path))
    }

    @Test("finds stacks on the disk, joined with those that run")
    func composeRoots() async throws {
        let root = try TemporaryDirectory()
        try root.write(
            "shop/compose.yaml", "services:\n  web:\n    image: t/bb:1\n    scale: 2\n  cache:\n    image: redis\n")
        try root.write(
            "idle/docker-compose.yml", "name: sleeper\nservices:\n  a:\n    image: x\n  b:\n    profiles: [debug]\n")
        try root.write("deep/1/2/3/4/compose.yml", "services:\n  never:\n    image: x\n")
        try root.write("broken/compose.yml", "just: text\n")
        let (payload, _) = try await recorded(settings: { $0.composeRoots = [root.path] })
        let stacks = payload.stacks ?? []
        // Of the same project in another directory, the one that runs is told.
        #expect(stacks.map(\.project) == ["shop", "sleeper"])
        let sleeper = stacks.last
        #expect(sleeper?.source == "files")
        #expect(sleeper?.services.map { "\($0.name) \($0.wanted) \($0.running)" } == ["a 1 0", "b 0 0"])
        let (offline, collected) = try await collect("/nonexistent") { $0.composeRoots = [root.path] }
        #expect(offline.stacks?.map { "\($0.project) \($0.source)" } == ["shop files", "sleeper files"])
        #expect(offline.stacks?.first?.services.map { "\($0.name) \($0.wanted)" } == ["cache 1", "web 2"])
        #expect(collected.status == "ok")
    }

    @Test("says both where a stack runs from its file")
    func both() throws {
        var container = DockerV1.Container(id: "1", name: "w", state: "running")
        container.composeProject = "shop"
        container.composeService = "web"
        let labels = ["com.docker.compose.project": "shop", "com.docker.compose.project.working_dir": "/srv/shop"]
        let file = DockerStacks.Found(
            project: "shop", directory: "/srv/shop", files: ["/srv/shop/compose.yaml"],
            services: [.init(name: "web", image: "a", scale: 3), .init(name: "db", image: "b")])
        let stacks = DockerStacks.join([.init(container: container, labels: labels)], [file])
        #expect(stacks.map(\.source) == ["both"])
        #expect(stacks[0].services.map { "\($0.name) \($0.wanted) \($0.running)" } == ["db 1 0", "web 3 1"])
    }
}
