import Contracts
import Glibc
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Agent

/// One after the other: one of them counts the watches of this process.
@Suite("Change triggers", .serialized)
struct TriggerTests {
    /// Collects what a stream gives; waits for a number of elements, or for a while in which nothing comes.
    private final class Listener: Sendable {
        private let found = Mutex<[Kind]>([])
        private let task: Mutex<Task<Void, Never>?>

        init(_ stream: AsyncStream<Kind>) {
            task = Mutex(nil)
            task.withLock { task in
                task = Task { [self] in
                    for await kind in stream { found.withLock { $0.append(kind) } }
                }
            }
        }

        var kinds: [Kind] { found.withLock { $0 } }

        func wait(for count: Int, of kind: Kind, seconds: Double = 20) async -> Bool {
            let end = ContinuousClock.now + .milliseconds(Int64(seconds * 1000))
            while ContinuousClock.now < end {
                if kinds.count(where: { $0 == kind }) >= count { return true }
                try? await Task.sleep(for: .milliseconds(10))
            }
            return false
        }

        func stop() { task.withLock { $0?.cancel() } }
    }

    private static let quick = ChangeTriggers.Timing(
        quiet: .milliseconds(40), longest: .milliseconds(400), lockInterval: .milliseconds(10), lockBound: .seconds(20))

    private func root() throws -> TemporaryDirectory {
        let root = try TemporaryDirectory()
        for name in ["var/lib/dpkg/status", "var/lib/apt/lists/x", "etc/apt/sources.list.d/a.list", "run/x"] {
            try root.write(name, "")
        }
        return root
    }

    private func listen(
        _ root: TemporaryDirectory, sockets: [String] = [], timing: ChangeTriggers.Timing = quick
    ) throws -> Listener {
        var settings = CollectionSettings()
        settings.engineSockets = sockets
        return Listener(ChangeTriggers(host: try Host(root: root.path), settings: settings, timing: timing).events())
    }

    @Test(
        "notice what packages, lists, sources and the reboot flag leave behind",
        arguments: [
            "var/lib/dpkg/status", "var/lib/apt/lists/h_dists_s_InRelease", "var/lib/apt/extended_states",
            "etc/apt/sources.list", "etc/apt/sources.list.d/new.sources", "run/reboot-required",
        ])
    func notices(_ name: String) async throws {
        let root = try root()
        let listener = try listen(root)
        defer { listener.stop() }
        // As dpkg and APT do: beside it, then renamed.
        try root.write(name + ".new", "x")
        #expect(rename(root.file(name + ".new"), root.file(name)) == 0)
        #expect(await listener.wait(for: 1, of: .apt))
        #expect(Set(listener.kinds) == [.apt])
    }

    @Test("do not mind locks, reading, or other files")
    func ignores() async throws {
        let root = try root()
        let listener = try listen(root)
        defer { listener.stop() }
        for name in ["var/lib/dpkg/lock", "var/lib/apt/lists/lock", "run/other", "etc/apt/apt.conf"] {
            try root.write(name, "x")
        }
        _ = try root.read("var/lib/dpkg/status")
        // What does come afterwards is the one thing that matters: nothing was waiting in front of it.
        try root.write("var/lib/dpkg/status", "x")
        #expect(await listener.wait(for: 1, of: .apt))
        #expect(listener.kinds == [.apt])
    }

    @Test("make one of many changes")
    func debounces() async throws {
        let root = try root()
        var patient = Self.quick
        patient.quiet = .milliseconds(500)
        patient.longest = .seconds(20)
        let listener = try listen(root, timing: patient)
        defer { listener.stop() }
        for _ in 0..<200 { try root.write("var/lib/dpkg/status", "x") }
        #expect(await listener.wait(for: 1, of: .apt))
        try root.write("var/lib/dpkg/status", "y")
        #expect(await listener.wait(for: 2, of: .apt))
        #expect(listener.kinds.count == 2)
    }

    @Test("wait while somebody holds dpkg's lock, and no longer than allowed")
    func locks() async throws {
        let root = try root()
        try root.write("var/lib/dpkg/lock", "")
        let information = try Host(root: root.path).status("var/lib/dpkg/lock")
        try root.write("proc/locks", "1: POSIX  ADVISORY  WRITE 4711 00:2a:\(information.st_ino) 0 EOF\n")
        let listener = try listen(root)
        defer { listener.stop() }
        try root.write("var/lib/dpkg/status", "x")
        #expect(!(await listener.wait(for: 1, of: .apt, seconds: 0.3)))
        try root.write("proc/locks", "")
        #expect(await listener.wait(for: 1, of: .apt))

        try root.write("proc/locks", "1: POSIX  ADVISORY  WRITE 4711 00:2a:\(information.st_ino) 0 EOF\n")
        var impatient = Self.quick
        impatient.lockBound = .milliseconds(50)
        let second = try listen(root, timing: impatient)
        defer { second.stop() }
        try root.write("var/lib/dpkg/status", "y")
        #expect(await second.wait(for: 1, of: .apt))
    }

    @Test("see a real lock of another process")
    func realLock() throws {
        let root = try root()
        let path = try root.write("var/lib/dpkg/lock", "")
        try root.write("proc/locks", "")
        let holder = try ChildProcess(
            "python3",
            [
                "-u", "-c",
                "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.lockf(f, fcntl.LOCK_EX); print('held'); import time; time.sleep(60)",
                path,
            ])
        #expect(holder.firstLine() == "held")
        defer { holder.signal(SIGKILL) }
        let locks = PackageLocks.locks(try Host().text("proc/locks"))
        let information = try Host(root: root.path).status("var/lib/dpkg/lock")
        #expect(locks.contains { $0.isOn(information) })
    }

