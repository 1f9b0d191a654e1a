import Contracts
import Glibc
import Synchronization
import Testing

@testable import Agent

/// A door that a question waits at, as one to a server that is gone.
private final class Door: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func wait() { while !isOpen.withLock({ $0 }) { usleep(1000) } }
}

@Suite("File systems that do not answer")
struct MetricsFilesystemProbeTests {
    private static let sizes = FilesystemProbe.Sizes(
        totalBytes: 100, freeBytes: 50, availableBytes: 40, inodesTotal: 10, inodesFree: 5, inodesAvailable: 5)

    @Test("hold nobody up, and are not asked again while they hold a thread")
    func hung() async {
        let door = Door()
        let questions = Mutex(0)
        let probe = FilesystemProbe { mountPoint in
            if mountPoint == "/mnt/nas" {
                questions.withLock { $0 += 1 }
                door.wait()
            }
            return .sizes(Self.sizes)
        }
        let groups = [["/", "/home"], ["/mnt/nas"]]
        let first = await probe.ask(groups: groups, deadline: .milliseconds(40))
        #expect(first == [[.sizes(Self.sizes), .sizes(Self.sizes)], [.timedOut]])
        let second = await probe.ask(groups: groups, deadline: .seconds(60))
        #expect(second == [[.sizes(Self.sizes), .sizes(Self.sizes)], [.timedOut]])
        #expect(questions.withLock { $0 } == 1)
        door.open()
        var answer = FilesystemProbe.Answer.timedOut
        while answer == .timedOut { answer = await probe.ask(groups: groups, deadline: .seconds(60))[1][0] }
        #expect(answer == .sizes(Self.sizes))
    }

    @Test("with nothing to ask the answer comes at once")
    func nothing() async {
        let probe = FilesystemProbe { _ in .timedOut }
        #expect(await probe.ask(groups: [[]], deadline: .seconds(60)) == [[]])
    }

    @Test("are a problem and unknown in the snapshot, beside those that answered")
    func snapshot() async throws {
        let door = Door()
        defer { door.open() }
        let host = try Host()
        let probe = FilesystemProbe { _ in
            door.wait()
            return .failed(errno: EIO)
        }
        var reading = MetricsReading(host: host, isContainer: false, earlier: nil)
        await reading.filesystems(probe, deadline: .milliseconds(30))
        #expect(reading.findings.unknown == ["/filesystems"])
        #expect(reading.findings.problems.allSatisfy { $0.code == "timed_out" })
        #expect(!reading.findings.problems.isEmpty)
        #expect(reading.payload.filesystems == nil)
    }

    @Test("sizes are counted as df counts them")
    func counting() {
        let mount = Mount(
            major: 8, minor: 1, root: "/", mountPoint: "/", readOnly: false, type: "ext4", source: "/dev/sda1")
        let filesystem = MetricsReading.filesystem(mount, Self.sizes)
        #expect(filesystem.usedBytes == 50)
        #expect(filesystem.usedPercent?.value == 55.56)
        #expect(filesystem.inodesUsed == 5)
        var huge = Self.sizes
        huge.totalBytes = .max
        huge.freeBytes = .max
        huge.inodesTotal = 0
        let odd = MetricsReading.filesystem(mount, huge)
        #expect(odd.totalBytes == 1 << 53 - 1)
        #expect(odd.inodesTotal == nil && odd.usedBytes == 0)
    }
}
