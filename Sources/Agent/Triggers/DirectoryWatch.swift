import CLinux
import Glibc
import Synchronization
import Transport

/// Tells when something changes in directories below a root, by inotify(7).
///
/// Directories that do not exist yet, or are replaced, are taken up at the next look; the look is a system call for
/// each directory once a minute.
struct DirectoryWatch: Sendable {
    /// A directory, and the names in it that matter; nil for all of them.
    struct Place: Sendable {
        var directory: String
        var names: Set<String>?
        var ignored: Set<String> = []

        func concerns(_ name: String) -> Bool {
            guard !ignored.contains(name) else { return false }
            return names?.contains(name) ?? true
        }
    }

    var host: Host
    var places: [Place]
    var renewal: Duration = .seconds(60)

    /// Not IN_ATTRIB and not IN_OPEN: an `apt-cache` that only reads must not trigger anything.
    private static let mask = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF)

    /// One element for each bundle of changes; ends when its reader goes. Nil where the kernel gives no watch: then
    /// only the timer collects.
    func changes() -> AsyncStream<Void>? {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        var wake: [Int32] = [-1, -1]
        guard pipe2(&wake, O_CLOEXEC) == 0 else {
            close(descriptor)
            return nil
        }
        let (reading, writing) = (wake[0], wake[1])
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Closing one end of the pipe ends the thread's poll at once.
        continuation.onTermination = { _ in close(writing) }
        // The first watches are in place before the caller goes on.
        let watches = add(to: descriptor)
        DedicatedThread.start {
            loop(descriptor, wake: reading, watches) { continuation.yield() }
            continuation.finish()
            close(descriptor)
            close(reading)
        }
        return stream
    }

    private func loop(_ descriptor: Int32, wake: Int32, _ watches: [Int32: Place], _ yield: () -> Void) {
        var watches = watches
        let timeout = Int32(renewal.components.seconds * 1000 + renewal.components.attoseconds / 1_000_000_000_000_000)
        while true {
            var set = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: 0, revents: 0),
            ]
            let count = poll(&set, 2, timeout)
            if count < 0, errno != EINTR { return }
            if set[1].revents != 0 { return }
            if set[0].revents != 0, read(descriptor, watches) { yield() }
            if count == 0 {
                let renewed = add(to: descriptor)
                // A directory that has appeared since is a change in itself.
                if !Set(renewed.keys).isSubset(of: watches.keys) { yield() }
                watches = renewed
            }
        }
    }

    private func add(to descriptor: Int32) -> [Int32: Place] {
        var watches: [Int32: Place] = [:]
        for place in places {
            guard let directory = try? host.open(place.directory, vigie_open_path) else { continue }
            defer { close(directory) }
            // By the open descriptor, so that links in the path stay below the root.
            let watch = inotify_add_watch(descriptor, "/proc/self/fd/\(directory)", Self.mask)
            if watch >= 0 { watches[watch] = place }
        }
        return watches
    }

    /// Whether anything among the waiting events matters.
    private func read(_ descriptor: Int32, _ watches: [Int32: Place]) -> Bool {
        var matters = false
        while true {
            let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
            }
            guard !bytes.isEmpty else { return matters }
            matters =
                Self.events(bytes).contains { event in
                    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
                    return watches[event.watch]?.concerns(event.name) ?? false
                } || matters
        }
    }

    /// `struct inotify_event`: watch, mask, cookie, length, name padded with zeros.
    static func events(_ bytes: [UInt8]) -> [(watch: Int32, mask: UInt32, name: String)] {
        var result: [(watch: Int32, mask: UInt32, name: String)] = []
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset + 16 <= buffer.count {
                let length = Int(buffer.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                let end = offset + 16 + length
                guard end <= buffer.count else { return }
                let name = buffer[(offset + 16)..<end].prefix { $0 != 0 }
                result.append(
                    (
                        buffer.loadUnaligned(fromByteOffset: offset, as: Int32.self),
                        buffer.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
                        String(decoding: name, as: UTF8.self)
                    ))
                offset = end
            }
        }
        return result
    }
}
