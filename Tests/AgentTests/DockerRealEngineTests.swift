import Contracts
import Glibc
import TestSupport
import Testing
import Transport

@testable import Agent

/// The engine that `scripts/test-docker` starts and fills: its socket, `docker` or `podman`, and how to restart it.
private func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
private let realEngine = variable("VIGIE_TEST_ENGINE")
private let realKind = variable("VIGIE_TEST_ENGINE_KIND")
private let restart = variable("VIGIE_TEST_ENGINE_RESTART")

@Suite("A real engine", .serialized, .enabled(if: realEngine != nil, "no engine: make test-docker starts one"))
struct DockerRealEngineTests {
    let socket: String
    let settings: CollectionSettings

    init() throws {
        socket = try #require(realEngine)
        var settings = CollectionSettings()
        settings.engineSockets = [socket]
        self.settings = settings
    }

    private func docker(_ arguments: String...) async throws -> String {
        try await DedicatedThread.run { [socket] in
            Result { try ChildProcess.run("docker", ["-H", "unix://\(socket)"] + arguments) }
        }.get()
    }

    private func collect(_ memory: EngineMemory = EngineMemory()) async throws -> (DockerV1, Collected) {
        let collected = await DockerCollector(host: try Host(), settings: settings, memory: memory).collect()
        return (try #require(collected.payload as? DockerV1), collected)
    }

    /// Collects until it is as expected; engines need a moment for health checks and restarts.
    private func collect(until isDone: (DockerV1) -> Bool) async throws -> DockerV1 {
        while true {
            let (payload, collected) = try await collect()
            #expect(collected.unknown == [])
            if isDone(payload) { return payload }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    @Test("tells containers in every state", .timeLimit(.minutes(2)))
    func states() async throws {
        func container(_ payload: DockerV1, _ name: String) -> DockerV1.Container? {
            payload.containers?.first { $0.name == name }
        }
        let payload = try await collect { payload in
            container(payload, "sick")?.health == "unhealthy" && container(payload, "well")?.health == "healthy"
                && container(payload, "loop")?.restartLoop != nil && container(payload, "exited3")?.state == "exited"
                && (realKind == "podman" || container(payload, "oom")?.state == "exited")
        }
        #expect(payload.engine?.product == realKind)
        let states = ["plain", "well", "sick", "exited0", "exited3", "paused", "fresh"].map { name in
            let found = container(payload, name)
            return
                "\(name) \(found?.state ?? "gone") \(found?.health ?? "-") \(found?.exitCode.map(String.init) ?? "-")"
        }
        #expect(
            states == [
                "plain running - -", "well running healthy -", "sick running unhealthy -", "exited0 exited - 0",
                "exited3 exited - 3", "paused paused - -", "fresh created - -",
            ])
        let loop = container(payload, "loop")
        #expect((loop?.restartLoop?.restarts ?? 0) >= RestartLoops.threshold)
        #expect(loop?.restartPolicy == "always")
        #expect(payload.containers?.filter { $0.restartLoop != nil }.count == 1)
        if realKind == "docker" {
            #expect(container(payload, "oom")?.oomKilled == true && container(payload, "oom")?.exitCode == 137)
            #expect(payload.events?.contains { $0.action == "oom" && $0.name == "oom" } == true)
        }
        #expect(payload.events?.contains { $0.action == "die" && $0.name == "exited3" && $0.exitCode == 3 } == true)
        let text = String(decoding: try CanonicalJSON.encode(payload), as: UTF8.self)
        for secret in ["hunter2", "hunter3", "DB_PASSWORD", "exit 3", "100000"] { #expect(!text.contains(secret)) }
        #expect(container(payload, "plain")?.labels?["api_token"] == "[redacted]")
    }

    @Test(
        "tells stacks, volumes, images and disk usage, and each container that its own list has",
        .timeLimit(.minutes(1)))
    func inventory() async throws {
        let (payload, collected) = try await collect()
        #expect(collected.problems == [])
        let shop = payload.stacks?.first
        #expect(shop?.project == "shop")
        #expect(shop?.services.map { "\($0.name) \($0.wanted) \($0.running) \($0.healthy)" } == ["web 2 2 2"])
        #expect(shop?.configFiles == ["/srv/shop/compose.yaml"])
        #expect(payload.volumes?.map { "\($0.name) \($0.inUse)" } == ["data1 true", "unused false"])
        #expect((payload.networks?.count ?? 0) >= 1)
        #expect(payload.images?.filter { !$0.dangling }.map(\.containers) == [payload.containers?.count ?? -1])
        #expect((payload.diskUsage?.imagesBytes ?? 0) > 1_000_000)
        let list = try await docker("ps", "-a", "--no-trunc", "--format", "{{.ID}}")
        #expect(Set((payload.containers ?? []).map(\.id)) == Set(list.split(separator: "\n").map(String.init)))
    }

    @Test("has a death with its exit code at the hub within ten seconds", .timeLimit(.minutes(2)))
    func deathArrives() async throws {
        let server = try TestServer()
        let directory = try TemporaryDirectory()
        let state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        try server.script([.accepted()])
        var configuration = AgentConfiguration()
        for kind in Kind.allCases where kind != .docker { configuration.kinds[kind]?.isEnabled = false }
        configuration.collection.engineSockets = [socket]
        let fixed = configuration
        try Identity(
            machineID: SampleHead.machineID, name: "web-01", hubURLs: [server.url], token: "t", caBundle: server.caPEM
        ).save(state)
        let daemon = Daemon(
            state: state, host: try Host(), configuration: configuration, environment: AgentEnvironment(),
            clock: .system, logger: .silent
        ) { () throws(AgentError) in fixed }
        let running = Task { try await daemon.run() }
        func wait(for text: String) async throws {
            while try !server.recorded().contains(where: { $0.body.contains(text) }) {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try await wait(for: "\"containers\"")
        // The worst case: it dies just after another change has made the agent look.
        for round in 0..<3 {
            let name = "dies-\(realKind ?? "")-\(round)"
            _ = try await docker(
                "run", "-d", "--network", "none", "--pull", "never", "--name", name, "vigie/test:1", "/bin/sh", "-c",
                "sleep 1.5; exit \(41 + round)")
            let clock = ContinuousClock.now
            try await wait(for: "\"exit_code\":\(41 + round)")
            let elapsed = clock.duration(to: .now)
            print("\(name): \(elapsed) from its start to the hub, 1.5 s of which it lived")
            #expect(elapsed < .seconds(10))
            _ = try await docker("rm", "-f", name)
        }
        await daemon.stop()
        try await running.value
        #expect(directory.names("state").contains("engine.json"))
    }

    @Test(
        "loses no event over its own restart", .timeLimit(.minutes(2)),
        .enabled(if: restart != nil && realKind == "docker", "Podman's service may come and go: its containers stay"))
    func engineRestart() async throws {
        let memory = EngineMemory()
        let stream = EngineEventStream(host: try Host(), sockets: [socket], memory: memory)
        let task = Task { await stream.follow {} }
        defer { task.cancel() }
        func wait(for action: String, of name: String) async throws {
            while !memory.record.events.contains(where: { $0.action == action && $0.name == name }) {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        _ = try await docker(
            "run", "-d", "--network", "none", "--pull", "never", "--name", "before", "vigie/test:1")
        try await wait(for: "start", of: "before")
        let script = try #require(restart)
        _ = try await DedicatedThread.run { Result { try ChildProcess.run("bash", [script]) } }.get()
        // Before the stream is back, most likely: within its waiting time.
        _ = try await docker(
            "run", "-d", "--network", "none", "--pull", "never", "--name", "after", "vigie/test:1", "/bin/sh", "-c",
            "exit 9")
        try await wait(for: "die", of: "after")
        #expect(memory.record.events.contains { $0.name == "after" && $0.exitCode == 9 })
        // What ended with the engine itself nobody tells as an event: its state does, with the code.
        let (payload, _) = try await collect(memory)
        let before = payload.containers?.first { $0.name == "before" }
        #expect(before?.state == "exited" && before?.exitCode != nil && before?.finishedAt != nil)
        _ = try await docker("rm", "-f", "before", "after")
    }
}
