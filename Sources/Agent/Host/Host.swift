import CLinux
import Contracts
import Glibc

/// The one reader of files: everything is below `root`, symbolic links included.
struct Host: Sendable {
    /// Where the machine begins; `/` but for fixtures and mounted systems.
    let root: String
    private let directory: RootDirectory

    /// A file that is too large to be what it claims is cut here and reported.
    static let defaultLimit = 4 << 20

    /// Throws `ReadFailure` where the root is no directory that may be read.
    init(root: String = "/") throws(ReadFailure) {
        self.root = root
        directory = try RootDirectory(root)
    }

    /// Whether this is the running system itself, so that APT, system calls and sockets speak of it.
    var isLive: Bool { root == "/" }

    /// The bytes of a file. Also for files of `/proc` and `/sys`, whose size is not known before.
    func bytes(_ path: String, limit: Int = Host.defaultLimit) throws(ReadFailure) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw ReadFailure(path: path, errno: errno) }
        // A pipe or a device among what should be files would block, or never end.
        guard information.st_mode & S_IFMT == S_IFREG else { throw ReadFailure(path: path, errno: EINVAL) }
        var result: [UInt8] = []
        var capacity = min(max(4096, Int(information.st_size) + 1), limit + 1)
        while true {
            var count = 0
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                count = read(descriptor, buffer.baseAddress, buffer.count)
                failure = errno
                initialized = max(0, count)
            }
            if count < 0 {
                if failure == EINTR { continue }
                throw ReadFailure(path: path, errno: failure)
            }
            if count == 0 { return result }
            if result.isEmpty { result = chunk } else { result += chunk }
            if result.count > limit { throw ReadFailure(path: path, errno: EFBIG) }
            capacity = min(max(4096, capacity), limit + 1)
        }
    }

    /// The text of a file, with invalid UTF-8 and NUL replaced by U+FFFD.
    func text(_ path: String, limit: Int = Host.defaultLimit) throws(ReadFailure) -> String {
        String(decoding: try bytes(path, limit: limit).map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
    }

    /// The text without white space at its ends; nil where there is no such file, it may not be read, or it is empty.
    func line(_ path: String) -> String? {
        guard let text = try? text(path, limit: 65_536) else { return nil }
        let trimmed = text.trimmed
        return trimmed.isEmpty ? nil : trimmed
    }

    func integer(_ path: String) -> Int? { line(path).flatMap { Int($0) } }

    func exists(_ path: String) -> Bool {
        guard let descriptor = try? open(path, O_PATH) else { return false }
        close(descriptor)
        return true
    }

    /// What a symbolic link says, not followed; nil for anything else.
    func link(_ path: String) -> String? {
        guard let descriptor = try? open(path, O_PATH | O_NOFOLLOW) else { return nil }
        defer { close(descriptor) }
        let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, readlinkat(descriptor, "", buffer.baseAddress!, buffer.count))
        }
        return target.isEmpty ? nil : String(decoding: target, as: UTF8.self)
    }

    /// Names in a directory without `.` and `..`, sorted. Empty where there is no such directory.
    func names(_ path: String) -> [String] { (try? list(path)) ?? [] }

    /// The same, telling why it could not be read.
    func list(_ path: String) throws(ReadFailure) -> [String] {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw ReadFailure(path: path, errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Type, size, owner and times, links followed below the root.
    func status(_ path: String) throws(ReadFailure) -> stat {
        let descriptor = try open(path, O_PATH)
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw ReadFailure(path: path, errno: errno) }
        return information
    }

    /// A descriptor that the caller closes.
    func open(_ path: String, _ flags: Int32) throws(ReadFailure) -> Int32 {
        var relative = path[...]
        while relative.hasPrefix("/") { relative = relative.dropFirst() }
        let descriptor = vigie_open_in_root(directory.descriptor, relative.isEmpty ? "." : String(relative), flags)
        guard descriptor >= 0 else { throw ReadFailure(path: path, errno: errno) }
        return descriptor
    }
}

/// Keeps the root open; closed with the last `Host` that uses it.
private final class RootDirectory: Sendable {
    let descriptor: Int32

    init(_ path: String) throws(ReadFailure) {
        descriptor = Glibc.open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadFailure(path: path, errno: errno) }
    }

    deinit { close(descriptor) }
}

/// A file that could not be read, and why.
struct ReadFailure: Error, CustomStringConvertible {
    var path: String
    var errno: Int32

    /// Nothing there: absent, not unknown.
    var isAbsence: Bool { errno == ENOENT || errno == ENOTDIR || errno == ENXIO || errno == ENODEV }

    var code: String {
        switch errno {
        case EACCES, EPERM: "permission_denied"
        case EFBIG: "too_large"
        case ENOENT, ENOTDIR: "not_found"
        default: "unreadable"
        }
    }

    var description: String { "unable to read \(path): \(String(cString: strerror(errno)))" }

    func problem(severity: String = "warning") -> Problem {
        Problem(code: code, severity: severity, source: path, message: description)
    }
}
