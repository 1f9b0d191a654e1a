import Contracts
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite("This machine's metrics, side by side with")
struct MetricsSideBySideTests {
    private func metrics(sampleFirst: Duration? = nil) async throws -> MetricsV1 {
        let collected = await MetricsCollector(host: try Host(), sampleFirst: sampleFirst).collect()
        return try #require(collected.payload as? MetricsV1)
    }

    @Test("free", .enabled(if: Tool.isInstalled("free"), "no free here"))
    func free() async throws {
        // Other programs allocate while two look one after the other: some two looks of many fall into a quiet moment.
        let tolerance = 64 << 20
        var differences: [Int] = []
        for _ in 0..<200 {
            let memory = try #require(try await metrics().memory)
            let lines = try ChildProcess.run("free", ["-b", "-w"], environment: ["LC_ALL": "C"]).split(separator: "\n")
            // total used free shared buffers cache available
            let values = lines[1].split(separator: " ").dropFirst().compactMap { Int($0) }
            let swap = lines[2].split(separator: " ").dropFirst().compactMap { Int($0) }
            #expect(memory.totalBytes == values[0])
            #expect(memory.swapTotalBytes == swap[0])
            let pairs = [
                (memory.availableBytes, values[6]), (memory.freeBytes, values[2]), (memory.buffersBytes, values[4]),
                (memory.cachedBytes, values[5]),
            ]
            differences = pairs.map { abs(($0 ?? 0) - $1) }
            if differences.allSatisfy({ $0 < tolerance }) { return }
        }
        Issue.record("available, free, buffers, cached differ by \(differences) bytes")
    }

    @Test("df", .enabled(if: Tool.isInstalled("df"), "no df here"))
    func df() async throws {
        let ours = try await metrics().filesystems ?? []
        for filesystem in ours {
            let columns = "source,fstype,size,used,avail,itotal,target"
            let text = try ChildProcess.run(
                "df", ["-B1", "--output=\(columns)", filesystem.mountPoint], environment: ["LC_ALL": "C"])
            let fields = text.split(separator: "\n")[1].split(separator: " ").map(String.init)
            #expect(fields[0] == filesystem.device)
            #expect(fields[1] == filesystem.type)
            #expect(Int(fields[2]) == filesystem.totalBytes)
            #expect(abs((Int(fields[3]) ?? 0) - filesystem.usedBytes) < 1 << 30)
            #expect(abs((Int(fields[4]) ?? 0) - filesystem.availableBytes) < 1 << 30)
            #expect((Int(fields[5]) ?? 0) == filesystem.inodesTotal ?? 0)
            #expect(fields[6] == filesystem.mountPoint)
        }
        // What df lists on a device of its own is in ours, each device once.
        let listed = try ChildProcess.run("df", ["-l", "--output=source"], environment: ["LC_ALL": "C"])
        let devices = Set(listed.split(separator: "\n").map { $0.trimmed }.filter { $0.hasPrefix("/dev/") })
        #expect(devices.subtracting(["/dev/fuse"]) == Set(ours.map(\.device).filter { $0.hasPrefix("/dev/") }))
    }

    @Test("/proc/loadavg")
    func loadAverage() async throws {
        let host = try Host()
        // It changes every five seconds: between two equal readings ours is the same.
        for _ in 0..<50 {
            let before = try host.text("/proc/loadavg").words
            let load = try #require(try await metrics().load)
            guard try host.text("/proc/loadavg").words.prefix(3) == before.prefix(3) else { continue }
            #expect([load.oneMinute, load.fiveMinutes, load.fifteenMinutes] == before.prefix(3).map { Double($0) })
            return
        }
        Issue.record("the load changed all the time")
    }

    @Test("/proc itself, over a real interval")
    func interval() async throws {
        let metrics = try await metrics(sampleFirst: .milliseconds(50))
        #expect((metrics.intervalSeconds ?? 0) >= 0.05)
        let host = try Host()
        #expect(metrics.cpu?.count == sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        if let cpu = metrics.cpu, let used = cpu.usedPercent, let idle = cpu.idlePercent, let wait = cpu.iowaitPercent {
            #expect(abs(used.value + idle.value + wait.value - 100) < 0.05)
        }
        #expect((metrics.processes?.total ?? 0) > 1)
        #expect(metrics.uptimeSeconds ?? 0 > 1)
        let interfaces = Set(host.names("/sys/class/net").filter { $0 != "lo" && !$0.hasPrefix("veth") })
        #expect(Set((metrics.interfaces ?? []).map(\.name)) == interfaces)
    }
}
