import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite("Whole machines")
struct HostMachineTests {
    @Test("give the hardware that is expected of them", arguments: MachineRoots.names)
    func hardware(name: String) async throws {
        let directory = try MachineRoots.copy(name)
        let host = try Host(root: directory.file("root"))
        let collector = HardwareCollector(host: host, settings: MachineRoots.settings())
        let first = await collector.collect()
        let second = await collector.collect()
        #expect(first.payload as? HardwareV1 == second.payload as? HardwareV1, "unchanged machine, other payload")
        let text = try CanonicalJSON.pretty(GoldenDocument<HardwareV1>(first))
        let difference = try Golden.difference(text, "Tests/AgentTests/Expected/\(name)/hardware.json")
        #expect(difference == nil)
        try Self.expectStrict(first)
    }

    @Test("give the metrics that are expected of them", arguments: MachineRoots.names)
    func metrics(name: String) async throws {
        let directory = try MachineRoots.copy(name)
        let clock = Mutex<UInt64>(1_000_000_000_000)
        let collector = MetricsCollector(
            host: try Host(root: directory.file("root")), awakeNanoseconds: { clock.withLock { $0 } })
        var collected = await collector.collect()
        let first = try #require(collected.payload as? MetricsV1)
        #expect(first.cpu?.usedPercent == nil && first.intervalSeconds == nil, "rates without an interval")
        if try MachineRoots.advance(name, directory) {
            clock.withLock { $0 += 60_000_000_000 }
            collected = await collector.collect()
            #expect((collected.payload as? MetricsV1)?.intervalSeconds == 60)
        }
        let text = try CanonicalJSON.pretty(GoldenDocument<MetricsV1>(collected))
        let difference = try Golden.difference(text, "Tests/AgentTests/Expected/\(name)/metrics.json")
        #expect(difference == nil)
        try Self.expectStrict(collected)
    }

    @Test("are at least twelve, and none is without its expected answers")
    func library() throws {
        #expect(MachineRoots.names.count >= 12)
        for name in MachineRoots.names {
            let kinds = try Repository.names(in: "Tests/AgentTests/Expected/\(name)")
            #expect(kinds.contains("hardware.json") && kinds.contains("metrics.json"), "\(name)")
        }
    }

    /// Whatever the files say, the hub's strict reader takes what is made of them.
    private static func expectStrict(_ collected: Collected) throws {
        let bytes =
            switch collected.payload {
            case let payload as HardwareV1: try CanonicalJSON.encode(payload)
            case let payload as MetricsV1: try CanonicalJSON.encode(payload)
            default: [UInt8]("{}".utf8)
            }
        let tree = try StrictJSON.read(bytes)
        if case .object = tree.root { return }
        Issue.record("the payload is no object")
    }
}
