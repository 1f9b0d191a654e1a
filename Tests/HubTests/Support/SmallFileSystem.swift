import Foundation
import TestSupport

/// A file system in memory that is soon full; only root may mount one, and not everywhere.
struct SmallFileSystem {
    private let directory: TemporaryDirectory
    let path: String
    private var ballast: String { path + "/ballast" }

    static let isPermitted: Bool = {
        guard getuid() == 0, let trial = try? SmallFileSystem(mebibytes: 1) else { return false }
        trial.unmount()
        return true
    }()

    init(mebibytes: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.file("small")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try ChildProcess.run("mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path])
    }

    func unmount() { _ = try? ChildProcess.run("umount", [path]) }

    /// Writes a file of something else until so much is left, or nothing.
    func fill(leaving bytes: Int64 = 0) {
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 0, count: 4096)
        var status = statvfs()
        while statvfs(path, &status) == 0, Int64(status.f_bavail) * Int64(status.f_frsize) > bytes,
            write(file, block, block.count) > 0
        {}
    }

    /// Takes that file away.
    func free() { unlink(ballast) }
}
