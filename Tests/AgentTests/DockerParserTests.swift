import Contracts
import TestSupport
import Testing

@testable import Agent

@Suite("Compose files")
struct DockerComposeFileTests {
    @Test("are scanned for project, services, images, scale and profiles")
    func usual() {
        let file = ComposeFile(
            """
            # the shop
            version: "3.8"
            name: "my-shop"
            x-common: &common
              restart: always
            services:
              web:            # the front
                image: "nginx:1.27"   # pinned
                command: |
                  services:
                    fake:
                      image: nothing
                environment:
                  image: not-this
                  SECRET: "a # b: c"
                deploy:
                  replicas: 3
                  resources:
                    limits:
                      replicas: 99
                ports: ["80:80"]
              'db':
                <<: *common
                image: postgres:${PG}
                profiles:
                  - full
              worker:
                build: .
                scale: 2
              x-extension:
                image: none
            volumes:
              data:
            """)
        #expect(file.project == "my-shop")
        #expect(file.services.map(\.name) == ["web", "db", "worker"])
        #expect(file.services.map(\.image) == ["nginx:1.27", "postgres:${PG}", nil])
        #expect(file.services.map(\.scale) == [3, 1, 2])
        #expect(file.services.map(\.hasProfiles) == [false, true, false])
    }

    @Test("with Windows line ends, tabs, or another document are read as far as they go")
    func unusual() {
        let file = ComposeFile(
            "services:\r\n    a:\r\n        image: x\r\n    b:\r\n        image: y\r\n---\r\nservices:\r\n  c:\r\n")
        #expect(file.services.map(\.name) == ["a", "b"])
        #expect(file.services.map(\.image) == ["x", "y"])
        #expect(ComposeFile("services: {web: {image: x}}\n").services == [])
        #expect(ComposeFile("\u{0}\u{FFFD}\n\t\t:\n: :\n\"\n'a\n- - -\nservices:\n\tweb:\n").services == [])
        #expect(ComposeFile(String(repeating: " ", count: 100_000) + "a:").services == [])
    }

    @Test("give the project name that Compose makes of a directory")
    func names() {
        #expect(ComposeFile.projectName(directory: "My.Shop_1") == "myshop_1")
        #expect(ComposeFile.projectName(directory: "--x") == "x")
        #expect(ComposeFile.projectName(directory: "Ünder") == "nder")
    }
}

@Suite("Engine answers")
struct DockerEngineAnswerTests {
    private func json(_ text: String) throws -> JSONValue { try StrictJSON.read(Array(text.utf8)).root }

    @Test(
        "have times in several shapes",
        arguments: [
            ("2026-11-21T07:42:36.123456789Z", "2026-11-21T07:42:36.123Z"),
            ("2026-11-21T09:42:36.5+02:00", "2026-11-21T07:42:36.500Z"),
            ("2026-11-21T02:12:36-05:30", "2026-11-21T07:42:36.000Z"), ("0001-01-01T00:00:00Z", nil),
            ("yesterday", nil),
            ("", nil), ("+", nil), ("2026-11-21T09:42:36+99:99", nil),
        ])
    func times(_ text: String, _ expected: String?) {
        #expect(EngineTime.parse(text)?.description == expected)
    }

    @Test("of any shape never crash and never invent anything")
    func shapes() throws {
        let values = ["null", "1", "-1", "1e300", "\"\"", "\"x\"", "[]", "{}", "[null]", "[1]", "[[]]", "true"]
        let names = [
            "Id", "Names", "State", "Image", "Created", "Ports", "Mounts", "Labels", "NetworkSettings", "HostConfig",
            "RestartCount", "Config", "Volumes", "RepoTags", "Size", "IPAM", "Type", "Action", "Actor", "timeNano",
        ]
        for name in names {
            for value in values {
                let object = try json("{\"Id\":\"a\",\"Name\":\"n\",\"\(name == "Id" ? "X" : name)\":\(value)}")
                let list = JSONValue.array([object])
                for item in EngineContainers.list(list) ?? [] {
                    var container = item.container
                    EngineContainers.inspect(object, into: &container)
                    #expect(container.exitCode == nil && container.health == nil)
                    _ = try CanonicalJSON.encode(container)
                }
                _ = EngineImages.list(list, uses: [:])
                _ = EngineNetworks.list(list)
                _ = EngineVolumes.list(object, used: [])
                _ = EngineEvents.event(object)
                _ = EngineInformation.engine(info: object, version: object)
            }
        }
        #expect(EngineContainers.list(.object(JSONObject())) == nil)
        #expect(EngineInformation.engine(info: .null, version: .null) == nil)
    }

    @Test("of Podman are told as Podman's")
    func podman() throws {
        let version = try json(
            "{\"Version\":\"4.3.1\",\"ApiVersion\":\"1.41\",\"Components\":[{\"Name\":\"Podman Engine\"}]}")
        let information = try json("{\"SecurityOptions\":[\"name=seccomp,profile=default\",\"name=rootless\"]}")
        let engine = EngineInformation.engine(info: information, version: version)
        #expect(engine?.product == "podman")
        #expect(engine?.rootless == true)
        #expect(EngineImages.identifier(String(repeating: "a", count: 64)).hasPrefix("sha256:aaa"))
    }

    @Test("with a health check are read from the list where the inspection is missing")
    func health() {
        #expect(EngineContainers.health(inStatus: "Up 3 minutes (healthy)") == "healthy")
        #expect(EngineContainers.health(inStatus: "Up 3 minutes (unhealthy)") == "unhealthy")
        #expect(EngineContainers.health(inStatus: "Up 1 second (health: starting)") == "starting")
        #expect(EngineContainers.health(inStatus: "Up 3 minutes (Paused)") == nil)
    }

    @Test("are events of interest or noise")
    func events() throws {
        let die = try json(
            "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"abc\",\"Attributes\":{\"exitCode\":\"137\",\"image\":\"i\",\"name\":\"n\"}},\"time\":1795257129,\"timeNano\":1795257129260004539}"
        )
        let event = EngineEvents.event(die)
        #expect(event?.exitCode == 137)
        #expect(event?.at.milliseconds == 1_795_257_129_260)
        #expect(event?.name == "n")
        #expect(EngineEvents.isInteresting(type: "container", action: "health_status: healthy"))
        #expect(!EngineEvents.isInteresting(type: "container", action: "exec_start: /bin/sh -c secret"))
        #expect(!EngineEvents.isInteresting(type: "service", action: "update"))
    }
}
