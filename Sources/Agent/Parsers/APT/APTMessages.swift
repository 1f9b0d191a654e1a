/// What APT prints on standard error: `E:` errors, `W:` warnings, `N:` notices.
struct APTMessages: Equatable {
    private(set) var errors: [String] = []
    private(set) var warnings: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            if line.hasPrefix("E: ") { errors.append(line.dropFirst(3).trimmed) }
            if line.hasPrefix("W: ") { warnings.append(line.dropFirst(3).trimmed) }
        }
    }

    /// APT goes on after an unreadable source, preference or list, and answers as if it were not there.
    var isIncomplete: Bool { warnings.contains(where: isSpoiling) }

    func isSpoiling(_ warning: String) -> Bool {
        // A log or cache that an unprivileged apt may not write changes nothing.
        if warning.contains("Problem unlinking") || warning.contains("Not using locking") { return false }
        return ["Unable to read", "Permission denied", "could not be read", "Unable to open", "Unable to parse"]
            .contains { warning.contains($0) }
    }

    /// Which kind of complaint a line is, as `APTV1.Fault` has it.
    func kind(of line: String) -> String {
        if line.contains("Unmet dependencies") { return "unmet_dependencies" }
        if line.contains("dpkg was interrupted") { return "dpkg_interrupted" }
        let isOfSources = ["/etc/apt/", "list of sources", "list file"].contains { line.contains($0) }
        if isOfSources, isSpoiling(line) { return "source_unreadable" }
        if isOfSources, line.contains("alformed") || line.contains("could not be read") { return "source_malformed" }
        return errors.contains(line) ? "apt_error" : "apt_warning"
    }

    func code(of warning: String) -> String {
        if warning.contains("Permission denied") { return "permission_denied" }
        return isSpoiling(warning) ? "unreadable" : "apt_warning"
    }
}
