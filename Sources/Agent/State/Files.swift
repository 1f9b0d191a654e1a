import Glibc

/// A file operation that failed.
struct FileFailure: Error, Equatable, CustomStringConvertible {
    /// `read`, `write`, …
    var operation: String
    var path: String
    var errno: Int32

    var description: String { "unable to \(operation) \(path): \(String(cString: strerror(errno)))" }

    /// The disk has no room, or the user has used up his share of it.
    var isFull: Bool { errno == ENOSPC || errno == EDQUOT }
}

/// Files of the agent's own, written so that a crash leaves the old one or the new one, never half of one.
enum Files {
    /// The suffix of a file that is being written; whatever carries it at a start is a leftover.
    static let temporarySuffix = ".tmp"

    /// Temporary file → fsync → rename → fsync of the directory.
    ///
    /// - Parameter group: whom the file is to belong to besides its owner; the mode then counts whatever the umask.
    /// - Parameter isDurable: false leaves out both fsyncs, for what a power cut may take back.
    static func write(
        _ bytes: [UInt8], to path: String, mode: mode_t = 0o600, group: gid_t? = nil, isDurable: Bool = true
    ) throws(FileFailure) {
        let temporary = path + temporarySuffix
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileFailure(operation: "write", path: path, errno: errno) }
        var failure = writeAll(bytes, to: descriptor)
        if let group, failure == nil { failure = share(descriptor, with: group, mode) }
        if failure == nil, isDurable, fsync(descriptor) != 0 { failure = errno }
        if close(descriptor) != 0, failure == nil { failure = errno }
        if failure == nil, rename(temporary, path) != 0 { failure = errno }
        if let failure {
            unlink(temporary)
            throw FileFailure(operation: "write", path: path, errno: failure)
        }
        if isDurable { try synchronize(directory: parent(of: path)) }
    }

    /// Leaves out what is so already: a sandbox may forbid the very call.
    private static func share(_ descriptor: Int32, with group: gid_t, _ mode: mode_t) -> Int32? {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return errno }
        if information.st_gid != group, fchown(descriptor, uid_t.max, group) != 0 { return errno }
        if information.st_mode & 0o7777 != mode, fchmod(descriptor, mode) != 0 { return errno }
        return nil
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                offset += count
            }
            return nil
        }
    }

    /// The file's bytes; nil where there is none.
    static func read(_ path: String, limit: Int = 64 << 20) throws(FileFailure) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileFailure(operation: "read", path: path, errno: errno)
        }
        defer { close(descriptor) }
        let size = try regularSize(descriptor, path)
        guard size <= limit else { throw FileFailure(operation: "read", path: path, errno: EFBIG) }
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            while initialized < size {
                let count = Glibc.read(descriptor, buffer.baseAddress! + initialized, size - initialized)
                if count < 0, errno == EINTR { continue }
                if count < 0 { failure = errno }
                if count <= 0 { return }
                initialized += count
            }
        }
        if let failure { throw FileFailure(operation: "read", path: path, errno: failure) }
        return bytes
    }

    private static func regularSize(_ descriptor: Int32, _ path: String) throws(FileFailure) -> Int {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            throw FileFailure(operation: "read", path: path, errno: errno)
        }
        switch information.st_mode & S_IFMT {
        case S_IFREG: return Int(information.st_size)
        case S_IFDIR: throw FileFailure(operation: "read", path: path, errno: EISDIR)
        // A pipe or a device among what should be files would block, or never end.
        default: throw FileFailure(operation: "read", path: path, errno: EINVAL)
        }
    }

    /// Removes a file; that there is none is no failure.
    static func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw FileFailure(operation: "remove", path: path, errno: errno)
        }
    }

    static func move(_ path: String, to target: String) throws(FileFailure) {
        guard rename(path, target) == 0 else { throw FileFailure(operation: "move", path: path, errno: errno) }
    }

    /// Makes a directory that only its owner may enter; that it exists is no failure. Parents must exist.
    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(FileFailure) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw FileFailure(operation: "make the directory", path: path, errno: errno)
        }
    }

    /// Names in a directory without `.` and `..`, sorted.
    static func names(_ path: String) throws(FileFailure) -> [String] {
        guard let stream = opendir(path) else {
            throw FileFailure(operation: "list", path: path, errno: errno)
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

    /// Bytes of a file; nil where it cannot be looked at.
    static func size(_ path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return Int(lseek(descriptor, 0, SEEK_END))
    }

    /// Makes renames and removals in a directory survive a power cut.
    static func synchronize(directory path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure(operation: "write", path: path, errno: errno) }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
