import Contracts
import TestSupport
import Testing

@testable import Agent

@Suite("What is remembered of an engine")
struct DockerMemoryTests {
    static let now = Timestamp(seconds: 1_795_000_000)

    static func event(
        _ action: String, of actor: String = "a", secondsAgo: Double = 0, exitCode: Int64? = nil
    ) -> DockerV1.Event {
        var event = DockerV1.Event(
            at: now.adding(milliseconds: -Int64(secondsAgo * 1000)), type: "container", action: action)
        event.actorID = actor
        event.exitCode = exitCode
        return event
    }

    @Test("is each event once, in order, of one day, and so many")
    func bounds() {
        var record = EngineRecord()
        var isNew = [
            record.add([Self.event("start", secondsAgo: 10), Self.event("create", secondsAgo: 20)], now: Self.now),
            record.add([Self.event("create", secondsAgo: 20)], now: Self.now),
        ]
        #expect(record.events.map(\.action) == ["create", "start"])
        // Neither what is older than a day nor what lies in a future that no clock explains.
        isNew.append(record.add([Self.event("die", secondsAgo: 86_400)], now: Self.now))
        isNew.append(record.add([Self.event("die", secondsAgo: -86_400)], now: Self.now))
        #expect(isNew == [true, false, false, false])
        record.prune(now: Self.now.adding(milliseconds: 86_400_000 - 15_000))
        #expect(record.events.map(\.action) == ["start"])
        for actor in 0..<700 {
            record.add([Self.event("start", of: "\(actor)", secondsAgo: Double(700 - actor))], now: Self.now)
        }
        #expect(record.events.count == EngineRecord.eventLimit)
        #expect(record.events.first?.actorID == "201" && record.events.last?.actorID == "699")
    }

    @Test("has room for the neighbours of a container that never rests")
    func fairness() {
        var record = EngineRecord()
        record.add([Self.event("die", of: "quiet", secondsAgo: 3600, exitCode: 3)], now: Self.now)
        record.add((0..<3000).map { Self.event("die", of: "loud", secondsAgo: 3000 - Double($0)) }, now: Self.now)
        #expect(record.events.count { $0.actorID == "loud" } == EngineRecord.eventsOfOneActor)
        #expect(record.events.first?.actorID == "quiet")
        #expect(record.events.last?.at == Self.event("die", secondsAgo: 1).at)
    }

    @Test("says from when on the engine must be asked, also by a clock that was set back")
    func since() {
        var record = EngineRecord()
        #expect(record.since(now: Self.now).milliseconds == Self.now.milliseconds - 86_400_000)
        record.add([Self.event("start", secondsAgo: 600)], now: Self.now)
        #expect(record.since(now: Self.now).milliseconds == Self.now.milliseconds - 660_000)
        let earlier = Self.now.adding(milliseconds: -3_600_000)
        #expect(record.since(now: earlier).milliseconds == earlier.milliseconds - 60_000)
    }

    @Test("asks for disk usage once a day")
    func diskUsageDue() {
        var record = EngineRecord()
        #expect(record.isDiskUsageDue(now: Self.now))
        record.diskUsageTriedAt = Self.now
        #expect(!record.isDiskUsageDue(now: Self.now.adding(milliseconds: 86_399_999)))
        #expect(record.isDiskUsageDue(now: Self.now.adding(milliseconds: 86_400_000)))
        // Tried tomorrow: the clock was set back.
        #expect(record.isDiskUsageDue(now: Self.now.adding(milliseconds: -1)))
    }

    @Test("outlives the agent, and a damaged file does not stop it")
    func file() throws {
        let directory = try TemporaryDirectory()
        let state = StateDirectory(path: directory.path)
        let memory = EngineMemory(state, logger: .silent)
        #expect(memory.add([Self.event("die", exitCode: 137)], now: Self.now))
        #expect(memory.beginMeasuring(now: Self.now))
        #expect(!memory.beginMeasuring(now: Self.now))
        memory.endMeasuring(DockerV1.DiskUsage(measuredAt: Self.now))
        #expect(memory.window(now: Self.now).count == 1)
        #expect(directory.names("") == ["engine.json"])

        let again = EngineMemory(state, logger: .silent)
        #expect(again.record == memory.record)
        #expect(again.record.events.first?.exitCode == 137)
        #expect(!again.beginMeasuring(now: Self.now))

        for damaged in ["", "{", #"{"events":[{"at":"yesterday"}]}"#, #"{"events":{}}"#] {
            try directory.write("engine.json", damaged)
            #expect(EngineMemory(state, logger: .silent).record == EngineRecord())
            #expect(directory.names("").contains("engine.json.damaged"))
        }
    }

