import Contracts
import Glibc

/// What APT and dpkg leave in files, read natively: it is the same on a mounted root as on the running system.
struct APTFiles: Sendable {
    var host: Host
    var now: Timestamp

    /// A section that was read, does not exist, or exists and could not be read.
    struct Section<Value> {
        var value: Value?
        var isUnknown = false
        var problems: [Problem] = []
        var faults: [APTV1.Fault] = []

        static func failed(_ failure: ReadFailure) -> Section {
            failure.isAbsence ? Section() : Section(isUnknown: true, problems: [failure.problem(severity: "error")])
        }
    }

    // MARK: - Sources

    /// `sources.list` and what is in `sources.list.d`, in APT's order.
    func sources() -> Section<[APTV1.Source]> {
        var section = Section<[APTV1.Source]>(value: [])
        func add(_ path: String, _ parse: ([UInt8]) -> (sources: [APTV1.Source], defects: [APTSources.Defect])) {
            do throws(ReadFailure) {
                let (sources, defects) = parse(try host.bytes(path))
                section.value? += sources
                let problems = defects.map { malformed(path, $0.line, $0.reason) }
                section.problems += problems
                guard !problems.isEmpty else { return }
                section.faults.append(
                    APTV1.Fault(
                        kind: "source_malformed", severity: "error", source: path, lines: problems.map(\.message)))
            } catch {
                if error.isAbsence { return }
                section.isUnknown = true
                section.problems.append(error.problem(severity: "error"))
                section.faults.append(
                    APTV1.Fault(
                        kind: "source_unreadable", severity: "error", source: path, lines: [error.description]))
            }
        }
        let directory = "etc/apt/sources.list.d"
        add("/etc/apt/sources.list") { APTSources.oneLine(clean($0), file: "/etc/apt/sources.list") }
        do throws(ReadFailure) {
            for name in try host.list(directory) where Self.isPart(name) {
                let file = "/\(directory)/\(name)"
                if name.hasSuffix(".list") {
                    add(file) { APTSources.oneLine(clean($0), file: file) }
                } else if name.hasSuffix(".sources") {
                    add(file) { APTSources.deb822($0, file: file) }
                }
            }
        } catch {
            if !error.isAbsence {
                section.isUnknown = true
                section.problems.append(error.problem(severity: "error"))
            }
        }
        if section.isUnknown { section.value = nil }
        return section
    }

    /// File names that APT does not ignore: letters, digits, `_`, `-`, `.`, and no leading dot.
    private static func isPart(_ name: String) -> Bool {
        name.first != "."
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
                    || $0 == 0x2E
            }
    }

    // MARK: - Age of the lists

    /// When APT's lists were last brought up to date: our hook's stamp, the distribution's, or the directory's ctime.
    /// Never the mtime of a list, which is the server's Last-Modified, and which an unchanged one keeps.
    func lists(_ releases: APTReleases) -> Section<APTV1.Lists> {
        var latest: APTV1.Lists?
        func consider(_ path: String, _ evidence: String, _ time: KeyPath<stat, timespec>) {
            guard let information = try? host.status(path) else { return }
            let value = information[keyPath: time]
            let moment = Timestamp(milliseconds: Int64(value.tv_sec) * 1000 + Int64(value.tv_nsec) / 1_000_000)
            // A later stamp is the better evidence, whoever wrote it.
            if latest.map({ $0.updatedAt < moment }) ?? true {
                latest = APTV1.Lists(updatedAt: moment, evidence: evidence)
            }
        }
        consider("run/vigie/apt-update-success", "hook", \.st_mtim)
        consider("var/lib/vigie/apt-update-success", "hook", \.st_mtim)
        if latest == nil {
            consider("var/lib/apt/periodic/update-success-stamp", "periodic", \.st_mtim)
            consider("var/lib/apt/periodic/update-stamp", "periodic", \.st_mtim)
        }
        if latest == nil, releases.names.contains(where: { $0.hasSuffix("Release") || $0.contains("_Packages") }) {
            consider("var/lib/apt/lists", "ctime", \.st_ctim)
            consider("var/lib/apt/lists/partial", "ctime", \.st_ctim)
        }
        guard let latest else {
            let text = "no stamp and no fetched list tells when the package lists were last updated"
            return Section(
                isUnknown: true,
                problems: [
                    Problem(code: "lists_age_unknown", severity: "warning", source: "/var/lib/apt/lists", message: text)
                ])
        }
        return Section(value: latest)
    }

    // MARK: - Reboot

    func reboot(_ packages: [DpkgStatus.Package]?) -> APTV1.Reboot {
        let isFlagged = host.exists("run/reboot-required")
        var reboot = APTV1.Reboot(required: isFlagged)
        if let text = try? host.text("run/reboot-required.pkgs") {
            let names = Set(text.split(separator: "\n").map(\.trimmed)).filter { !$0.isEmpty }
            reboot.packages = names.isEmpty ? nil : names.sorted()
        }
        guard let release = host.line("proc/sys/kernel/osrelease") else { return reboot }
        let running = KernelRelease(release)
        reboot.runningKernel = release
        let kernels = (packages ?? []).compactMap { package in
            package.state == "installed" ? KernelRelease(package: package.name).map { ($0, package.version) } : nil
        }.filter { $0.0.flavour == running.flavour }
        // A kernel that no package brought says nothing of those that packages did: a container, a hosted machine.
        guard let newest = kernels.max(by: { DebianVersion.compare($0.0.release, $1.0.release) < 0 }),
            // The kernel of a container belongs to its host.
            host.containerManager == nil
        else { return reboot }
        reboot.newestKernel = newest.0.release
        if DebianVersion.compare(newest.0.release, release) > 0 { reboot.required = true }
        // The same release, but a later build of it.
        if newest.0 == running, let built = host.line("proc/version").flatMap(KernelRelease.packageVersion),
            DebianVersion.compare(newest.1, built) > 0
        {
            reboot.required = true
        }
        return reboot
    }

    // MARK: - Helpers

    func malformed(_ path: String, _ line: Int, _ reason: String) -> Problem {
        Problem(code: "malformed", severity: "warning", source: path, message: "\(path), line \(line): \(reason)")
    }

    func clean(_ bytes: [UInt8]) -> String { String(decoding: bytes.map { $0 == 0 ? 0xFF : $0 }, as: UTF8.self) }
}
