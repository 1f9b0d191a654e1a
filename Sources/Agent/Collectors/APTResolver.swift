import Contracts
import Glibc

/// Asks APT itself: policy and simulations, through the audited runner, each answer or the reason why there is none.
struct APTResolver: Sendable {
    var commands: any CommandRunning
    /// The agent's own package cache.
    var cache: String?

    /// What APT would do, or the pointers that stay unknown and why.
    struct Answer {
        var changes: [APTV1.Change]?
        var obsolete: [APTV1.PackageReference]?
        var autoremovable: [APTV1.PackageReference]?
        var unmet: [APTSimulation.Unmet] = []
        var problems: [Problem] = []
    }

    /// A deadline for all calls together: where each takes long, the last ones are not begun.
    static let overallSeconds: Int64 = 300
    /// Names in one call; about 60 KiB of arguments.
    private static let batch = 2000
    /// Changes whose download size is asked for; each costs APT about 7 ms.
    private static let sizeLimit = 1000

    /// The first major version that is known to tell deferred packages apart.
    private static let namesDeferredSince = "3.0"

    func ask(_ installed: [DpkgStatus.Package], native: String, releases: APTReleases) async -> Answer {
        let version = installed.first { $0.name == "apt" }?.version ?? ""
        var answer = Answer()
        let session = Session(commands: commands, deadline: .now + .seconds(Self.overallSeconds))
        if let removal = await session.simulate(.autoremove, cache) {
            answer.autoremovable = references(removal.removals, installed, native)
            answer.unmet = removal.unmet
        }
        if let sources = await session.text(.aptSources(cache: cache)),
            var policy = await policies(of: installed.map { Self.argument($0, native) }, session)
        {
            let files = APTPackageFiles(sources).files
            var reconciliation = APTReconciliation(
                installed: installed, nativeArchitecture: native, policy: policy,
                files: Dictionary(files.map { ($0.description, $0) }, uniquingKeysWith: { first, _ in first }),
                notAutomatic: Set(files.filter { releases.isNotAutomatic($0) }.map(\.description)),
                upgrade: APTSimulation(""), upgradeWithNew: APTSimulation(""), fullUpgrade: APTSimulation(""))
            answer.obsolete = reconciliation.obsolete()
            // Where no candidate differs from what is installed, the two weaker plans have nothing to do.
            let isPending = policy.contains { $0.installed != nil && $0.candidate != $0.installed }
            if let full = await session.simulate(.fullUpgrade, cache),
                let plain = isPending ? await session.simulate(.upgrade, cache) : full.nothing,
                let new = isPending ? await session.simulate(.upgradeWithNew, cache) : full.nothing
            {
                reconciliation.upgrade = plain
                reconciliation.upgradeWithNew = new
                reconciliation.fullUpgrade = full
                reconciliation.namesDeferred =
                    DebianVersion.compare(version, Self.namesDeferredSince) >= 0
                    || [plain, new, full].contains { !$0.deferredByPhasing.isEmpty }
                let present = Set(policy.map { reconciliation.key($0.name, $0.qualifier) })
                let added = Set(
                    (plain.installations + new.installations + full.installations).filter {
                        !present.contains(reconciliation.key($0.name, $0.qualifier))
                    }.map { $0.qualifier.map { [name = $0.name] in "\(name):\($0)" } ?? $0.name })
                policy += await policies(of: added.sorted(), session) ?? []
                reconciliation.policy = policy
                answer.changes = await withSizes(reconciliation.changes(), native, session)
            }
        }
        answer.unmet += session.unmet.filter { !answer.unmet.contains($0) }
        answer.problems = session.problems
        if session.isIncomplete {
            // An answer without one of its sources is no answer.
            (answer.changes, answer.obsolete, answer.autoremovable) = (nil, nil, nil)
        }
        return answer
    }

    private func policies(of names: [String], _ session: Session) async -> [APTPolicy.Package]? {
        var result: [APTPolicy.Package] = []
        for start in stride(from: 0, to: names.count, by: Self.batch) {
            let part = Array(names[start..<min(start + Self.batch, names.count)])
            guard let text = await session.text(.aptPolicy(part, cache: cache)) else { return nil }
            result += APTPolicy(text).packages
        }
        return result
    }

