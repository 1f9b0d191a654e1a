import Contracts

/// Joins what APT's resolver would do with what its policy knows: each package once, with one status of the closed set.
///
/// Pure: everything that was read and asked comes in, the sections `changes` and `obsolete` come out.
struct APTReconciliation {
    /// Every package of dpkg's database that is on the system.
    var installed: [DpkgStatus.Package]
    var nativeArchitecture: String
    /// The versions of every installed package, and of those that an upgrade would add.
    var policy: [APTPolicy.Package]
    /// The package files by their description.
    var files: [String: APTPackageFiles.File]
    /// Descriptions of package files whose release says `NotAutomatic`.
    var notAutomatic: Set<String>
    var upgrade: APTSimulation
    var upgradeWithNew: APTSimulation
    var fullUpgrade: APTSimulation
    /// Whether this APT lists what it defers for phasing under a heading of its own; 2.6 lists it as kept back, where a
    /// phased package that nothing installs is taken to be deferred.
    var namesDeferred = false

    /// A package's identity in APT's own words: `all` belongs to the native architecture.
    struct Key: Hashable {
        var name: String
        var architecture: String
    }

    func key(_ name: String, _ architecture: String?) -> Key {
        guard let architecture, architecture != "all", !architecture.isEmpty else {
            return Key(name: name, architecture: nativeArchitecture)
        }
        return Key(name: name, architecture: architecture)
    }

    // MARK: - Changes

    func changes() -> [APTV1.Change] {
        let known = Dictionary(policy.map { (key($0.name, $0.qualifier), $0) }, uniquingKeysWith: { first, _ in first })
        let plans: [(status: APTStatus, actions: Actions)] = [
            (.upgradable, Actions(upgrade, self)), (.upgradableWithNew, Actions(upgradeWithNew, self)),
            (.needsFullUpgrade, Actions(fullUpgrade, self)),
        ]
        var changes: [APTV1.Change] = []
        var seen: Set<Key> = []
        for package in installed {
            let key = key(package.name, package.architecture)
            seen.insert(key)
            guard let versions = known[key] else { continue }
            if let change = change(of: package, key, versions, plans) { changes.append(change) }
        }
        changes += additions(plans, known, except: seen)
        return changes.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
    }

    /// The actions of one plan, by package.
    private struct Actions {
        var installations: [Key: APTSimulation.Installation] = [:]
        var removals: Set<Key> = []

        init(_ simulation: APTSimulation, _ owner: APTReconciliation) {
            for item in simulation.installations {
                let key = owner.key(item.name, item.qualifier)
                installations[key] = item
            }
            removals = Set(simulation.removals.map { owner.key($0.name, $0.qualifier) })
        }
    }

    private func change(
        of package: DpkgStatus.Package, _ key: Key, _ policy: APTPolicy.Package,
        _ plans: [(status: APTStatus, actions: Actions)]
    ) -> APTV1.Change? {
        let newer = policy.versions.filter { isAvailable($0) && isNewer($0.version, than: package.version) }
        let planned = plans.lazy.compactMap { plan in
            plan.actions.installations[key].map { (plan.status, $0.targetVersion) }
        }.first
        let candidate = policy.candidate.flatMap { candidate in
            newer.first { DebianVersion.compare($0.version, candidate) == 0 }
        }
        // The newest that would come by itself if neither a preference nor phasing kept it away.
        let automatic = newer.first { version in
            version.sources.contains { !$0.isInstalledDatabase && !notAutomatic.contains($0.description) }
        }
        func change(_ status: APTStatus, to target: String, _ reason: String? = nil) -> APTV1.Change {
            make(package, policy, target, status, reason)
        }

        if package.isHeld, let candidate { return change(.held, to: candidate.version, "on hold") }
        if planned == nil, let waiting = candidate ?? automatic, let percent = waiting.phasedPercent, isDeferred(key) {
            var change = change(.phased, to: waiting.version, "phased update, at \(percent) percent of machines")
            change.phasedPercent = percent
            return change
        }
        if let (status, target) = planned { return change(status, to: target) }
        if let removal = plans.first(where: { $0.actions.removals.contains(key) }) {
            var change = APTV1.Change(
                name: package.name, architecture: package.architecture, operation: "remove", security: false,
                status: removal.status.rawValue)
            change.currentVersion = package.version
            return change
        }
        if let candidate { return change(.keptBack, to: candidate.version) }
        if let automatic {
            return change(.pinned, to: automatic.version, pinReason(policy, automatic))
        }
        if let newest = newer.first {
            let suite = suite(of: newest) ?? "a source"
            return change(.notCandidate, to: newest.version, "only in \(suite), which is not automatic")
        }
        return nil
    }

    private func isDeferred(_ key: Key) -> Bool {
        guard namesDeferred else { return true }
        let name = key.architecture == nativeArchitecture ? key.name : "\(key.name):\(key.architecture)"
        return [upgrade, upgradeWithNew, fullUpgrade].contains { $0.deferredByPhasing.contains(name) }
    }

