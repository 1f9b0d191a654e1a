import CLinux
import Contracts
import Glibc

/// The one reader of files: everything is below `root`, symbolic links included.
struct Host: Sendable {
    /// Where the machine begins; `/` but for fixtures and mounted systems.
    let root: String
    private let directory: RootDirectory
    private let isConfined: Bool

    /// A file that is too large to be what it claims is cut here and reported.
    static let defaultLimit = 4 << 20

    /// Throws `ReadFailure` where the root is no directory that may be read.
    ///
    /// - Parameter isConfined: false for a directory of our own, without links that lead out of it. The running system
    ///   itself is never confined: nothing leads out of `/`, and a unit with `RestrictSUIDSGID=` has no openat2.
    init(root: String = "/", isConfined: Bool = true) throws(ReadFailure) {
        self.root = root
        self.isConfined = isConfined && root != "/"
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
        let failure = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { buffer -> Int32 in
            // Until the end is seen: files of procfs come in pieces, and say nothing of their size.
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                if count == 0 { return 0 }
                result.append(contentsOf: buffer[..<count])
                if result.count > limit { return EFBIG }
            }
        }
        guard failure == 0 else { throw ReadFailure(path: path, errno: failure) }
        return result
    }

    /// The text of a file, with invalid UTF-8 and NUL replaced by U+FFFD.
    func text(_ path: String, limit: Int = Host.defaultLimit) throws(ReadFailure) -> String {
        String(decoding: try bytes(path, limit: limit).map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self)
    }

    /// The text without white space at its ends; nil where there is no such file, it may not be read, or it is empty.
    func line(_ path: String) -> String? {
        (try? attribute(path)) ?? nil
    }

    /// The same, telling why a file that is there could not be read. An attribute of sysfs has one page at most.
    func attribute(_ path: String) throws(ReadFailure) -> String? {
        let text: String
        do { text = String(cleaning: try bytes(path, limit: 4096)[...]) } catch {
            if error.isAbsence { return nil }
            throw error
        }
        return text.isEmpty ? nil : text
    }

    func integer(_ path: String) -> Int? { line(path).flatMap { Int($0) } }

    func exists(_ path: String) -> Bool {
        guard let descriptor = try? open(path, vigie_open_path) else { return false }
        close(descriptor)
        return true
    }

    /// What a symbolic link says, not followed; nil for anything else.
    func link(_ path: String) -> String? {
        guard let descriptor = try? open(path, vigie_open_path | O_NOFOLLOW) else { return nil }
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
        var names: [String] = []
        try forEachEntry(path) { name, _ in names.append(String(decoding: name, as: UTF8.self)) }
        return names.sorted()
    }

    /// Calls the body with each entry's name and whether it is a directory, without `.` and `..`, in no order.
    func forEachEntry(
        _ path: String, _ body: (_ name: UnsafeBufferPointer<UInt8>, _ isDirectory: Bool) -> Void
    ) throws(ReadFailure) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(descriptor) else {
            let failure = ReadFailure(path: path, errno: errno)
            close(descriptor)
            throw failure
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let isDirectory = entry.pointee.d_type == UInt8(DT_DIR)
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
                    let name = UnsafeBufferPointer(start: start, count: strlen(start))
                    let isItself = name.count == 1 && name[0] == 0x2E
                    let isParent = name.count == 2 && name[0] == 0x2E && name[1] == 0x2E
                    if !isItself, !isParent { body(name, isDirectory) }
                }
            }
        }
    }

    /// Type, size, owner and times, links followed below the root.
    func status(_ path: String) throws(ReadFailure) -> stat {
        let descriptor = try open(path, vigie_open_path)
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw ReadFailure(path: path, errno: errno) }
        return information
    }

    /// A descriptor that the caller closes.
    func open(_ path: String, _ flags: Int32) throws(ReadFailure) -> Int32 {
        var relative = path[...]
        while relative.hasPrefix("/") { relative = relative.dropFirst() }
        let name = relative.isEmpty ? "." : String(relative)
        // The kernel says EAGAIN where something was renamed while it walked over a "..".
        for _ in 0..<8 {
            let descriptor =
                isConfined
                ? vigie_open_in_root(directory.descriptor, name, flags)
                : openat(directory.descriptor, name, flags | O_CLOEXEC)
            if descriptor >= 0 { return descriptor }
            guard errno == EAGAIN || errno == EINTR else { break }
        }
        throw ReadFailure(path: path, errno: errno)
    }
}

/// Keeps the root open; closed with the last `Host` that uses it.
private final class RootDirectory: Sendable {
    let descriptor: Int32

    init(_ path: String) throws(ReadFailure) {
        descriptor = Glibc.open(path, vigie_open_path | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadFailure(path: path, errno: errno) }
    }

    deinit { close(descriptor) }
}

/// A file that could not be read, and why.
struct ReadFailure: Error, CustomStringConvertible {
    var path: String
    var errno: Int32

    /// Nothing there: absent, not unknown.
    var isAbsence: Bool {
        // Kernel features that are built in but switched off (PSI) give EOPNOTSUPP.
        errno == ENOENT || errno == ENOTDIR || errno == ENXIO || errno == ENODEV || errno == EOPNOTSUPP
    }

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
