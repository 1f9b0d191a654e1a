import Contracts

/// What is wrong with a machine's packages and sources, with what to do about it; the rows of `apt_errors`.
enum APTErrors {
    struct Entry: Equatable {
        /// `broken`, `source`.
        var category: String
        var subject: String
        var severity: Severity
        var message: String
        var remedy: String?
    }

    /// The section of the payload that shows errors of a category.
    static func section(of category: String) -> String { category == "broken" ? "/broken" : "/sources" }

    static func of(_ payload: APTV1) -> [Entry] {
        let broken = (payload.broken ?? []).map { package in
            Entry(
                category: "broken", subject: "\(package.name):\(package.architecture)", severity: .critical,
                message: "\(package.name) is \(package.state)" + (package.detail.map { ": \($0)" } ?? ""),
                remedy: remedy(package.state))
        }
        let sources = (payload.sources ?? []).compactMap { source in
            source.problem.map {
                Entry(
                    category: "source", subject: "\(source.file): \(source.uri) \(source.suite)", severity: .warning,
                    message: $0, remedy: "look at \(source.file), then run apt update on the machine")
            }
        }
        return broken + sources
    }

    /// What the message of an error is called; APT's own words tell what is wrong with a key.
    private static func code(of error: Entry) -> String {
        if error.category == "broken" { return "package_broken" }
        let words = error.message
        if words.contains("EXPKEYSIG") || words.contains("KEYEXPIRED") || words.contains("key has expired") {
            return "source_key_expired"
        }
        return words.contains("NO_PUBKEY") || words.contains("no key") ? "source_key_missing" : "source_problem"
    }

    private static func remedy(_ state: String) -> String {
        switch state {
        case "unmet-dependencies": "apt --fix-broken install"
        case "reinst-required": "apt install --reinstall, or dpkg --remove --force-remove-reinstreq"
        default: "dpkg --configure -a"
        }
    }

    static func warnings(_ payload: APTV1, _ errors: [Entry]) -> [StateWarning] {
        var warnings: [StateWarning] = []
        for code in ["package_broken", "source_key_expired", "source_key_missing", "source_problem"] {
            let found = errors.filter { self.code(of: $0) == code }
            guard let first = found.first else { continue }
            let subjects = found.prefix(Thresholds.namedSubjects).map(\.subject).joined(separator: ", ")
            // One subject for all of them: another broken package is not another message.
            warnings.append(
                StateWarning(
                    code: code, severity: found.map(\.severity).max() ?? .ok,
                    subject: first.category == "broken" ? "packages" : "sources",
                    message: found.count == 1
                        ? first.category == "broken" ? first.message : "\(first.subject): \(first.message)"
                        : "\(found.count) problems: \(subjects)",
                    section: section(of: first.category)))
        }
        let security = (payload.changes ?? []).count { $0.isPendingUpdate && $0.security }
        if security > 0 {
            warnings.append(
                StateWarning(
                    code: "security_updates", severity: .warning, subject: "apt",
                    message: security == 1 ? "1 security update" : "\(security) security updates", section: "/changes"))
        }
        if payload.reboot?.required == true {
            let packages = payload.reboot?.packages ?? []
            warnings.append(
                StateWarning(
                    code: "reboot_required", severity: .warning, subject: "reboot",
                    message: packages.isEmpty
                        ? "a reboot is required"
                        : "a reboot is required by \(packages.prefix(Thresholds.namedSubjects).joined(separator: ", "))",
                    section: "/reboot"))
        }
        return warnings
    }
}
