import Contracts

/// Asks APT itself: policy and simulations, through the audited runner, each answer or the reason why there is none.
struct APTResolver: Sendable {
    var commands: any CommandRunning
    /// The agent's own package cache.
    var cache: String?

    /// What APT would do, or the pointers that stay unknown and why.
    struct Answer: Sendable {
        var changes: [APTV1.Change]?
        var obsolete: [APTV1.PackageReference]?
        var autoremovable: [APTV1.PackageReference]?
        var unmet: [APTSimulation.Unmet] = []
        var problems: [Problem] = []
        var faults: [APTV1.Fault] = []

        /// Nothing is missing and nothing failed: worth keeping.
        var isWhole: Bool {
            changes != nil && obsolete != nil && autoremovable != nil && unmet.isEmpty
                && !problems.contains { $0.severity == "error" } && !faults.contains { $0.severity == "error" }
        }
    }

    /// A deadline for all calls together, below the kind's own: where each takes long, the last ones are not begun.
    static let overallSeconds: Int64 = 240
    /// Names in one call; about 60 KiB of arguments.
    private static let batch = 2000
    /// Changes whose details are asked for; each costs APT about 7 ms.
    private static let detailLimit = 1000
    /// Packages whose keeping back is asked about, in one call.
    private static let keptLimit = 20

    /// The first major version that is known to tell deferred packages apart.
    private static let namesDeferredSince = "3.0"

    func ask(_ installed: [DpkgStatus.Package], native: String, releases: APTReleases) async -> Answer {
        let version = installed.first { $0.name == "apt" }?.version ?? ""
        var answer = Answer()
        let session = APTSession(commands: commands, deadline: .now + .seconds(Self.overallSeconds))
        var full: APTSimulation?
        if let policy = await policies(of: installed.map { Self.argument($0, native) }, session),
            let files = await packageFiles(of: policy, releases, session)
        {
            var reconciliation = APTReconciliation(
                installed: installed, nativeArchitecture: native, policy: policy, files: files,
                notAutomatic: Set(files.values.filter { releases.isNotAutomatic($0) }.map(\.description)),
                upgrade: APTSimulation(""), upgradeWithNew: APTSimulation(""), fullUpgrade: APTSimulation(""))
            answer.obsolete = reconciliation.obsolete()
            full = await session.simulate(.fullUpgrade, cache)
            if let full, let (plain, new) = await weakerPlans(full, reconciliation, session) {
                reconciliation.upgrade = plain
                reconciliation.upgradeWithNew = new
                reconciliation.fullUpgrade = full
                reconciliation.namesDeferred =
                    DebianVersion.compare(version, Self.namesDeferredSince) >= 0
                    || [plain, new, full].contains { !$0.deferredByPhasing.isEmpty }
                let more = await policies(of: added([plain, new, full], reconciliation), session) ?? []
                reconciliation.policy += more
                let moreFiles = await packageFiles(of: more, releases, session) ?? [:]
                reconciliation.files.merge(moreFiles) { known, _ in known }
                answer.changes = await explained(reconciliation.changes(), native, session)
            }
        }
        if let full, full.changesNothing {
            // What a plan without actions would leave behind is what is left behind now.
            answer.autoremovable = references(full.unneeded, installed, native)
        } else if let removal = await session.simulate(.autoremove, cache) {
            answer.autoremovable = references(removal.removals, installed, native)
        }
        answer.unmet = session.unmet
        answer.problems = session.problems
        answer.faults = session.faults
        if session.isIncomplete {
            // An answer without one of its sources is no answer.
            (answer.changes, answer.obsolete, answer.autoremovable) = (nil, nil, nil)
        }
        return answer
    }

    private func policies(of names: [String], _ session: APTSession) async -> [APTPolicy.Package]? {
        var result: [APTPolicy.Package] = []
        for start in stride(from: 0, to: names.count, by: Self.batch) {
            let part = Array(names[start..<min(start + Self.batch, names.count)])
            guard let text = await session.text(.aptPolicy(part, cache: cache)) else { return nil }
            result += APTPolicy(text).packages
        }
        return result
    }