    private func make(
        _ package: DpkgStatus.Package, _ policy: APTPolicy.Package, _ target: String, _ status: APTStatus,
        _ reason: String?
    ) -> APTV1.Change {
        let isDowngrade = isNewer(package.version, than: target)
        var change = APTV1.Change(
            name: package.name, architecture: package.architecture,
            operation: isDowngrade ? "downgrade" : "upgrade",
            security: isSecurity(policy, from: package.version, to: target), status: status.rawValue)
        change.currentVersion = package.version
        change.targetVersion = target
        change.reason = reason
        describeOrigin(of: policy, version: target, in: &change)
        return change
    }

    /// Packages that are not installed now and that an upgrade would add.
    private func additions(
        _ plans: [(status: APTStatus, actions: Actions)], _ known: [Key: APTPolicy.Package], except seen: Set<Key>
    ) -> [APTV1.Change] {
        var added: Set<Key> = seen
        var changes: [APTV1.Change] = []
        for plan in plans {
            for (key, item) in plan.actions.installations where added.insert(key).inserted {
                var change = APTV1.Change(
                    name: item.name, architecture: item.architecture, operation: "install", security: false,
                    status: plan.status.rawValue)
                change.targetVersion = item.targetVersion
                if let policy = known[key] {
                    change.security = isSecurity(policy, from: nil, to: item.targetVersion)
                    describeOrigin(of: policy, version: item.targetVersion, in: &change)
                }
                changes.append(change)
            }
        }
        return changes
    }

    // MARK: - Obsolete

    /// Installed, and no version of it is in any enabled source; what `apt list '~o'` prints.
    func obsolete() -> [APTV1.PackageReference] {
        let known = Dictionary(policy.map { (key($0.name, $0.qualifier), $0) }, uniquingKeysWith: { first, _ in first })
        return installed.compactMap { package in
            guard let policy = known[key(package.name, package.architecture)], policy.installed != nil,
                !policy.versions.contains(where: isAvailable)
            else { return nil }
            return APTV1.PackageReference(
                name: package.name, architecture: package.architecture, version: package.version)
        }
    }

    // MARK: - Versions and their sources

    private func isAvailable(_ version: APTPolicy.Version) -> Bool {
        version.sources.contains { !$0.isInstalledDatabase }
    }

    private func isNewer(_ version: String, than other: String) -> Bool { DebianVersion.compare(version, other) > 0 }

    private func suite(of version: APTPolicy.Version) -> String? {
        version.sources.lazy.compactMap { files[$0.description] }.compactMap { $0.codename ?? $0.suite }.first
    }

    /// Priorities are what APT decides by, and all that it tells of a preference.
    private func pinReason(_ policy: APTPolicy.Package, _ version: APTPolicy.Version) -> String {
        let preferred = policy.versions.first { $0.version == policy.candidate }
        guard let preferred else { return "a preference forbids it, with priority \(version.priority)" }
        return "a preference gives it priority \(version.priority), and \(preferred.priority) to \(preferred.version)"
    }

    /// A target carries the security fixes of every version that it overtakes: a point release that is newer than the
    /// security archive's version is a security update for who has neither.
    private func isSecurity(_ policy: APTPolicy.Package, from current: String?, to target: String) -> Bool {
        policy.versions.contains { version in
            guard !isNewer(version.version, than: target) else { return false }
            if let current, !isNewer(version.version, than: current) { return false }
            if current == nil, version.version != target { return false }
            return version.sources.contains { files[$0.description].map(APTSecurity.isSecurity) ?? false }
        }
    }

    /// Origin and suite of the target, of its security source where it has one.
    private func describeOrigin(of policy: APTPolicy.Package, version: String, in change: inout APTV1.Change) {
        guard let found = policy.versions.first(where: { $0.version == version }) else { return }
        let sources = found.sources.filter { !$0.isInstalledDatabase }.compactMap { files[$0.description] }
        guard let file = sources.first(where: APTSecurity.isSecurity) ?? sources.first else { return }
        change.origin = file.origin
        change.suite = file.suite ?? file.codename
    }
}

/// Which releases publish security updates: by origin, label and suite as the distributions set them, never by a
/// substring of a URI.
enum APTSecurity {
    static func isSecurity(_ file: APTPackageFiles.File) -> Bool {
        switch file.origin {
        case "Debian": file.label == "Debian-Security"
        case "Ubuntu": file.suite?.hasSuffix("-security") ?? false
        // Ubuntu Pro: `jammy-infra-security`, `jammy-apps-security`.
        case "UbuntuESM", "UbuntuESMApps": file.suite?.hasSuffix("-security") ?? false
        case "Raspbian", nil: false
        default: file.label == "Debian-Security"
        }
    }
}