    @Test("is not lost to a disk that is full: the snapshot goes on")
    func unwritable() {
        let memory = EngineMemory(StateDirectory(path: "/nonexistent/state"), logger: .silent)
        #expect(memory.add([Self.event("die")], now: Self.now))
        #expect(memory.window(now: Self.now).count == 1)
    }
}

@Suite("Restart loops")
struct DockerRestartLoopTests {
    private typealias Memory = DockerMemoryTests
    private static let now = DockerMemoryTests.now

    private func deaths(_ count: Int, every seconds: Double, until end: Double = 0) -> [DockerV1.Event] {
        (0..<count).reversed().flatMap { index in
            let ago = end + Double(index) * seconds
            return [Memory.event("die", secondsAgo: ago + 0.1, exitCode: 1), Memory.event("start", secondsAgo: ago)]
        }
    }

    @Test("are five restarts within ten minutes, and over when they stop")
    func threshold() {
        #expect(RestartLoops.find(deaths(4, every: 60), now: Self.now).isEmpty)
        let loop = RestartLoops.find(deaths(5, every: 60), now: Self.now)["a"]
        #expect(loop?.restarts == 5)
        #expect(loop?.windowSeconds == 600)
        #expect(loop?.since.milliseconds == Self.now.milliseconds - 240_000)
        // Once a quarter of an hour is no loop, however often.
        #expect(RestartLoops.find(deaths(50, every: 900), now: Self.now).isEmpty)
        #expect(RestartLoops.find(deaths(50, every: 60, until: 700), now: Self.now).isEmpty)
    }

    @Test("began with the first of them, not with one before a long pause")
    func since() {
        let events = deaths(3, every: 60, until: 7200) + deaths(30, every: 60)
        let loop = RestartLoops.find(events, now: Self.now)["a"]
        #expect(loop?.restarts == 10)
        #expect(loop?.since.milliseconds == Self.now.milliseconds - 29 * 60_000)
    }

    @Test("are not what a person does")
    func wanted() {
        let restarted = (0..<8).reversed().flatMap { index in
            ["kill", "die", "stop", "start", "restart"].map { Memory.event($0, secondsAgo: Double(index) * 20) }
        }
        #expect(RestartLoops.find(restarted, now: Self.now).isEmpty)
        let created = (0..<8).reversed().map { Memory.event("start", secondsAgo: Double($0)) }
        #expect(RestartLoops.find(created, now: Self.now).isEmpty)
        // Podman says `restart` of its own restarts.
        let podman = (0..<8).reversed().flatMap { index in
            ["init", "start", "die", "restart"].map { Memory.event($0, secondsAgo: Double(index)) }
        }
        #expect(RestartLoops.find(podman, now: Self.now)["a"]?.restarts == 7)
    }

    @Test("belong to one container each")
    func apart() {
        let mixed = (0..<6).reversed().flatMap { index in
            ["a", "b"].flatMap { actor in
                ["die", "start"].map { Memory.event($0, of: "\(actor)\(index % 2)", secondsAgo: Double(index)) }
            }
        }
        #expect(RestartLoops.find(mixed, now: Self.now).isEmpty)
        #expect(RestartLoops.find([], now: Self.now).isEmpty)
    }
}

@Suite("Disk usage of an engine")
struct DockerDiskUsageTests {
    private func usage(_ text: String) throws -> DockerV1.DiskUsage? {
        EngineDiskUsage.usage(try StrictJSON.read(Array(text.utf8)).root, measuredAt: DockerMemoryTests.now)
    }

