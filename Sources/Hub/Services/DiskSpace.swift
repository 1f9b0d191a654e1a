import Foundation

/// How much of a file system is free (statvfs(3)).
struct DiskSpace: Equatable, Sendable {
    /// Bytes that this user may still write.
    var available: Int64
    var total: Int64

    /// Of the file system that holds a path; nil where that cannot be told.
    static func of(_ path: String) -> DiskSpace? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return DiskSpace(
            available: Int64(status.f_bavail) * Int64(status.f_frsize),
            total: Int64(status.f_blocks) * Int64(status.f_frsize))
    }
}

/// A file that holds some room back: on a full disk nothing can be deleted from a database either, for that is written
/// to its log first.
struct DiskReserve: Sendable {
    let path: String
    let bytes: Int64

    /// 16 MiB, or an eighth of the file system where that is less: the log has up to 8 MiB of pages that the database file
    /// must grow for before the log can begin anew.
    init(path: String, total: Int64?) {
        self.path = path
        bytes = min(16 << 20, (total ?? .max) / 8)
    }

    /// Makes the file where it is not there and the disk has plenty left; false where it is not there afterwards.
    @discardableResult
    func take(available: Int64?) -> Bool {
        if access(path, F_OK) == 0 { return true }
        guard bytes > 0, available ?? .max > 4 * bytes else { return false }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard posix_fallocate(file, 0, off_t(bytes)) == 0 else {
            unlink(path)
            return false
        }
        return true
    }

    /// Gives the room to the database.
    func release() { unlink(path) }
}
