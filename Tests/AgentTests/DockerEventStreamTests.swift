import Contracts
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// The stream of events from an engine that comes, goes and misbehaves.
@Suite("Engine events")
struct DockerEventStreamTests {
    private final class Pulses: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    private static let now = Timestamp(seconds: 1_795_257_200)

    private static func line(_ action: String, _ actor: String, at time: Int) -> String {
        #"{"Type":"container","Action":"\#(action)","Actor":{"ID":"\#(actor)"},"time":\#(time)}"#
    }

    private func follow(_ engine: DockerEngineSimulator, _ memory: EngineMemory, _ pulses: Pulses) throws -> Task<
        Void, Never
    > {
        let stream = EngineEventStream(
            host: try Host(), sockets: [engine.path], memory: memory, now: { Self.now },
            backoff: (.milliseconds(20), .milliseconds(50), .milliseconds(50)))
        return Task { await stream.follow { pulses.add() } }
    }

    private func wait(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<2000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test("that happen while the connection is lost are asked for afterwards", .timeLimit(.minutes(1)))
    func reconnects() async throws {
        let engine = try DockerEngineSimulator([
            "/events": .ended([Self.line("start", "a", at: 1_795_257_100)])
        ])
        defer { engine.stop() }
        let memory = EngineMemory()
        let task = try follow(engine, memory, Pulses())
        defer { task.cancel() }
        #expect(await wait { memory.record.events.count == 1 })
        // What the engine has to tell after its restart: some of it is known already.
        engine.set(
            "/events",
            .stream([
                Self.line("start", "a", at: 1_795_257_100), Self.line("die", "a", at: 1_795_257_130),
                Self.line("start", "b", at: 1_795_257_140),
            ]))
        #expect(await wait { memory.record.events.count == 3 })
        #expect(memory.record.events.map(\.action) == ["start", "die", "start"])
        // First a whole day, then a minute before the last one that is known.
        #expect(engine.questions.first == "/events?since=\(1_795_257_200 - 86_400)")
        #expect(engine.questions.last == "/events?since=\(1_795_257_100 - 60)")
    }

    @Test("that are known already wake nobody", .timeLimit(.minutes(1)))
    func known() async throws {
        let memory = EngineMemory()
        let old = Self.line("start", "a", at: 1_795_257_100)
        let engine = try DockerEngineSimulator(["/events": .stream([old, old, old])])
        defer { engine.stop() }
        let event = try #require(EngineEvents.event(try StrictJSON.read(Array(old.utf8)).root))
        #expect(memory.add([event], now: Self.now))
        let pulses = Pulses()
        let task = try follow(engine, memory, pulses)
        defer { task.cancel() }
        #expect(await wait { !engine.questions.isEmpty })
        // One is for having connected; the next is of a death.
        engine.set("/events", .stream([old, Self.line("die", "a", at: 1_795_257_150)]))
        engine.cut()
        #expect(await wait { memory.record.events.count == 2 })
        #expect(pulses.value <= 4)
    }

    @Test(
        "of an engine that talks nonsense, floods, trickles or hangs up stop nothing",
        .timeLimit(.minutes(1)), arguments: ["nonsense", "flood", "drop", "trickle", "status"])
    func misbehaving(_ how: String) async throws {
        let answers: [String: DockerEngineSimulator.Answer] = [
            "nonsense": .ended(["<html>", "null", "[]", "{\"Type\":7}", "\u{FFFD}"]), "flood": .flood(8 << 20),
            "drop": .drop, "trickle": .trickle, "status": .status(500),
        ]
        let engine = try DockerEngineSimulator(["/events": try #require(answers[how])])
        defer { engine.stop() }
        let memory = EngineMemory()
        let task = try follow(engine, memory, Pulses())
        defer { task.cancel() }
        #expect(await wait { !engine.questions.isEmpty })
        engine.set("/events", .stream([Self.line("die", "a", at: 1_795_257_130)]))
        engine.cut()
        #expect(await wait { memory.record.events.map(\.action) == ["die"] })
    }

    @Test("come in chunks that end anywhere")
    func chunks() {
        let bytes = Array(
            (Self.line("die", "a", at: 1_795_257_130) + "\n" + Self.line("start", "a", at: 1_795_257_131) + "\n").utf8)
        for size in [1, 7, 64, bytes.count] {
            let lines = EventLines()
            var events: [DockerV1.Event] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let taken = lines.take(Array(bytes[start..<min(start + size, bytes.count)]))
                #expect(!taken.isNonsense)
                events += taken.events
            }
            #expect(events.map(\.action) == ["die", "start"])
        }
        let lines = EventLines()
        #expect(lines.take([UInt8](repeating: 0x78, count: 2 << 20)).isNonsense)
        #expect(lines.take(bytes).events.count == 2)
    }

    @Test("of a user's own engine are found without root's socket")
    func rootless() throws {
        let root = try TemporaryDirectory()
        try root.write("run/user/1000/bus", "")
        try root.write("run/user/1001/podman/x", "")
        let settings = CollectionSettings()
        #expect(EngineSocket.find(try Host(root: root.path), settings.engineSockets) == .absent)
        let engine = try DockerEngineSimulator([:])
        defer { engine.stop() }
        let path = root.file("run/user/1001/podman/podman.sock")
        #expect(link(engine.path, path) == 0)
        #expect(EngineSocket.find(try Host(root: root.path), settings.engineSockets) == .open(path: path))
    }
}
