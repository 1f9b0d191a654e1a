/// Why a package has not the newest version that its machine knows of: one status each, the first that fits.
package enum APTStatus: String, CaseIterable, Sendable {
    /// On hold.
    case held
    /// Deferred on this machine by `Phased-Update-Percentage`; never counts as pending.
    case phased
    /// A plain `apt-get upgrade` installs it.
    case upgradable
    /// `apt-get upgrade --with-new-pkgs` does, which is what `apt upgrade` runs.
    case upgradableWithNew = "upgradable_with_new"
    /// Only `full-upgrade` does.
    case needsFullUpgrade = "needs_full_upgrade"
    /// None of them does.
    case keptBack = "kept_back"
    /// A preference keeps the newer version away.
    case pinned
    /// Newer only in a source that is not automatic, such as backports; counted apart.
    case notCandidate = "not_candidate"

    /// Whether an operator has something to install; what `updates` counts.
    package var isPending: Bool {
        switch self {
        case .upgradable, .upgradableWithNew, .needsFullUpgrade, .keptBack: true
        case .held, .phased, .pinned, .notCandidate: false
        }
    }
}
