import Contracts
import HubAPI
import Testing

@testable import Hub

@Suite struct QueryDockerTests {
    private static let now = Timestamp(milliseconds: QueryFleet.start + 10 * QueryFleet.minute)

    private static func fleet() throws -> QueryFleet {
        let fleet = try QueryFleet("web-01", "web-02")
        for (index, name) in ["web-01", "web-02"].enumerated() {
            var docker = DeriverSnapshot(payload(index), at: QueryFleet.start, sequence: 1)
            docker.nextDueSeconds = 900
            try fleet.take(docker, from: name)
        }
        return fleet
    }

    private static func id(_ digits: String) -> String {
        String((digits + String(repeating: "0", count: 64)).prefix(64))
    }

    private static func payload(_ index: Int) -> DockerV1 {
        var payload = QueryPayloads.docker()
        var looping = DockerV1.Container(id: id(index == 0 ? "abc1" : "abc2"), name: "loop-\(index)", state: "running")
        looping.restartCount = 4
        looping.startedAt = Timestamp(milliseconds: QueryFleet.start + 5 * QueryFleet.minute)
        looping.image = "registry.example/app:1"
        var port = DockerV1.Port(containerPort: 8080, transport: "tcp")
        port.hostPort = 80
        port.hostAddress = "0.0.0.0"
        looping.ports = [port]
        looping.networks = [DockerV1.Endpoint(network: "front")]
        looping.mounts = [DockerV1.Mount(type: "bind", destination: "/data", readOnly: true)]
        looping.labels = ["com.example.team": "web"]
        var restarting = DockerV1.Container(id: id(index == 0 ? "d1" : "d2"), name: "restarting", state: "restarting")
        restarting.restartCount = 9
        var calm = DockerV1.Container(id: id(index == 0 ? "e1" : "e2"), name: "calm", state: "running")
        calm.restartCount = 2
        calm.startedAt = Timestamp(milliseconds: QueryFleet.start - QueryFleet.hour)
        payload.containers = (payload.containers ?? []) + [looping, restarting, calm]
        var tagged = DockerV1.Image(id: "sha256:" + id("1"), dangling: false, containers: 1)
        tagged.tags = ["nginx:1.27", "registry.example/nginx:1.27"]
        tagged.sizeBytes = 100
        var dangling = DockerV1.Image(id: "sha256:" + id("2"), dangling: true, containers: 0)
        dangling.sizeBytes = 200
        payload.images = [tagged, dangling]
        payload.volumes = [DockerV1.Volume(name: "data", inUse: true), DockerV1.Volume(name: "old", inUse: false)]
        var network = DockerV1.Network(id: id("9"), name: "front")
        network.driver = "bridge"
        network.subnets = ["172.18.0.0/16"]
        payload.networks = [network, DockerV1.Network(id: id("8"), name: "none")]
        payload.events = [
            event(-60, "container", "die", id(index == 0 ? "abc1" : "abc2"), exit: 1),
            event(-30, "image", "pull", "nginx:1.27"), event(-10, "container", "start", id("abc1")),
        ]
        return payload
    }

    private static func event(
        _ seconds: Int64, _ type: String, _ action: String, _ actor: String, exit: Int64? = nil
    ) -> DockerV1.Event {
        var event = DockerV1.Event(
            at: Timestamp(milliseconds: QueryFleet.start + seconds * 1000), type: type, action: action)
        event.actorID = actor
        event.name = type == "image" ? actor : "loop"
        event.exitCode = exit
        return event
    }

    private static func machine(_ fleet: QueryFleet, _ name: String) throws -> MachineSelection {
        try fleet.read { MachineSelection(try MachineLookup.find($0, name)) }
    }

    @Test func `Containers that do not come to rest are found`() throws {
        let fleet = try Self.fleet()
        func names(at now: Timestamp) throws -> [String] {
            let machine = try Self.machine(fleet, "web-01")
            return try fleet.read {
                try ContainerQueries.list($0, machine, filter: .init(isRestarting: true), limit: 10, now: now)
            }.items.map(\.name)
        }
        #expect(try names(at: Self.now) == ["loop-0", "restarting"])
        #expect(try names(at: Self.now.adding(milliseconds: QueryFleet.hour)) == ["restarting"])
        let stack = try fleet.read {
            try ContainerQueries.list($0, .all, filter: .init(stack: "blog"), limit: 10, now: Self.now)
        }
        #expect(stack.items.count == 4)
    }

