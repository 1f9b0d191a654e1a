import FoundationEssentials
import Glibc
import TestSupport

/// What a checkout cannot hold of the machine whose files are all wrong.
enum HostileRoot {
    static func addWhatGitCannotHold(_ directory: TemporaryDirectory) throws {
        // 64 MiB where a few kilobytes are expected, without a single newline; sparse, so that it costs nothing.
        let huge = try directory.write("root/proc/stat", "cpu  1 2 3 4")
        guard truncate(huge, 64 << 20) == 0 else { throw CocoaError(.fileWriteUnknown) }
        // A pipe that nobody writes to: opening it to read must not wait.
        guard mkfifo(directory.file("root/proc/meminfo"), 0o644) == 0 else { throw CocoaError(.fileWriteUnknown) }
        // A directory in the place of a file.
        try FileManager.default.createDirectory(
            atPath: directory.file("root/etc/timezone"), withIntermediateDirectories: true)
    }
}
