import Contracts

/// What is wrong with a source, told by its fetched files and its keys; APT itself tells it only while it updates.
struct APTSourceChecks {
    private let host: Host
    private let releases: APTReleases
    private let now: Timestamp
    private var keyrings: [String: Keyring] = [:]

    private enum Keyring {
        case keys([OpenPGP.Key])
        case missing
        /// It cannot be read, or is in a form that is not known: nothing is said of it.
        case unknown
    }

    init(host: Host, releases: APTReleases, now: Timestamp) {
        self.host = host
        self.releases = releases
        self.now = now
    }

    /// The source with signature, time of fetching, and the gravest problem that it has.
    mutating func checked(_ source: APTV1.Source) -> APTV1.Source {
        guard source.enabled, source.type == "deb" else { return source }
        var source = source
        let fetched = releases.fetched(source)
        source.fetchedAt = fetched?.changedAt
        source.signature = fetched.map { $0.isSigned ? "signed" : "unsigned" }
        if source.trusted != true, fetched?.isSigned != false, checkKeys(&source, fetched?.signers ?? []) {
            return source
        }
        if !releases.isFetched(source) {
            source.problemCode = "not_fetched"
            source.problem = "no package list of it has been fetched"
        } else if let end = fetched?.release.validUntil, end < now {
            source.problemCode = "release_expired"
            source.problem = "its release file was valid until \(end)"
        }
        return source
    }

    /// How far one source's lists may stay behind the newest ones.
    static let longestLag: Int64 = 86_400_000

    /// Marks sources that the last updates could not fetch while others came: a repository that has vanished, or changed
    /// its key.
    ///
    /// APT changes owner and mode of each signed release file that it has asked for, also of an unchanged one (measured
    /// with 2.6 and 3.0); the file's ctime is when that last went well.
    static func markingLate(_ sources: [APTV1.Source]) -> [APTV1.Source] {
        func asked(_ source: APTV1.Source) -> Timestamp? { source.signature == "signed" ? source.fetchedAt : nil }
        guard let newest = sources.compactMap(asked).max() else { return sources }
        return sources.map { source in
            guard let at = asked(source), source.problem == nil, at.adding(milliseconds: longestLag) < newest else {
                return source
            }
            var source = source
            source.problemCode = "not_updated"
            source.problem = "it could not be updated since \(at), while others were"
            return source
        }
    }

    /// Whether something is wrong with the keys.
    private mutating func checkKeys(_ source: inout APTV1.Source, _ signers: [String]) -> Bool {
        // Which of the keys that every source may use is this one's, only a signature tells.
        guard source.signedBy != nil || !signers.isEmpty else { return false }
        var keys: [OpenPGP.Key] = []
        let names = keyringNames(source)
        for name in names {
            switch keyring(name) {
            case .keys(let found): keys += found
            case .unknown: return false
            case .missing where isNamed(name, by: source):
                source.problemCode = "key_missing"
                source.problem = "\(name) does not exist"
                return true
            case .missing: break
            }
        }
        let wanted = fingerprints(source)
        if !wanted.isEmpty { keys = keys.filter { key in wanted.contains { key.isIssuer($0) } } }
        let candidates = signers.isEmpty ? keys : keys.filter { key in signers.contains { key.isIssuer($0) } }
        guard let first = candidates.first else {
            guard let signer = signers.first, !names.isEmpty else { return false }
            source.problemCode = "key_missing"
            source.problem = "it is signed by \(signer), which none of its keys is"
            return true
        }
        let living = candidates.filter { key in !key.isRevoked && (key.expiresAt.map { !isPast($0) } ?? true) }
        if living.isEmpty {
            source.problemCode = "key_expired"
            let end = candidates.compactMap(\.expiresAt).max().map { " on \(Timestamp(seconds: $0))" } ?? ""
            source.problem =
                candidates.allSatisfy(\.isRevoked)
                ? "its key \(first.fingerprint) was revoked" : "its key \(first.fingerprint) expired\(end)"
        }
        let ends = (living.isEmpty ? candidates : living).map(\.expiresAt)
        if !ends.contains(nil) { source.keyExpiresAt = ends.compactMap { $0 }.max().map { Timestamp(seconds: $0) } }
        return living.isEmpty
    }

    private func isPast(_ seconds: Int64) -> Bool { Timestamp(seconds: seconds) < now }

    // MARK: - Keyrings

    private func isNamed(_ keyring: String, by source: APTV1.Source) -> Bool {
        source.signedBy.map { Self.items($0).contains(keyring) } ?? false
    }

    /// Files that `signed-by` names, or those that are trusted for every source; none for a key inside the stanza.
    private func keyringNames(_ source: APTV1.Source) -> [String] {
        guard let text = source.signedBy else { return Self.trusted(host) }
        if text == "embedded" { return [] }
        let files = Self.items(text).filter { $0.hasPrefix("/") }
        return files.isEmpty ? Self.trusted(host) : files
    }

    private func fingerprints(_ source: APTV1.Source) -> [String] {
        guard let text = source.signedBy, text != "embedded" else { return [] }
        return Self.items(text).filter { !$0.hasPrefix("/") }.map { $0.filter { $0 != "!" }.uppercased() }
    }

    private static func items(_ text: String) -> [String] {
        text.split { $0 == "," || $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
    }

    private static func trusted(_ host: Host) -> [String] {
        let parts = host.names("etc/apt/trusted.gpg.d").filter { $0.hasSuffix(".gpg") || $0.hasSuffix(".asc") }
        return ["/etc/apt/trusted.gpg"] + parts.map { "/etc/apt/trusted.gpg.d/\($0)" }
    }

    private mutating func keyring(_ name: String) -> Keyring {
        if let known = keyrings[name] { return known }
        var keyring = Keyring.unknown
        do throws(ReadFailure) {
            let keys = OpenPGP.keys(try host.bytes(name))
            if !keys.isEmpty { keyring = .keys(keys) }
        } catch {
            if error.isAbsence { keyring = .missing }
        }
        keyrings[name] = keyring
        return keyring
    }
}
