import CLinux
import Glibc

/// Whether somebody works on the packages right now.
///
/// The lock files belong to root and may not be opened by this user, so their inodes are looked for in `/proc/locks`.
struct PackageLocks: Sendable {
    var host: Host

    private static let files = [
        "var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock", "var/lib/apt/lists/lock",
    ]

    /// False also where it cannot be told: then collecting in the middle is the smaller evil.
    var areHeld: Bool {
        guard let text = try? host.text("proc/locks") else { return false }
        let locked = Self.inodes(text)
        guard !locked.isEmpty else { return false }
        return Self.files.contains { file in
            guard let information = try? host.status(file) else { return false }
            return locked.contains(UInt64(information.st_ino))
        }
    }

    /// Inodes with a lock on them: `1: POSIX  ADVISORY  WRITE 1234 fd:00:5678 0 EOF`, proc_locks(5). Those that only
    /// wait for one (`->`) are left out. Devices are not compared: overlay file systems show another than stat does.
    static func inodes(_ text: String) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        for line in text.split(separator: "\n") {
            let words = line.words
            guard words.count >= 8, words[1] != "->",
                let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) })
            else { continue }
            inodes.insert(inode)
        }
        return inodes
    }
}
