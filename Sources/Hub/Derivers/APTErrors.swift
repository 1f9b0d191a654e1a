import Contracts

/// What is wrong with a machine's packages and sources, with what to do about it; the rows of `apt_errors`.
enum APTErrors {
    struct Entry: Equatable {
        /// `broken`; of sources `source`, `key_expired`, `key_missing`, `unsigned`, `trusted`; else the kind of
        /// complaint, as `dpkg_interrupted`.
        var category: String
        var subject: String
        var severity: Severity
        var message: String
        /// What APT or dpkg said, where it said something.
        var lines: [String]?
        var remedy: String?
    }

    /// Categories whose rows come of the sources.
    private static let ofSources: Set = ["source", "key_expired", "key_missing", "unsigned", "trusted"]

    /// The section of the payload that shows errors of a category.
    static func section(of category: String) -> String {
        if category == "broken" { return "/broken" }
        return ofSources.contains(category) ? "/sources" : "/errors"
    }

    static func of(_ payload: APTV1) -> [Entry] {
        broken(payload.broken ?? []) + (payload.sources ?? []).flatMap(source) + (payload.errors ?? []).map(fault)
    }

    /// A package may be half configured and miss something too: one row for each.
    private static func broken(_ packages: [APTV1.BrokenPackage]) -> [Entry] {
        var seen: Set<String> = []
        return packages.map { package in
            let name = "\(package.name):\(package.architecture)"
            return Entry(
                category: "broken", subject: seen.insert(name).inserted ? name : "\(name) \(package.state)",
                severity: .critical,
                message: "\(package.name) is \(package.state)" + (package.detail.map { ": \($0)" } ?? ""),
                remedy: remedy(package.state))
        }
    }

    private static func remedy(_ state: String) -> String {
        switch state {
        case "unmet-dependencies": "apt --fix-broken install"
        case "reinst-required": "apt install --reinstall, or dpkg --remove --force-remove-reinstreq"
        default: "dpkg --configure -a"
        }
    }

    private static func source(_ source: APTV1.Source) -> [Entry] {
        guard source.enabled else { return [] }
        let subject = "\(source.file): \(source.uri) \(source.suite)"
        func entry(_ category: String, _ message: String, _ remedy: String) -> Entry {
            Entry(category: category, subject: subject, severity: .warning, message: message, remedy: remedy)
        }
        var entries: [Entry] = []
        if let problem = source.problem {
            switch source.problemCode {
            case "key_expired"?, "key_missing"?:
                entries.append(
                    entry(
                        source.problemCode ?? "source", problem,
                        "get the repository's present key, and name it in signed-by"))
            default:
                entries.append(
                    entry("source", problem, "look at \(source.file), then run apt update on the machine"))
            }
        }
        if source.trusted == true {
            entries.append(
                entry(
                    "trusted", "trusted=yes: whatever it offers is installed without a look at signatures",
                    "remove trusted=yes, and name the repository's key in signed-by"))
        } else if source.signature == "unsigned" {
            entries.append(
                entry(
                    "unsigned", "its release file is not signed", "ask the repository for a signature, or do without it"
                ))
        }
        return entries
    }

    private static func fault(_ fault: APTV1.Fault) -> Entry {
        let remedy: String? =
            switch fault.kind {
            case "dpkg_interrupted": "dpkg --configure -a"
            case "apt_lock_busy": "wait for its end, or look for what holds it: fuser -v /var/lib/dpkg/lock-frontend"
            case "unmet_dependencies": "apt --fix-broken install"
            case "source_unreadable": "let everybody read the file: chmod 644; credentials belong in auth.conf.d"
            case "source_malformed": "correct the file that is named"
            default: nil
            }
        return Entry(
            category: fault.kind, subject: fault.source ?? "apt",
            severity: fault.severity == "error" ? (fault.kind == "dpkg_interrupted" ? .critical : .warning) : .ok,
            message: fault.lines.first ?? fault.kind, lines: fault.lines, remedy: remedy)
    }
}
