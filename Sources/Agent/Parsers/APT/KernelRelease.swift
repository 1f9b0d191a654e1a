import Contracts

/// A kernel's release as `uname -r` tells it, and the package that brought it.
struct KernelRelease: Equatable {
    /// As `6.1.0-40-amd64`.
    var release: String

    /// Package names that are followed by the release they bring.
    private static let prefixes = [
        "linux-image-unsigned-", "linux-image-", "proxmox-kernel-", "pve-kernel-",
    ]

    init(_ release: String) { self.release = release }

    /// Nil for a package that brings no kernel, as the `linux-image-amd64` that only depends on the newest.
    init?(package name: String) {
        guard let prefix = Self.prefixes.first(where: { name.hasPrefix($0) }) else { return nil }
        var release = name.dropFirst(prefix.count)
        for suffix in ["-signed", "-dbg", "-unsigned"] where release.hasSuffix(suffix) {
            if suffix == "-dbg" { return nil }
            release = release.dropLast(suffix.count)
        }
        // A meta-package's version has one dot at most: `proxmox-kernel-6.8`, `linux-image-6.1-amd64`.
        guard release.first?.isNumber == true, release.contains("-"),
            release.prefix(while: { $0 != "-" }).filter({ $0 == "." }).count >= 2
        else { return nil }
        self.release = String(release)
    }

    /// What follows the version: `amd64`, `cloud-amd64`, `generic`, `pve`. Kernels of different flavours do not
    /// replace each other.
    var flavour: Substring {
        var rest = release[...]
        while let hyphen = rest.firstIndex(of: "-") {
            rest = rest[rest.index(after: hyphen)...]
            if rest.first?.isLetter == true { return rest }
        }
        return ""
    }

    /// The package version that Debian's kernels write into `/proc/version`: `… #1 SMP Debian 6.1.76-1 (2024-02-01)`.
    static func packageVersion(procVersion: String) -> String? {
        let words = procVersion.words
        guard let index = words.lastIndex(of: "Debian"), index + 1 < words.count else { return nil }
        return words[index + 1].first?.isNumber == true ? String(words[index + 1]) : nil
    }
}
