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

    init(path: String, total: Int64?) {
        self.path = path
        bytes = Self.bytes(ofTotal: total)
    }

    /// 256 MiB, or a fortieth of the file system where that is less: half of what retention leaves free. The database file
    /// may have to grow for all that its log holds before the log can begin anew: `Checkpointer.Sizes` keeps that below.
    static func bytes(ofTotal total: Int64?) -> Int64 {
        guard let total, total > 0 else { return 256 << 20 }
        return min(256 << 20, total / 40)
    }

    /// Makes the file, or makes it as long as it should be, where the disk has plenty left; false where it is not there
    /// afterwards.
    @discardableResult
    func take(available: Int64?) -> Bool {
        var status = stat()
        let isThere = stat(path, &status) == 0
        let length = isThere ? Int64(status.st_size) : 0
        if isThere, length >= bytes { return true }
        // Half as much again is left.
        guard available ?? .max > (bytes - length) / 2 * 3 else { return isThere }
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return isThere }
        defer { close(file) }
        if posix_fallocate(file, 0, off_t(bytes)) == 0 { return true }
        if isThere { ftruncate(file, off_t(length)) } else { unlink(path) }
        return isThere
    }

    /// Gives the room to the database.
    func release() { unlink(path) }
}
