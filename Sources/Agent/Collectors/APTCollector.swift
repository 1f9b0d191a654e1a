import Contracts
import Glibc

/// Tells APT's state as it is: what is installed, what APT would do, and how far that can be trusted.
///
/// Files are read natively; what APT would do is asked of APT, and only of the running system's. It never updates the
/// lists, takes no lock and changes nothing.
struct APTCollector: Collector {
    let kind = Kind.apt
    private let host: Host
    private let settings: CollectionSettings
    private let commands: any CommandRunning
    private let asksAPT: Bool
    private let lockPatience: Duration
    private let memory = APTAnswerMemory()
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - asksAPT: nil, as always outside of tests: of the running system, and never of another root.
    ///   - lockPatience: how long somebody who changes packages is waited for.
    init(
        host: Host, settings: CollectionSettings, commands: any CommandRunning, asksAPT: Bool? = nil,
        lockPatience: Duration = .seconds(20), now: @escaping @Sendable () -> Timestamp = { SystemClock.now() }
    ) {
        self.host = host
        self.settings = settings
        self.commands = commands
        self.asksAPT = asksAPT ?? host.isLive
        self.lockPatience = lockPatience
        self.now = now
    }

    func collect() async -> Collected {
        var report = Report()
        await waitForLocks(&report)
        let files = APTFiles(host: host, now: now())
        let installed = packages(&report)
        guard installed != nil || report.unknown.contains("/packages") else {
            // No dpkg here: an honest absence.
            return Collected(payload: APTV1())
        }
        let sources = files.sources()
        report.payload.sources = report.take(sources, "/sources")
        let releases = APTReleases(host: host, sources: report.payload.sources ?? [])
        var checks = APTSourceChecks(host: host, releases: releases, now: now())
        report.payload.sources = report.payload.sources.map { sources in
            APTSourceChecks.markingLate(sources.map { checks.checked($0) })
        }
        report.payload.lists = report.take(files.lists(releases), "/lists")
        report.payload.history = report.take(files.history(), "/history")
        report.payload.reboot = files.reboot(installed)
        services(&report)
        await resolve(installed, releases, &report)
        return report.collected
    }

    /// Other processes' maps are closed to this user: what the root oneshot saw of them, where it is enabled.
    private func services(_ report: inout Report) {
        let reading = InspectionFile.read(host)
        if let inspection = reading.inspection, inspection.knows(.services) {
            report.payload.servicesToRestart = inspection.servicesToRestart
        } else {
            report.unknown.insert("/services_to_restart")
        }
        if case .unusable(let problem) = reading { report.problems.append(problem) }
    }

    /// The payload as it grows, and what could not be read.
    private struct Report {
        var payload = APTV1()
        var unknown: Set<String> = []
        var problems: [Problem] = []
        /// Packages are in the middle of a change.
        var isBusy = false

        mutating func take<Value>(_ section: APTFiles.Section<Value>, _ pointer: String) -> Value? {
            problems += section.problems
            if section.isUnknown { unknown.insert(pointer) }
            for fault in section.faults { complain(fault) }
            return section.value
        }

        mutating func complain(_ fault: APTV1.Fault) { payload.errors = (payload.errors ?? []) + [fault] }

        mutating func fail(_ pointers: [String], _ problem: Problem) {
            unknown.formUnion(pointers)
            problems.append(problem)
        }

        var collected: Collected {
            var payload = payload
            // What is half done is no defect while somebody is doing it.
            if isBusy { payload.broken = nil }
            return Collected(payload: payload, unknown: unknown.sorted(), problems: Array(problems.prefix(100)))
        }
    }