    @Test func `A container is shown by its name, or by the beginning of its id`() throws {
        let fleet = try Self.fleet()
        func show(_ name: String, _ selection: MachineSelection = .all) throws -> ContainerDetail {
            try fleet.read { try ContainerDetailQueries.show($0, selection, name: name) }
        }
        let detail = try show("loop-0")
        #expect(detail.container.machine == "web-01")
        #expect(detail.ports.map(\.hostPort) == [80])
        #expect(detail.ports.first?.transport == "tcp")
        #expect(detail.networks.map(\.network) == ["front"])
        #expect(detail.mounts.map(\.destination) == ["/data"])
        #expect(detail.labels == ["com.example.team": "web"])
        #expect(detail.events.map(\.action) == ["start", "die"])
        #expect(detail.events.last?.exitCode == 1)
        #expect(try show("ABC1").container.name == "loop-0")
        #expect(try show(Self.id("abc2")).container.name == "loop-1")
        #expect(try show("calm", Self.machine(fleet, "web-02")).container.machine == "web-02")
        let several = #expect(throws: AmbiguousName.self) { try show("calm") }
        #expect(
            several?.detail == #"several machines have a container "calm": web-01, web-02; say which with --machine"#)
        let ids = #expect(throws: AmbiguousName.self) { try show("abc") }
        #expect(ids?.detail.contains("several machines") == true)
        let missing = #expect(throws: MissingName.self) { try show("lop-0") }
        #expect(missing?.detail == #"there is no container "lop-0"; did you mean loop-0?"#)
        let strange = #expect(throws: MissingName.self) { try show("%") }
        #expect(strange?.detail == #"there is no container "%"; vigie containers lists them"#)
        #expect(throws: MissingName.self) { try show("ab") }
    }

    @Test func `Images, volumes and networks are told, and which of them nobody uses`() throws {
        let fleet = try Self.fleet()
        let machine = try Self.machine(fleet, "web-01")
        func images(_ filter: ImageQueries.Filter) throws -> [[String]] {
            try fleet.read { try ImageQueries.list($0, machine, filter: filter, limit: 10) }.items.map(\.tags)
        }
        let tags = ["nginx:1.27", "registry.example/nginx:1.27"]
        #expect(try images(.init()) == [[], tags], "the largest first")
        #expect(try images(.init(isDangling: true)) == [[]])
        #expect(try images(.init(isUnused: true)) == [[]])
        #expect(try images(.init(tag: NamePattern("nginx:*"))) == [tags])
        #expect(try images(.init(tag: NamePattern("inx:1.27"))) == [])
        let unused = try fleet.read { try VolumeQueries.list($0, .all, onlyUnused: true, limit: 10) }
        #expect(unused.items.map { "\($0.machine) \($0.name)" } == ["web-01 old", "web-02 old"])
        let networks = try fleet.read { try ContainerNetworkQueries.list($0, machine, limit: 10) }
        #expect(networks.items.map(\.name) == ["front", "none"])
        #expect(networks.items.first?.subnets == ["172.18.0.0/16"])
        let bridges = try fleet.read { try ContainerNetworkQueries.list($0, .all, driver: "bridge", limit: 10) }
        #expect(bridges.items.count == 2)
        let stopped = try fleet.read { try StackQueries.list($0, .all, status: "unhealthy", limit: 1) }
        #expect(stopped.items.map(\.services.count) == [2])
        #expect(stopped.truncated)
    }

    @Test func `What cannot be read of an engine is said, not left out`() throws {
        let fleet = try Self.fleet()
        var failed = DeriverSnapshot(DockerV1(), at: QueryFleet.start + QueryFleet.minute, sequence: 2)
        failed.failure = "the engine does not answer"
        try fleet.take(failed, from: "web-01")
        let images = try fleet.read { try ImageQueries.list($0, .all, limit: 10) }
        #expect(images.items.map { $0.unknownSince != nil } == [true, true, false, false])
        #expect(images.notices?.map(\.machine) == ["web-01"])
        let volumes = try fleet.read { try VolumeQueries.list($0, .all, onlyUnused: false, limit: 10) }
        #expect(volumes.notices?.map(\.code) == ["volumes_unknown"])
        let one = try fleet.read { try MachineQueries.one($0, id: fleet.id("web-01"), now: Self.now) }
        #expect(one?.containers?.unknownSince == Timestamp(milliseconds: QueryFleet.start))
    }

    @Test func `An engine's events are the newest first, of both kinds`() throws {
        let fleet = try Self.fleet()
        func actions(_ filter: DockerEventQueries.Filter, limit: Int = 10) throws -> ListAnswer<DockerEventAnswer> {
            let machine = try Self.machine(fleet, "web-01")
            return try fleet.read { try DockerEventQueries.list($0, machine, filter: filter, limit: limit) }
        }
        #expect(try actions(.init()).items.map(\.action) == ["start", "pull", "die"])
        #expect(try actions(.init(), limit: 2).items.map(\.action) == ["start", "pull"])
        #expect(try actions(.init(), limit: 2).truncated)
        #expect(try actions(.init(type: "image")).items.map(\.actor) == ["nginx:1.27"])
        #expect(try actions(.init(action: "die")).items.map(\.exitCode) == [1])
        #expect(try actions(.init(name: NamePattern("nginx*"))).items.map(\.type) == ["image"])
        let since = Timestamp(milliseconds: QueryFleet.start - 20_000)
        #expect(try actions(.init(since: since)).items.count == 1)
        let all = try fleet.read { try DockerEventQueries.list($0, .all, filter: .init(), limit: 10) }
        #expect(all.items.map(\.machine) == ["web-01", "web-02", "web-01", "web-02", "web-01", "web-02"])
    }
}
