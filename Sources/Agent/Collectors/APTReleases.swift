import Contracts

/// What the fetched lists say of each repository: whether it was fetched at all, and whether it is automatic.
struct APTReleases: Sendable {
    private var releases: [String: APTRelease] = [:]
    /// Names in `/var/lib/apt/lists`.
    let names: Set<String>

    private static let directory = "var/lib/apt/lists"

    init(host: Host, sources: [APTV1.Source]) {
        names = Set(host.names(Self.directory))
        for source in sources where source.enabled && source.type == "deb" {
            let prefix = APTSources.listPrefix(uri: source.uri, suite: source.suite)
            guard releases[prefix] == nil else { continue }
            for suffix in ["InRelease", "Release"] where names.contains(prefix + suffix) {
                guard let bytes = try? host.bytes("\(Self.directory)/\(prefix)\(suffix)") else { continue }
                releases[prefix] = APTRelease(bytes)
                break
            }
        }
    }

    /// Whether APT has lists of this source.
    func isFetched(_ source: APTV1.Source) -> Bool {
        let prefix = APTSources.listPrefix(uri: source.uri, suite: source.suite)
        // A repository without any Release file has its Packages alone.
        return names.contains { $0.hasPrefix(prefix) }
    }

    /// Of a package file as `apt-cache policy` describes it: `http://host/debian bookworm-backports/main amd64
    /// Packages`.
    func isNotAutomatic(_ file: APTPackageFiles.File) -> Bool {
        let words = file.description.words
        guard words.count >= 2 else { return false }
        var suite = words[1]
        if suite.last != "/", let slash = suite.lastIndex(of: "/") { suite = suite[..<slash] }
        let prefix = APTSources.listPrefix(uri: String(words[0]), suite: String(suite))
        // Without its release file: 1 and 100 are what APT gives to sources that are not automatic.
        return releases[prefix]?.isNotAutomatic ?? (file.priority == 1 || file.priority == 100)
    }
}
