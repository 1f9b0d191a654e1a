import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// A machine whose counters a test sets, and the time between two looks at it.
private final class TwoLooks: Sendable {
    let directory: TemporaryDirectory
    private let clocks = Mutex((awake: UInt64(1_000_000_000_000), asleep: UInt64(0)))

    init() throws {
        directory = try TemporaryDirectory()
        try write("proc/uptime", "1000.00 900.00\n")
    }

    func write(_ path: String, _ text: String) throws { try directory.write("root/\(path)", text) }

    func pass(awakeSeconds: Double, asleepSeconds: Double = 0) {
        clocks.withLock {
            $0.awake += UInt64(awakeSeconds * 1e9)
            $0.asleep += UInt64(asleepSeconds * 1e9)
        }
    }

    func collector() throws -> MetricsCollector {
        MetricsCollector(
            host: try Host(root: directory.file("root")), awakeNanoseconds: { self.clocks.withLock { $0.awake } },
            asleepNanoseconds: { self.clocks.withLock { $0.asleep } })
    }
}

@Suite("Rates over a real interval")
struct MetricsIntervalTests {
    private func disk(_ reads: UInt64, sectors: UInt64, busy: UInt64) -> String {
        "   8       0 sda \(reads) 0 \(sectors) 0 10 0 80 0 0 \(busy) 0\n"
    }

    private func net(_ received: UInt64) -> String {
        "Inter-|\n face |\n  eth0: \(received) 1 0 0 0 0 0 0 500 1 0 0 0 0 0 0\n"
    }

    private func look(_ collector: MetricsCollector) async throws -> MetricsV1 {
        try #require(await collector.collect().payload as? MetricsV1)
    }

    @Test("a counter that began anew has no rate once, and one the time after")
    func reset() async throws {
        let machine = try TwoLooks()
        let collector = try machine.collector()
        try machine.write("proc/diskstats", disk(1000, sectors: 8000, busy: 5000))
        try machine.write("proc/net/dev", net(1_000_000))
        _ = try await look(collector)
        machine.pass(awakeSeconds: 10)
        try machine.write("proc/diskstats", disk(5, sectors: 16, busy: 3))
        try machine.write("proc/net/dev", net(100))
        let afterReset = try await look(collector)
        #expect(afterReset.disks?.first?.readsPerSecond == nil && afterReset.disks?.first?.readBytesPerSecond == nil)
        #expect(afterReset.interfaces?.first?.receivedBytesPerSecond == nil)
        #expect(afterReset.interfaces?.first?.receivedBytesTotal == 100 && afterReset.disks?.first?.readsTotal == 5)
        machine.pass(awakeSeconds: 10)
        try machine.write("proc/diskstats", disk(105, sectors: 216, busy: 103))
        try machine.write("proc/net/dev", net(1100))
        let later = try await look(collector)
        #expect(later.disks?.first?.readsPerSecond == 10 && later.disks?.first?.readBytesPerSecond == 20 * 512)
        #expect(later.interfaces?.first?.receivedBytesPerSecond == 100)
        #expect(later.disks?.first?.busyPercent?.value == 1)
    }

    @Test("the 32 bits of a disk's busy time wrap, and what is more than the interval is no wrap")
    func busyWrap() async throws {
        let machine = try TwoLooks()
        let collector = try machine.collector()
        try machine.write("proc/diskstats", disk(1, sectors: 1, busy: (1 << 32) - 2000))
        _ = try await look(collector)
        machine.pass(awakeSeconds: 10)
        try machine.write("proc/diskstats", disk(2, sectors: 2, busy: 3000))
        #expect(try await look(collector).disks?.first?.busyPercent?.value == 50)
        machine.pass(awakeSeconds: 10)
        try machine.write("proc/diskstats", disk(3, sectors: 3, busy: 2000))
        #expect(try await look(collector).disks?.first?.busyPercent == nil)
    }

