import Contracts
import Glibc

/// What the fetched lists say of each repository: whether it was fetched at all, is signed, and is automatic.
struct APTReleases: Sendable {
    /// The release file of a source.
    struct Fetched: Sendable {
        var release: APTRelease
        var isSigned: Bool
        /// Fingerprints or ids of the keys that signed it.
        var signers: [String]
        /// When the file was put there: its ctime, since its mtime is the server's.
        var changedAt: Timestamp?
    }

    private var fetched: [String: Fetched] = [:]
    /// Names in `/var/lib/apt/lists`.
    let names: Set<String>

    private static let directory = "var/lib/apt/lists"

    init(host: Host, sources: [APTV1.Source]) {
        names = Set(host.names(Self.directory))
        for source in sources where source.enabled && source.type == "deb" {
            let prefix = APTSources.listPrefix(uri: source.uri, suite: source.suite)
            if fetched[prefix] == nil { fetched[prefix] = fetch(prefix, host) }
        }
    }

    private func fetch(_ prefix: String, _ host: Host) -> Fetched? {
        for name in [prefix + "InRelease", prefix + "Release"] where names.contains(name) {
            guard let bytes = try? host.bytes("\(Self.directory)/\(name)") else { continue }
            let signature = name.hasSuffix("InRelease") ? bytes : try? host.bytes("\(Self.directory)/\(name).gpg")
            let changed = (try? host.status("\(Self.directory)/\(name)"))?.st_ctim
            return Fetched(
                release: APTRelease(bytes), isSigned: signature != nil,
                signers: signature.map(OpenPGP.issuers) ?? [],
                changedAt: changed.map {
                    Timestamp(milliseconds: Int64($0.tv_sec) * 1000 + Int64($0.tv_nsec) / 1_000_000)
                })
        }
        return nil
    }

    /// A package file as APT describes it, with what its release file says; nil where that was not read.
    func file(_ description: String, priority: Int) -> APTPackageFiles.File? {
        guard let prefix = prefix(of: description), let release = fetched[prefix]?.release else { return nil }
        var file = APTPackageFiles.File(priority: priority, description: description)
        let members: [(Character, String?)] = [
            ("o", release.origin), ("l", release.label), ("a", release.suite), ("n", release.codename),
        ]
        for (name, value) in members { file.release[name] = value }
        return file
    }

    func fetched(_ source: APTV1.Source) -> Fetched? {
        fetched[APTSources.listPrefix(uri: source.uri, suite: source.suite)]
    }

    /// Whether APT has lists of this source.
    func isFetched(_ source: APTV1.Source) -> Bool {
        let prefix = APTSources.listPrefix(uri: source.uri, suite: source.suite)
        // A repository without any Release file has its Packages alone.
        return names.contains { $0.hasPrefix(prefix) }
    }

    /// Of a package file as `apt-cache policy` describes it: `http://host/debian bookworm-backports/main amd64
    /// Packages`, or `http://host/flat ./ Packages`.
    private func prefix(of description: String) -> String? {
        let words = description.words
        guard words.count >= 2 else { return nil }
        var suite = words[1]
        if suite.last != "/", let slash = suite.lastIndex(of: "/") { suite = suite[..<slash] }
        return APTSources.listPrefix(uri: String(words[0]), suite: String(suite))
    }

    func isNotAutomatic(_ file: APTPackageFiles.File) -> Bool {
        guard let prefix = prefix(of: file.description) else { return false }
        // Without its release file: 1 and 100 are what APT gives to sources that are not automatic.
        return fetched[prefix]?.release.isNotAutomatic ?? (file.priority == 1 || file.priority == 100)
    }
}
