import Contracts

extension APTErrors {
    /// What the message of an error is called, in the order in which they are told; nil where another rule tells it.
    private static let codes = [
        "package_broken", "dpkg_interrupted", "source_key_expired", "source_key_missing", "source_problem",
        "source_unsigned", "apt_error",
    ]

    private static func code(of error: Entry) -> String? {
        switch error.category {
        case "broken": return "package_broken"
        case "dpkg_interrupted": return "dpkg_interrupted"
        case "key_expired": return "source_key_expired"
        case "key_missing": return "source_key_missing"
        case "unsigned": return "source_unsigned"
        // `APTTrustWarnings` has it.
        case "trusted": return nil
        case "source":
            // APT's own words tell what is wrong with a key.
            let words = error.message
            if words.contains("EXPKEYSIG") || words.contains("KEYEXPIRED") || words.contains("key has expired") {
                return "source_key_expired"
            }
            return words.contains("NO_PUBKEY") || words.contains("no key") ? "source_key_missing" : "source_problem"
        default: return error.severity > .ok ? "apt_error" : nil
        }
    }

    /// One subject for all errors of a code: another broken package is not another message.
    private static func subject(of category: String) -> String {
        switch section(of: category) {
        case "/broken": "packages"
        case "/sources": "sources"
        default: category == "dpkg_interrupted" ? "dpkg" : "apt"
        }
    }

    static func warnings(_ payload: APTV1, _ errors: [Entry]) -> [StateWarning] {
        var warnings: [StateWarning] = []
        for code in codes {
            let found = errors.filter { self.code(of: $0) == code }
            guard let first = found.first else { continue }
            let subjects = found.prefix(Thresholds.namedSubjects).map(\.subject).joined(separator: ", ")
            let section = section(of: first.category)
            warnings.append(
                StateWarning(
                    code: code, severity: found.map(\.severity).max() ?? .ok, subject: subject(of: first.category),
                    message: found.count == 1
                        ? section == "/sources" ? "\(first.subject): \(first.message)" : first.message
                        : "\(found.count) problems: \(subjects)",
                    section: section))
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