    @Test("is summed, and not known where a part is not")
    func sums() throws {
        let whole = try usage(
            #"""
            {"LayersSize":100,"Containers":[{"SizeRw":5},{}],"Volumes":[{"UsageData":{"Size":7}}],
            "BuildCache":[{"Size":3,"Shared":false},{"Size":50,"Shared":true}]}
            """#)
        #expect(whole?.imagesBytes == 100 && whole?.containersBytes == 5)
        #expect(whole?.volumesBytes == 7 && whole?.buildCacheBytes == 3)
        let partly = try usage(
            #"{"LayersSize":-1,"Containers":null,"Volumes":[{"UsageData":{"Size":7}},{"UsageData":{"Size":-1}}]}"#)
        #expect(partly?.imagesBytes == nil && partly?.containersBytes == nil && partly?.volumesBytes == nil)
        let huge = try usage(
            #"{"LayersSize":1,"Volumes":[{"UsageData":{"Size":9007199254740991}},{"UsageData":{"Size":9007199254740991}}]}"#
        )
        #expect(huge?.volumesBytes == nil)
        for other in ["{}", "[]", "null", "\"x\"", #"{"message":"no"}"#] { #expect(try usage(other) == nil) }
    }

    @Test("of Podman, which says 0 for the layers of its images")
    func podman() throws {
        let bytes = try Repository.bytes("Tests/AgentTests/Recorded/podman-4.3/df.json")
        let usage = EngineDiskUsage.usage(try StrictJSON.read(bytes).root, measuredAt: DockerMemoryTests.now)
        #expect(usage?.imagesBytes == 1_997_924)
        #expect(usage?.volumesBytes == 0 && usage?.buildCacheBytes == 0)
    }

    @Test("is measured once, and told again until the next day")
    func daily() async throws {
        let engine = try DockerEngineSimulator(try DockerEngineSimulator.recorded())
        defer { engine.stop() }
        var settings = CollectionSettings()
        settings.engineSockets = [engine.path]
        let memory = EngineMemory()
        let host = try Host()
        let moment = try DockerEngineSimulator.recordedAt()
        func collect(hoursLater: Int64) async -> Collected {
            let now = moment.adding(milliseconds: hoursLater * 3_600_000)
            return await DockerCollector(host: host, settings: settings, memory: memory, now: { now }).collect()
        }
        let questions = { engine.questions.count { $0.hasSuffix("/system/df") } }
        let first = await collect(hoursLater: 0).payload as? DockerV1
        #expect(first?.diskUsage?.measuredAt == moment)
        let second = await collect(hoursLater: 23).payload as? DockerV1
        #expect(second?.diskUsage == first?.diskUsage)
        #expect(questions() == 1)
        let third = await collect(hoursLater: 24).payload as? DockerV1
        #expect(third?.diskUsage?.measuredAt == moment.adding(milliseconds: 86_400_000))
        #expect(questions() == 2)
        // An engine that fails at it: the last known stays, the problem is told, and nobody asks again for a day.
        engine.set("/system/df", .status(500))
        let failed = await collect(hoursLater: 48)
        #expect((failed.payload as? DockerV1)?.diskUsage == third?.diskUsage)
        #expect(failed.problems.map(\.code) == ["engine_error"])
        #expect(failed.status == "ok")
        _ = await collect(hoursLater: 49)
        #expect(questions() == 3)
    }

    @Test("holds nothing up where the engine takes long for it")
    func hangs() async throws {
        var answers = try DockerEngineSimulator.recorded()
        answers["/system/df"] = .hang
        let engine = try DockerEngineSimulator(answers)
        defer { engine.stop() }
        var settings = CollectionSettings()
        settings.engineSockets = [engine.path]
        let moment = try DockerEngineSimulator.recordedAt()
        let collector = DockerCollector(host: try Host(), settings: settings, now: { moment })
        let started = ContinuousClock.now
        let collected = await collector.collect()
        #expect(ContinuousClock.now - started < .seconds(20))
        #expect(collected.unknown == ["/disk_usage"])
        #expect(collected.problems.map(\.code) == ["still_running"])
        #expect((collected.payload as? DockerV1)?.containers?.count == 13)
        #expect(await collector.collect().unknown == ["/disk_usage"])
        #expect(engine.questions.count { $0.hasSuffix("/system/df") } == 1)
    }
}