    @Test("a disk and an interface that were not there before have totals, and no rate yet")
    func hotPlug() async throws {
        let machine = try TwoLooks()
        let collector = try machine.collector()
        try machine.write("proc/net/dev", net(5))
        try machine.write("proc/diskstats", "")
        _ = try await look(collector)
        machine.pass(awakeSeconds: 10)
        try machine.write("proc/diskstats", disk(100, sectors: 100, busy: 1))
        try machine.write("proc/net/dev", "a|\nb|\n  usb0: 7 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n")
        let later = try await look(collector)
        #expect(later.disks?.first?.readsTotal == 100 && later.disks?.first?.readsPerSecond == nil)
        #expect(later.interfaces?.map(\.name) == ["usb0"] && later.interfaces?.first?.receivedBytesPerSecond == nil)
    }

    @Test("CPUs that came or went between two looks are in the count, and not in the shares of each")
    func cpuHotPlug() async throws {
        let machine = try TwoLooks()
        let collector = try machine.collector()
        try machine.write("proc/stat", "cpu 300 0 0 300\ncpu0 100 0 0 100\ncpu1 100 0 0 100\ncpu3 100 0 0 100\n")
        _ = try await look(collector)
        machine.pass(awakeSeconds: 10)
        // cpu1 is gone, cpu2 and cpu4 are new; cpu3 began anew while it was away.
        try machine.write(
            "proc/stat",
            "cpu 450 0 0 450\ncpu0 150 0 0 150\ncpu2 50 0 0 50\ncpu3 10 0 0 10\ncpu4 9 0 0 9\n")
        let cpu = try #require(try await look(collector).cpu)
        #expect(cpu.count == 4)
        #expect(cpu.usedPercent?.value == 50)
        #expect(cpu.perCore?.map(\.core) == [0] && cpu.perCore?.first?.usedPercent.value == 50)
    }

    @Test("time asleep is in no rate, and is said")
    func suspended() async throws {
        let machine = try TwoLooks()
        let collector = try machine.collector()
        try machine.write("proc/net/dev", net(0))
        _ = try await look(collector)
        machine.pass(awakeSeconds: 10, asleepSeconds: 3600.5)
        try machine.write("proc/net/dev", net(1000))
        let woken = try await look(collector)
        #expect(woken.intervalSeconds == 10 && woken.suspendedSeconds == 3600.5)
        #expect(woken.interfaces?.first?.receivedBytesPerSecond == 100)
        machine.pass(awakeSeconds: 10, asleepSeconds: 0.000_001)
        #expect(try await look(collector).suspendedSeconds == nil)
    }

    @Test("a clock that stands still or goes back gives no rate and no interval")
    func clock() async throws {
        let machine = try TwoLooks()
        let collector = try machine.collector()
        try machine.write("proc/net/dev", net(0))
        _ = try await look(collector)
        try machine.write("proc/net/dev", net(1000))
        let still = try await look(collector)
        #expect(still.intervalSeconds == nil && still.interfaces?.first?.receivedBytesPerSecond == nil)
    }

    @Test("this system's own clocks agree that it was not asleep longer than it is up")
    func clocks() throws {
        let up = try #require(InspectionFile.uptimeSeconds(try Host()))
        #expect(Double(SystemClock.asleepNanoseconds()) / 1e9 <= up + 1)
    }
}

@Suite("Containers by their control groups")
struct MetricsContainerTests {
    private static let id = String(repeating: "0a", count: 32)

    /// Where engines put a container's group: with systemd's slices, without, below a pod's, and where v1 has each
    /// controller.
    static let unifiedPaths = [
        "system.slice/docker-\(id).scope", "docker/\(id)", "machine.slice/libpod-\(id).scope",
        "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-\(id).scope",
        "user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope",
    ]
    static let legacyPaths = ["docker/\(id)", "system.slice/docker-\(id).scope", "libpod_parent/libpod-\(id)"]

    private func network(_ directory: TemporaryDirectory) throws {
        try directory.write("root/proc/net/dev", "a|\nb|\n  eth9: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n")
        try directory.write(
            "root/proc/77/net/dev",
            "a|\nb|\n    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n  eth0: 700 1 0 0 0 0 0 0 300 1 0 0 0 0 0 0\n")
    }

    private func expect(_ container: MetricsV1.Container?) {
        #expect(container?.id == Self.id)
        #expect(container?.memoryUsedBytes == 900 && container?.memoryLimitBytes == 4096)
        #expect(container?.readBytesTotal == 30 && container?.writtenBytesTotal == 40)
        #expect(container?.receivedBytesTotal == 700 && container?.transmittedBytesTotal == 300)
        #expect(container?.cpuPercent == 150)
    }