    @Test("take no file of the same number on another disk for the lock")
    func otherDisk() {
        var file = stat()
        file.st_ino = 555
        file.st_dev = makedev(0xFD, 0)
        func isHeld(_ device: String) -> Bool {
            PackageLocks.locks("1: POSIX  ADVISORY  WRITE 12 \(device):555 0 EOF\n").contains { $0.isOn(file) }
        }
        #expect(isHeld("fd:00"))
        #expect(!isHeld("fd:01"))
        #expect(!isHeld("08:00"))
        // An overlay: the list names its own device.
        #expect(isHeld("00:2a"))
        file.st_dev = makedev(0, 0x2B)
        #expect(isHeld("fd:01"))
    }

    private func makedev(_ major: UInt64, _ minor: UInt64) -> dev_t {
        dev_t((minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12 | (major & ~0xFFF) << 32)
    }

    @Test("read /proc/locks whatever stands in it")
    func lockLines() {
        let text = """
            1: POSIX  ADVISORY  WRITE 12 fd:00:555 0 EOF
            1: -> POSIX  ADVISORY  WRITE 13 fd:00:666 0 EOF
            2: FLOCK  ADVISORY  WRITE 14 00:2a:777 0 EOF
            garbage
            3: POSIX ADVISORY WRITE 1 fd:00:x 0 EOF
            """
        #expect(Set(PackageLocks.locks(text).map(\.inode)) == [555, 777])
    }

    @Test("take up a directory that is made or replaced later")
    func newDirectories() async throws {
        let root = try root()
        let watch = DirectoryWatch(
            host: try Host(root: root.path),
            places: [.init(directory: "run/vigie"), .init(directory: "var/lib/dpkg", names: ["status"])],
            renewal: .milliseconds(30))
        let changes = try #require(watch.changes())
        let box = Box()
        let task = Task { for await _ in changes { box.add() } }
        defer { task.cancel() }
        func wait(beyond value: Int) async -> Bool {
            for _ in 0..<1000 {
                if box.value > value { return true }
                try? await Task.sleep(for: .milliseconds(10))
            }
            return false
        }
        try root.write("run/vigie/apt-update-success", "x")
        #expect(await wait(beyond: 0))
        let before = box.value
        #expect(rename(root.file("var/lib/dpkg"), root.file("var/lib/dpkg.old")) == 0)
        try root.write("var/lib/dpkg/status", "x")
        #expect(await wait(beyond: before))
    }

    private final class Box: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    @Test("leave no thread and no descriptor behind")
    func cleans() async throws {
        func descriptors() throws -> Int {
            try Host().list("proc/self/fd").count {
                (try? Host())?.link("proc/self/fd/\($0)")?.contains("inotify") ?? false
            }
        }
        let before = try descriptors()
        let root = try root()
        for _ in 0..<5 {
            let listener = try listen(root)
            try root.write("var/lib/dpkg/status", "x")
            #expect(await listener.wait(for: 1, of: .apt))
            listener.stop()
        }
        var after = try descriptors()
        for _ in 0..<500 where after > before {
            try await Task.sleep(for: .milliseconds(10))
            after = try descriptors()
        }
        #expect(after <= before)
    }

    @Test("follow an engine's events, and its coming and going")
    func engine() async throws {
        let root = try root()
        let die = #"{"Type":"container","Action":"die","Actor":{"ID":"a"},"time":1795257129}"#
        let noise = #"{"Type":"container","Action":"exec_start: x","Actor":{"ID":"a"},"time":1795257129}"#
        let engine = try DockerEngineSimulator(["/events": .stream([noise, die])])
        try FileLink.make(engine.path, at: root.file("engine.sock"))
        let listener = try listen(root, sockets: ["/engine.sock"])
        defer { listener.stop() }
        #expect(await listener.wait(for: 1, of: .docker))
        let before = listener.kinds.count
        engine.stop()
        // The stream ended: the engine is gone, which is news.
        #expect(await listener.wait(for: before + 1, of: .docker))
        #expect(Set(listener.kinds) == [.docker])
    }

    /// A second name for a socket, below a root.
    private enum FileLink {
        static func make(_ target: String, at path: String) throws {
            guard link(target, path) == 0 else { throw ReadFailure(path: path, errno: errno) }
        }
    }
}

@Suite("Debounce")
struct TriggerDebounceTests {
    @Test("is due after quiet, and at the latest some time after the first")
    func due() {
        let start = ContinuousClock.now
        var debounce = Debounce(quiet: .seconds(2), longest: .seconds(30))
        #expect(debounce.due == nil)
        debounce.pulse(at: start)
        #expect(debounce.due == start + .seconds(2))
        debounce.pulse(at: start + .seconds(1))
        #expect(debounce.due == start + .seconds(3))
        debounce.pulse(at: start + .seconds(29))
        #expect(debounce.due == start + .seconds(30))
        debounce.fire()
        #expect(debounce.due == nil)
    }

    @Test("reads inotify's records, and stops at one that is cut")
    func records() {
        func record(_ watch: Int32, _ mask: UInt32, _ name: String, length: UInt32 = 16) -> [UInt8] {
            var bytes = [UInt8]()
            withUnsafeBytes(of: watch) { bytes += $0 }
            withUnsafeBytes(of: mask) { bytes += $0 }
            bytes += [0, 0, 0, 0]
            withUnsafeBytes(of: length) { bytes += $0 }
            bytes += Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count)
            return bytes
        }
        let events = DirectoryWatch.events(
            record(1, 8, "status") + record(2, 2, "lock") + record(3, 2, "x", length: 400))
        #expect(events.map(\.name) == ["status", "lock"])
        #expect(events.map(\.watch) == [1, 2])
        #expect(DirectoryWatch.events([1, 2, 3]).isEmpty)
    }
}