    /// Never in the middle of somebody's run, if it ends soon.
    private func waitForLocks(_ report: inout Report) async {
        let locks = PackageLocks(host: host)
        let end = ContinuousClock.now + lockPatience
        while locks.areHeld, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(250)) }
        guard locks.areOfPackagesHeld else { return }
        report.isBusy = true
        report.unknown.insert("/broken")
        let text = "somebody is changing packages and holds dpkg's lock: some are in the middle of a change"
        report.problems.append(
            Problem(code: "apt_lock_busy", severity: "warning", source: "/var/lib/dpkg/lock-frontend", message: text))
        report.complain(
            APTV1.Fault(
                kind: "apt_lock_busy", severity: "warning", source: "/var/lib/dpkg/lock-frontend", lines: [text]))
    }

    // MARK: - dpkg

    private static let statusPath = "/var/lib/dpkg/status"
    /// A machine with every package of Debian has a status file of about 60 MiB.
    private static let statusLimit = 64 << 20

    /// What dpkg has on the system, or nil where it cannot be told.
    private func packages(_ report: inout Report) -> [DpkgStatus.Package]? {
        let status: DpkgStatus
        let automatic: Set<String>
        do throws(ReadFailure) {
            status = DpkgStatus(try host.bytes(Self.statusPath, limit: Self.statusLimit))
            automatic = try automaticPackages()
        } catch {
            guard !error.isAbsence else { return nil }
            report.fail(Self.ofPackages, error.problem(severity: "error"))
            return nil
        }
        for defect in status.defects {
            let text = "\(Self.statusPath), line \(defect.line): \(defect.reason)"
            report.problems.append(
                Problem(code: "malformed", severity: "error", source: Self.statusPath, message: text))
        }
        // Half a list would read as half of the packages removed.
        guard !status.isTruncated, status.defects.isEmpty else {
            report.unknown.formUnion(Self.ofPackages)
            return nil
        }
        let triggers = deferredTriggers()
        let present = status.packages.filter(\.isPresent).map { triggers?.applied(to: $0) ?? $0 }
        architectures(present, &report)
        report.payload.aptVersion = present.first { $0.name == "apt" }?.version
        let native = report.payload.architecture
        report.payload.packages = present.map { package in
            var entry = APTV1.Package(name: package.name, architecture: package.architecture, version: package.version)
            entry.source = package.source == package.name ? nil : package.source
            entry.state = package.state == "installed" ? nil : package.state
            let owner = package.architecture == "all" ? native ?? "all" : package.architecture
            let isAutomatic =
                automatic.contains("\(package.name):\(owner)") || automatic.contains("\(package.name):all")
            entry.automatic = isAutomatic ? true : nil
            entry.held = package.isHeld ? true : nil
            entry.installedSizeBytes = package.installedSizeBytes
            return entry
        }.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
        report.payload.broken = broken(present)
        noteInterruption(&report)
        return present
    }

    /// Triggers that somebody's dpkg has left behind; while it works they are as they should be.
    private func deferredTriggers() -> DpkgTriggers? {
        let directory = "var/lib/dpkg/triggers"
        guard let deferred = try? host.text("\(directory)/Unincorp"), !deferred.isEmpty else { return nil }
        return DpkgTriggers(deferred: deferred, files: (try? host.text("\(directory)/File")) ?? "") { trigger in
            // The name is of a file in this directory, and of no other.
            trigger.contains("/") ? nil : try? host.text("\(directory)/\(trigger)")
        }
    }

    /// dpkg keeps a journal of what it has not written into its database yet. While it works that is as it should be.
    private func noteInterruption(_ report: inout Report) {
        let journal = host.names("var/lib/dpkg/updates").filter { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard !journal.isEmpty, !report.isBusy, !PackageLocks(host: host).areOfPackagesHeld else { return }
        let text = "dpkg was interrupted and its database lags behind; run: dpkg --configure -a"
        report.problems.append(
            Problem(code: "dpkg_interrupted", severity: "error", source: "/var/lib/dpkg/updates", message: text))
        report.complain(
            APTV1.Fault(kind: "dpkg_interrupted", severity: "error", source: "/var/lib/dpkg/updates", lines: [text]))
    }

    /// What cannot be told without dpkg's database.
    private static let ofPackages = ["/packages", "/changes", "/autoremovable", "/obsolete", "/broken"]

    private func automaticPackages() throws(ReadFailure) -> Set<String> {
        do throws(ReadFailure) {
            return APTExtendedStates.automatic(try host.bytes("var/lib/apt/extended_states", limit: Self.statusLimit))
        } catch {
            if error.isAbsence { return [] }
            throw error
        }
    }

    /// dpkg writes its list of architectures, the native one first, only once a foreign one was added.
    private func architectures(_ packages: [DpkgStatus.Package], _ report: inout Report) {
        let listed = (host.line("var/lib/dpkg/arch") ?? "").split(separator: "\n").map(\.trimmed)
        let dpkg = packages.first { $0.name == "dpkg" }?.architecture
        report.payload.architecture = listed.first ?? dpkg
        let foreign = listed.dropFirst().filter { !$0.isEmpty }
        report.payload.foreignArchitectures = foreign.isEmpty ? nil : foreign.sorted()
    }

    private func broken(_ packages: [DpkgStatus.Package]) -> [APTV1.BrokenPackage] {
        packages.compactMap { package in
            guard package.state != "installed" || package.needsReinstallation else { return nil }
            let state = package.needsReinstallation ? "reinst-required" : package.state
            var entry = APTV1.BrokenPackage(name: package.name, architecture: package.architecture, state: state)
            entry.version = package.version
            if package.needsReinstallation { entry.detail = package.state }
            if !package.triggers.isEmpty { entry.detail = package.triggers.joined(separator: " ") }
            return entry
        }.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
    }

    // MARK: - APT

    private static let ofResolver = ["/changes", "/obsolete", "/autoremovable"]

    private func resolve(_ installed: [DpkgStatus.Package]?, _ releases: APTReleases, _ report: inout Report) async {
        guard asksAPT else {
            let text = "what APT would do is only asked of the running system, not of \(host.root)"
            report.fail(Self.ofResolver, Problem(code: "not_live", severity: "info", source: host.root, message: text))
            return
        }
        guard let installed else {
            report.unknown.formUnion(Self.ofResolver)
            return
        }
        guard let native = report.payload.architecture else {
            let text = "neither \(Self.statusPath) nor /var/lib/dpkg/arch tells the native architecture"
            report.fail(
                Self.ofResolver,
                Problem(code: "malformed", severity: "error", source: Self.statusPath, message: text))
            return
        }
        let answer = await answer(installed, native, releases, &report)
        // Sources are told by file where they were read here.
        let told = Set((report.payload.errors ?? []).map(\.kind))
        for fault in answer.faults where !told.contains(fault.kind) { report.complain(fault) }
        report.problems += answer.problems
        report.payload.changes = answer.changes
        report.payload.obsolete = answer.obsolete
        report.payload.autoremovable = answer.autoremovable
        if answer.changes == nil { report.unknown.insert("/changes") }
        if answer.obsolete == nil { report.unknown.insert("/obsolete") }
        if answer.autoremovable == nil { report.unknown.insert("/autoremovable") }
        let unmet = answer.unmet.map { item in
            let package = installed.first {
                $0.name == item.name && (item.qualifier == nil || item.qualifier == $0.architecture)
            }
            var entry = APTV1.BrokenPackage(
                name: item.name, architecture: package?.architecture ?? item.qualifier ?? native,
                state: "unmet-dependencies")
            entry.version = package?.version
            entry.detail = item.detail
            return entry
        }
        if !unmet.isEmpty { report.payload.broken = (report.payload.broken ?? []) + unmet }
    }

    /// APT's answer, or the one of before where nothing has changed since: asking costs seconds, looking does not.
    private func answer(
        _ installed: [DpkgStatus.Package], _ native: String, _ releases: APTReleases, _ report: inout Report
    ) async -> APTResolver.Answer {
        let inputs = APTInputs(host: host)
        if let answer = memory.answer(to: inputs) { return answer }
        let resolver = APTResolver(commands: commands, cache: cacheDirectory(&report))
        let answer = await resolver.ask(installed, native: native, releases: releases)
        // What changed meanwhile may be in one answer and not in the other.
        if inputs == APTInputs(host: host), !report.isBusy { memory.keep(answer, to: inputs) }
        return answer
    }

    /// Makes the cache's directory; without it APT works all the same, more slowly.
    private func cacheDirectory(_ report: inout Report) -> String? {
        guard let path = settings.aptCacheDirectory else { return nil }
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return path }
        report.problems.append(ReadFailure(path: path, errno: errno).problem())
        return nil
    }
}