    /// The size of each download; a failure leaves sizes out and nothing else.
    private func withSizes(_ changes: [APTV1.Change], _ native: String, _ session: Session) async -> [APTV1.Change] {
        let wanted = changes.prefix(Self.sizeLimit).compactMap { change in
            change.targetVersion.map { "\(Self.qualified(change.name, change.architecture, native))=\($0)" }
        }
        guard !wanted.isEmpty, let text = await session.text(.aptShow(wanted, cache: cache)) else { return changes }
        var sizes: [String: Int] = [:]
        Deb822.forEach(in: Array(text.utf8)) { stanza in
            if let name = stanza["Package"], let version = stanza["Version"],
                let size = stanza["Size"].flatMap({ Int($0) }),
                size >= 0
            {
                sizes["\(Self.qualified(name, stanza["Architecture"] ?? "", native))=\(version)"] = size
            }
            return true
        }
        return changes.map { change in
            var change = change
            if let target = change.targetVersion {
                change.sizeBytes = sizes["\(Self.qualified(change.name, change.architecture, native))=\(target)"]
            }
            return change
        }
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
    private static func qualified(_ name: String, _ architecture: String, _ native: String) -> String {
        architecture == native || architecture == "all" || architecture.isEmpty ? name : "\(name):\(architecture)"
    }
}

extension APTSimulation {
    /// A complete answer with no actions.
    fileprivate var nothing: APTSimulation {
        var empty = APTSimulation("")
        empty.isComplete = true
        return empty
    }
}

/// The calls of one collecting: a common deadline, and what was said on standard error along the way.
private final class Session {
    private let commands: any CommandRunning
    private let deadline: ContinuousClock.Instant
    private var isLate = false
    private(set) var problems: [Problem] = []
    private(set) var unmet: [APTSimulation.Unmet] = []
    /// APT could not read a source or a preference and answered without it.
    private(set) var isIncomplete = false

    init(commands: any CommandRunning, deadline: ContinuousClock.Instant) {
        self.commands = commands
        self.deadline = deadline
    }

    func simulate(_ plan: APTPlan, _ cache: String?) async -> APTSimulation? {
        let command = AuditedCommand.aptSimulate(plan, cache: cache)
        guard let result = await run(command) else { return nil }
        let simulation = APTSimulation(result.text)
        for item in simulation.unmet where !unmet.contains(item) { unmet.append(item) }
        guard succeeded(result, command) else { return nil }
        guard simulation.isComplete else {
            add(
                Problem(
                    code: "malformed", severity: "error", source: command.summary,
                    message: "unable to read what \(command.summary) printed: it has no summary line"))
            return nil
        }
        return simulation
    }

    func text(_ command: AuditedCommand) async -> String? {
        guard let result = await run(command), succeeded(result, command) else { return nil }
        return result.text
    }

    private func run(_ command: AuditedCommand) async -> CommandResult? {
        guard ContinuousClock.now < deadline else {
            if !isLate {
                add(
                    Problem(
                        code: "timed_out", severity: "error", source: command.summary,
                        message: "unable to run \(command.summary): the calls before it took all the time there is"))
            }
            isLate = true
            return nil
        }
        let result = await commands.run(command)
        let messages = APTMessages(result.errorText)
        if messages.isIncomplete { isIncomplete = true }
        for line in messages.warnings {
            add(
                Problem(
                    code: messages.code(of: line), severity: messages.isSpoiling(line) ? "error" : "warning",
                    source: command.summary, message: line))
        }
        return result
    }

    private func succeeded(_ result: CommandResult, _ command: AuditedCommand) -> Bool {
        let name = command.summary
        let problem: (code: String, message: String)
        switch result.end {
        case .exited(0): return true
        case .exited(let code):
            let said = APTMessages(result.errorText).errors.joined(separator: " ")
            problem = ("command_failed", "\(name) ended with status \(code)" + (said.isEmpty ? "" : ": \(said)"))
        case .signaled(let signal): problem = ("command_failed", "\(name) was ended by signal \(signal)")
        case .timedOut(let seconds):
            problem = ("timed_out", "\(name) did not end within \(Int(seconds)) s and was killed")
        case .tooMuchOutput(let limit):
            problem = ("too_large", "\(name) printed more than \(limit) bytes and was killed")
        case .notStarted(let number):
            problem = (
                number == ENOENT ? "not_found" : "command_failed",
                "unable to start \(command.executable): \(String(cString: strerror(number)))"
            )
        }
        add(Problem(code: problem.code, severity: "error", source: name, message: problem.message))
        return false
    }

    private func add(_ problem: Problem) {
        // The same warning comes with every call.
        if !problems.contains(where: { $0.message == problem.message }), problems.count < 50 {
            problems.append(problem)
        }
    }
}
