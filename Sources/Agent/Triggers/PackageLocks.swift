import CLinux
import Glibc

/// Whether somebody works on the packages right now.
///
/// The lock files belong to root and may not be opened by this user, so their inodes are looked for in `/proc/locks`.
struct PackageLocks: Sendable {
    var host: Host

    private static let ofPackages = ["var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock"]
    private static let ofLists = ["var/lib/apt/lists/lock"]

    /// Whether packages or lists are being changed.
    ///
    /// False also where it cannot be told: then collecting in the middle is the smaller evil.
    var areHeld: Bool { isHeld(Self.ofPackages + Self.ofLists) }

    /// Whether packages are: what dpkg's database says may be of the middle of a run.
    var areOfPackagesHeld: Bool { isHeld(Self.ofPackages) }

    private func isHeld(_ files: [String]) -> Bool {
        guard let text = try? host.text("proc/locks") else { return false }
        let locks = Self.locks(text)
        guard !locks.isEmpty else { return false }
        return files.contains { file in
            guard let information = try? host.status(file) else { return false }
            return locks.contains { $0.isOn(information) }
        }
    }

    /// One lock of `/proc/locks`.
    struct Lock: Hashable {
        var major: UInt32
        var minor: UInt32
        var inode: UInt64

        /// Overlays and btrfs have devices without a driver (major 0), and the kernel's list names another than stat
        /// does; there the inode has to do. Elsewhere a file of the same number on another disk is not meant.
        func isOn(_ file: stat) -> Bool {
            guard inode == UInt64(file.st_ino) else { return false }
            let fileMajor = UInt32(truncatingIfNeeded: file.st_dev >> 8 & 0xFFF | file.st_dev >> 32 & ~0xFFF)
            let fileMinor = UInt32(truncatingIfNeeded: file.st_dev & 0xFF | file.st_dev >> 12 & ~0xFF)
            return major == 0 || fileMajor == 0 || (major == fileMajor && minor == fileMinor)
        }
    }

    /// `1: POSIX  ADVISORY  WRITE 1234 fd:00:5678 0 EOF`, proc_locks(5): device in hexadecimal, inode in decimal. Those
    /// that only wait for a lock (`->`) are left out.
    static func locks(_ text: String) -> Set<Lock> {
        var locks: Set<Lock> = []
        for line in text.split(separator: "\n") {
            let words = line.words
            guard words.count >= 8, words[1] != "->" else { continue }
            let parts = words[5].split(separator: ":")
            guard parts.count == 3, let major = UInt32(parts[0], radix: 16), let minor = UInt32(parts[1], radix: 16),
                let inode = UInt64(parts[2])
            else { continue }
            locks.insert(Lock(major: major, minor: minor, inode: inode))
        }
        return locks
    }
}