    /// The package files that the policy speaks of: from the release files where they are all known, else from APT.
    private func packageFiles(
        of policy: [APTPolicy.Package], _ releases: APTReleases, _ session: APTSession
    ) async -> [String: APTPackageFiles.File]? {
        var files: [String: APTPackageFiles.File] = [:]
        for source in policy.lazy.flatMap(\.versions).flatMap(\.sources)
        where !source.isInstalledDatabase && files[source.description] == nil {
            guard let file = releases.file(source.description, priority: source.priority) else {
                return await session.text(.aptSources(cache: cache)).map { text in
                    Dictionary(
                        APTPackageFiles(text).files.map { ($0.description, $0) },
                        uniquingKeysWith: { first, _ in first })
                }
            }
            files[source.description] = file
        }
        return files
    }

    /// What `upgrade` and `upgrade --with-new-pkgs` would do; asked only where it is not what `full-upgrade` does.
    ///
    /// Where that installs nothing new, removes nothing and leaves only what is held or deferred, the machine it ends
    /// in can be reached by upgrades alone, and the weaker plans reach it.
    private func weakerPlans(
        _ full: APTSimulation, _ reconciliation: APTReconciliation, _ session: APTSession
    ) async -> (APTSimulation, APTSimulation)? {
        let planned = Set(full.installations.map { reconciliation.key($0.name, $0.qualifier) })
        let held = Set(
            reconciliation.installed.filter(\.isHeld).map { reconciliation.key($0.name, $0.architecture) })
        let isLeft = reconciliation.policy.contains { package in
            guard package.installed != nil, package.candidate != package.installed else { return false }
            let key = reconciliation.key(package.name, package.qualifier)
            let isPhased = package.versions.first { $0.version == package.candidate }?.phasedPercent != nil
            return !planned.contains(key) && !held.contains(key) && !isPhased
        }
        if !isLeft, full.removals.isEmpty, full.installations.allSatisfy({ $0.currentVersion != nil }) {
            return (full, full)
        }
        guard let plain = await session.simulate(.upgrade, cache),
            let new = await session.simulate(.upgradeWithNew, cache)
        else { return nil }
        return (plain, new)
    }

    /// Names of packages that the plans install and that the policy does not know yet.
    private func added(_ plans: [APTSimulation], _ reconciliation: APTReconciliation) -> [String] {
        let present = Set(reconciliation.policy.map { reconciliation.key($0.name, $0.qualifier) })
        let names = plans.flatMap(\.installations).filter {
            !present.contains(reconciliation.key($0.name, $0.qualifier))
        }.map { item in item.qualifier.map { "\(item.name):\($0)" } ?? item.name }
        return Set(names).sorted()
    }

    /// With sizes, phasing and reasons; a failure leaves them out and nothing else.
    private func explained(
        _ changes: [APTV1.Change], _ native: String, _ session: APTSession
    ) async -> [APTV1.Change] {
        func named(_ change: APTV1.Change) -> String? {
            change.targetVersion.map { "\(Self.qualified(change.name, change.architecture, native))=\($0)" }
        }
        let wanted = changes.prefix(Self.detailLimit).compactMap(named)
        var details = APTDetails(nativeArchitecture: native)
        if !wanted.isEmpty, let text = await session.text(.aptShow(wanted, cache: cache)) { details.read(text) }
        let kept = changes.filter { $0.status == APTStatus.keptBack.rawValue }.prefix(Self.keptLimit)
        if !kept.isEmpty {
            details.unmet = await session.unmet(of: .aptInstall(kept.compactMap(named), cache: cache))
        }
        return details.explain(changes)
    }

    private func references(
        _ removals: [APTSimulation.Removal], _ installed: [DpkgStatus.Package], _ native: String
    ) -> [APTV1.PackageReference] {
        var byName: [String: DpkgStatus.Package] = [:]
        for package in installed { byName[Self.argument(package, native)] = package }
        return removals.map { removal in
            let name = removal.qualifier.map { "\(removal.name):\($0)" } ?? removal.name
            let package = byName[name]
            return APTV1.PackageReference(
                name: removal.name, architecture: package?.architecture ?? removal.qualifier ?? native,
                version: package?.version ?? removal.version ?? "")
        }.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
    }

    private static func argument(_ package: DpkgStatus.Package, _ native: String) -> String {
        qualified(package.name, package.architecture, native)
    }

    /// As APT names it: foreign architectures are told, the native one and `all` are not.
    static func qualified(_ name: String, _ architecture: String, _ native: String) -> String {
        architecture == native || architecture == "all" || architecture.isEmpty ? name : "\(name):\(architecture)"
    }
}
