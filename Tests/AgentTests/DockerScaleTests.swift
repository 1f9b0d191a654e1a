import Contracts
import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite("Docker at scale")
struct DockerScaleTests {
    /// A copy of a recorded container or image under another id.
    private static func copy(_ value: JSONValue, _ changes: [String: JSONValue]) -> JSONValue {
        guard case .object(let object) = value else { return value }
        return .object(JSONObject(object.members.map { .init($0.name, changes[$0.name] ?? $0.value) }))
    }

    private static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    private static func answers(containers: Int, images: Int) throws -> [String: DockerEngineSimulator.Answer] {
        var answers = try DockerEngineSimulator.recorded().filter { !$0.key.contains("/sha256:") }
        func recorded(_ file: String) throws -> JSONValue {
            try StrictJSON.read(Repository.bytes("Tests/AgentTests/Recorded/docker-20.10/\(file)")).root
        }
        guard let listed = try recorded("containers.json").arrayValue,
            let image = try recorded("images.json").arrayValue?.first,
            case .object(let inspections) = try recorded("inspections.json"),
            case .object(let imageInspections) = try recorded("image-inspections.json"),
            let imageInspection = imageInspections.members.first?.value
        else { throw DockerEngineSimulator.ReadFailed() }
        var list: [JSONValue] = []
        for number in 0..<containers {
            let source = listed[number % listed.count]
            let name = JSONValue.string("/c\(number)")
            list.append(copy(source, ["Id": .string(id(number)), "Names": .array([name])]))
            let inspection = inspections.members.first { $0.name == source["Id"]?.stringValue }?.value ?? .null
            answers["/containers/\(id(number))/json"] = .json(
                try CanonicalJSON.encode(copy(inspection, ["Id": .string(id(number)), "Name": name])))
        }
        answers["/containers/json"] = .json(try CanonicalJSON.encode(JSONValue.array(list)))
        let imageList = try (0..<images).map { number in
            let identifier = "sha256:" + id(number)
            answers["/images/\(identifier)/json"] = .json(try CanonicalJSON.encode(imageInspection))
            return copy(
                image, ["Id": .string(identifier), "RepoTags": .array([.string("registry.example/image-\(number):1")])])
        }
        answers["/images/json"] = .json(try CanonicalJSON.encode(JSONValue.array(imageList)))
        return answers
    }

    private static func residentKilobytes() throws -> Int {
        let line = try Host().text("proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter { ("0"..."9").contains($0) }) } ?? 0
    }

    @Test("asks for each container once, and for each image once in its life")
    func calls() async throws {
        let (containers, images) = (200, 500)
        let engine = try DockerEngineSimulator(try Self.answers(containers: containers, images: images))
        defer { engine.stop() }
        var settings = CollectionSettings()
        settings.engineSockets = [engine.path]
        let moment = try DockerEngineSimulator.recordedAt()
        let collector = DockerCollector(host: try Host(), settings: settings, now: { moment })
        // ping, df, info, version, events, and the lists of containers, images, volumes and networks.
        let lists = 9
        for (round, expected) in [containers + images + lists, containers + lists - 1].enumerated() {
            let before = engine.questions.count
            let memory = try Self.residentKilobytes()
            let clock = ContinuousClock.now
            let cpu = SystemClock.processNanoseconds()
            let collected = await collector.collect()
            let elapsed = clock.duration(to: .now)
            let payload = try #require(collected.payload as? DockerV1)
            let bytes = try CanonicalJSON.encode(payload).count
            print(
                "200 containers, 500 images, round \(round): \(elapsed), \((SystemClock.processNanoseconds() - cpu) / 1_000_000) ms of CPU with the simulator's, "
                    + "\(engine.questions.count - before) calls, \(try Self.residentKilobytes() - memory) KB more memory, \(bytes) bytes"
            )
            #expect(collected.unknown == [])
            #expect(payload.containers?.count == containers && payload.images?.count == images)
            #expect(engine.questions.count - before == expected)
        }
    }
}
