import Foundation

/// Files that hold secrets, and what stands beside them: written whole or not at all, readable by the hub's user only.
enum SecretFile {
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let action: String
        let code: Int32

        var description: String { "unable to \(action) \(path): \(String(cString: strerror(code)))" }
    }

    /// Writes beside the file, syncs, and renames over it.
    static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(Failure) {
        let temporary = "\(path).\(getpid()).tmp"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw Failure(path: path, action: "write", code: errno) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                close(file)
                unlink(temporary)
                throw Failure(path: path, action: "write", code: code)
            }
            done += count
        }
        let synced = fchmod(file, mode) == 0 && fsync(file) == 0
        let code = errno
        close(file)
        guard synced, rename(temporary, path) == 0 else {
            let code = synced ? errno : code
            unlink(temporary)
            throw Failure(path: path, action: "write", code: code)
        }
        try? synchronize((path as NSString).deletingLastPathComponent)
    }

    /// The whole text of a file; nil where there is none.
    static func read(_ path: String) throws(Failure) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure(path: path, action: "read", code: errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Foundation.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(path: path, action: "read", code: errno) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Makes a directory that only its owner may enter, and those above it; an existing one stays as it is.
    static func makeDirectory(_ path: String) throws(Failure) {
        if mkdir(path, 0o700) == 0 { return }
        switch errno {
        case EEXIST: return
        case ENOENT:
            let parent = (path as NSString).deletingLastPathComponent
            guard !parent.isEmpty, parent != path else { throw Failure(path: path, action: "make", code: ENOENT) }
            do { try makeDirectory(parent) } catch { throw Failure(path: path, action: "make", code: error.code) }
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw Failure(path: path, action: "make", code: errno)
            }
        default: throw Failure(path: path, action: "make", code: errno)
        }
    }

    /// Makes what was written to a file, or renamed in a directory, survive a power cut.
    static func synchronize(_ path: String) throws(Failure) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(path: path, action: "open", code: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw Failure(path: path, action: "write", code: errno) }
    }
}

extension SecretFile.Failure {
    var isPermission: Bool { code == EACCES || code == EPERM || code == EROFS }
}
