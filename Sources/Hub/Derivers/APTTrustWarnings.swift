import Contracts

/// What an APT snapshot shows of trust in sources, and of upgrades that would take something away.
enum APTTrustWarnings {
    static func of(_ payload: APTV1) -> [StateWarning] {
        let sources = (payload.sources ?? []).filter { $0.enabled && $0.type == "deb" }
        let unchecked = sources.filter { $0.trusted == true }
        let anyKey = sources.filter { $0.signedBy == nil && $0.trusted != true }
        let removed = (payload.changes ?? []).filter { $0.operation == "remove" }
        var warnings: [StateWarning] = []
        func add(_ code: String, _ severity: Severity, _ subject: String, _ message: String, _ section: String) {
            warnings.append(
                StateWarning(code: code, severity: severity, subject: subject, message: message, section: section))
        }
        if !unchecked.isEmpty {
            add(
                "source_trusted", .warning, "sources",
                "no signature is checked (trusted=yes) of \(named(unchecked.map(words)))", "/sources")
        }
        // So it is on many a sound machine: worth knowing, and nothing to turn its status yellow.
        if !anyKey.isEmpty {
            add(
                "source_without_signed_by", .info, "sources",
                "any key that APT trusts may sign \(named(anyKey.map(words)))", "/sources")
        }
        if !removed.isEmpty {
            add(
                "upgrade_removes", .info, "packages",
                "a full upgrade would remove \(named(removed.map(\.name)))", "/changes")
        }
        return warnings
    }

    private static func words(_ source: APTV1.Source) -> String { "\(source.uri) \(source.suite)" }

    private static func named(_ subjects: [String]) -> String {
        var unique: [String] = []
        for subject in subjects where !unique.contains(subject) { unique.append(subject) }
        let more = unique.count - Thresholds.namedSubjects
        return unique.prefix(Thresholds.namedSubjects).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
