import Contracts
import TestSupport
import Testing

@testable import Hub

/// What the engine's events say beyond the state of containers, and what machines call their images.
@Suite struct DeriverDockerTests {
    static let start: Int64 = 1_790_000_000_000

    private func payload(
        restarts: Int = 0, loop: Int? = nil, state: String = "running", events: [(String, Int64?)] = []
    ) -> DockerV1 {
        var payload = DockerV1()
        payload.engine = DockerV1.Engine(product: "docker", version: "26.1")
        var container = DockerV1.Container(id: "c", name: "web", state: state)
        container.restartCount = restarts
        container.restartLoop = loop.map {
            DockerV1.RestartLoop(restarts: $0, windowSeconds: 600, since: Timestamp(milliseconds: Self.start))
        }
        payload.containers = [container]
        payload.events = events.enumerated().map { index, item in
            var event = DockerV1.Event(
                at: Timestamp(milliseconds: Self.start + Int64(index)), type: "container", action: item.0)
            event.actorID = "c"
            event.name = "web"
            event.exitCode = item.1
            return event
        }
        return payload
    }

    private func take(_ payloads: [DockerV1]) throws -> TestHubStore {
        let hub = try TestHubStore()
        for (index, payload) in payloads.enumerated() {
            try hub.take(DeriverSnapshot(payload, at: Self.start + Int64(index) * 60_000, sequence: index + 1))
        }
        return hub
    }

    private func events(_ hub: TestHubStore) throws -> [String] {
        try hub.rows("SELECT type, message FROM machine_events WHERE source = 'snapshot' ORDER BY at, type").map {
            "\($0[0].words): \($0[1].words)"
        }
    }

    private func warnings(_ hub: TestHubStore) throws -> [String] {
        StateWarning.read(try hub.value("SELECT docker_warnings_json FROM machine_state").text).map {
            "\($0.code) \($0.subject) \($0.severity)"
        }
    }

    @Test func `A restart loop is an event when it begins and when it ends, and a warning in between`() throws {
        var hub = try take([payload(), payload(restarts: 5, loop: 5)])
        #expect(try warnings(hub) == ["container_restart_loop web warning"])
        #expect(try hub.value("SELECT restart_loop_count FROM docker_containers") == .integer(5))
        #expect(try hub.value("SELECT restart_loop_since_at FROM docker_containers") == .integer(Self.start))
        // Whatever the container does at that moment.
        hub = try take([
            payload(), payload(restarts: 5, loop: 5, state: "restarting"), payload(restarts: 6, loop: 6),
            payload(restarts: 6),
        ])
        #expect(try warnings(hub) == [])
        #expect(
            try events(hub).filter { $0.contains("loop") } == [
                "container_restart_loop: container web restarts again and again: 5 times in 10 minutes",
                "container_restart_loop_over: container web no longer restarts again and again",
            ])
        #expect(try hub.value("SELECT restart_loop_count FROM docker_containers") == .null)
    }

    @Test func `A container that died and runs again is told with its exit code, and with its want of memory`() throws {
        let before: [(String, Int64?)] = [("start", nil)]
        let after = before + [("oom", nil), ("die", 137), ("start", nil)]
        let hub = try take([
            payload(events: before), payload(restarts: 1, events: after), payload(restarts: 1, events: after),
        ])
        #expect(
            try events(hub).filter { $0.hasPrefix("container_") } == [
                "container_oom_killed: container web was killed for want of memory",
                "container_restarted: container web restarted 1 times, exit code 137",
            ])
        #expect(try hub.value("SELECT count(*) FROM docker_container_events") == .integer(4))
        #expect(try hub.value("SELECT exit_code FROM docker_container_events WHERE action = 'die'") == .integer(137))
    }

    @Test func `Names of images are taken apart, those of containers too`() throws {
        var payload = DockerV1()
        payload.engine = DockerV1.Engine(product: "docker", version: "26.1")
        let digest = "sha256:" + String(repeating: "d", count: 64)
        var image = DockerV1.Image(id: "sha256:" + String(repeating: "1", count: 64), dangling: false, containers: 3)
        image.tags = ["nginx:1.27", "ghcr.io/a/b:x", "<none>:<none>", "no good:name"]
        image.digests = ["nginx@\(digest)"]
        (image.os, image.architecture) = ("linux", "arm64")
        payload.images = [image]
        payload.containers = [
            "nginx:1.27", "docker.io/library/nginx:1.27", "nginx@\(digest)", "111111111111", image.id,
        ]
        .enumerated().map { index, name in
            var container = DockerV1.Container(id: "c\(index)", name: "c\(index)", state: "running")
            (container.image, container.imageID) = (name, image.id)
            return container
        }
        let hub = try take([payload])
        let rows = try hub.rows(
            """
            SELECT reference, registry, repository, tag, pinned, has_digest, containers_count, architecture
            FROM docker_image_references ORDER BY reference
            """)
        #expect(
            rows.map { $0.values.map(\.words).joined(separator: " ") } == [
                "ghcr.io/a/b:x ghcr.io a/b x 0 0 0 arm64", "nginx:1.27 docker.io library/nginx 1.27 0 1 2 arm64",
                "nginx@\(digest) docker.io library/nginx  1 1 1 arm64",
            ])
    }
}