    @Test("of version 2", arguments: unifiedPaths)
    func unified(path: String) async throws {
        let directory = try TemporaryDirectory()
        let group = "root/sys/fs/cgroup/\(path)"
        try directory.write("root/sys/fs/cgroup/cgroup.controllers", "cpu io memory\n")
        try directory.write("\(group)/cgroup.events", "populated 1\nfrozen 0\n")
        try directory.write("\(group)/cgroup.procs", "77\n")
        try directory.write("\(group)/memory.current", "1000\n")
        try directory.write("\(group)/memory.stat", "anon 1\ninactive_file 100\n")
        try directory.write("\(group)/memory.max", "4096\n")
        try directory.write("\(group)/io.stat", "8:0 rbytes=10 wbytes=40 rios=1 wios=1\n8:16 rbytes=20 wbytes=0\n")
        try directory.write("\(group)/cpu.stat", "usage_usec 1000000\n")
        try network(directory)
        try await look(directory) { try directory.write("\(group)/cpu.stat", "usage_usec 16000000\n") }
    }

    @Test("of version 1", arguments: legacyPaths)
    func legacy(path: String) async throws {
        let directory = try TemporaryDirectory()
        let groups = "root/sys/fs/cgroup"
        try directory.write("\(groups)/memory/\(path)/memory.usage_in_bytes", "1000\n")
        try directory.write("\(groups)/memory/\(path)/memory.stat", "inactive_file 5\ntotal_inactive_file 100\n")
        try directory.write("\(groups)/memory/\(path)/memory.limit_in_bytes", "4096\n")
        try directory.write("\(groups)/memory/\(path)/cgroup.procs", "77\n")
        try directory.write(
            "\(groups)/blkio/\(path)/blkio.throttle.io_service_bytes", "8:0 Read 30\n8:0 Write 40\nTotal 70\n")
        try directory.write("\(groups)/cpuacct/\(path)/cpuacct.usage", "1000000000\n")
        try network(directory)
        try await look(directory) { try directory.write("\(groups)/cpuacct/\(path)/cpuacct.usage", "16000000000\n") }
    }

    private func look(_ directory: TemporaryDirectory, _ later: () throws -> Void) async throws {
        let clock = Mutex<UInt64>(1_000_000_000)
        let collector = MetricsCollector(
            host: try Host(root: directory.file("root")), awakeNanoseconds: { clock.withLock { $0 } })
        let first = try #require(await collector.collect().payload as? MetricsV1)
        #expect(first.containers?.count == 1 && first.containers?.first?.cpuPercent == nil)
        clock.withLock { $0 += 10_000_000_000 }
        try later()
        expect(try #require(await collector.collect().payload as? MetricsV1).containers?.first)
    }

    @Test("one that has ended, or runs in the host's network, or without a limit")
    func special() async throws {
        let directory = try TemporaryDirectory()
        let group = "root/sys/fs/cgroup/system.slice/docker-\(Self.id).scope"
        try directory.write("root/sys/fs/cgroup/cgroup.controllers", "cpu io memory\n")
        try directory.write("\(group)/cpu.stat", "usage_usec 1\n")
        try directory.write("\(group)/cgroup.procs", "77\n")
        try directory.write("\(group)/memory.current", "1000\n")
        try directory.write("\(group)/memory.max", "max\n")
        try directory.write("root/proc/net/dev", "a|\nb|\n  eth0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n")
        try directory.write("root/proc/77/net/dev", "a|\nb|\n  eth0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n")
        let host = try Host(root: directory.file("root"))
        let running = await MetricsCollector(host: host).collect().payload as? MetricsV1
        #expect(running?.containers?.first?.memoryLimitBytes == nil)
        #expect(running?.containers?.first?.receivedBytesTotal == nil)
        try directory.write("\(group)/cgroup.events", "populated 0\n")
        let ended = await MetricsCollector(host: host).collect().payload as? MetricsV1
        #expect(ended?.containers == nil)
    }
}
