import Contracts

/// Looks at one kind of thing on this machine; never throws: what fails is a problem in the report.
protocol Collector: Sendable {
    var kind: Kind { get }

    /// Collects now. Called by one task at a time; the caller sets a deadline around it.
    func collect() async -> Collected
}

/// What one collecting gave.
struct Collected: Sendable {
    /// Nil where the collecting failed as a whole.
    var payload: (any SnapshotPayload)?
    /// JSON pointers into the payload, sorted: exists on the machine, could not be read.
    var unknown: [String] = []
    var problems: [Problem] = []
    /// What changes without a change of state; outside the digest.
    var volatile: JSONValue?

    /// `ok`, `partial`, `failed`, as the envelope says it.
    var status: String {
        if payload == nil { return "failed" }
        return unknown.isEmpty ? "ok" : "partial"
    }
}

/// What the administrator allows to be collected, and where to look; from `agent.toml`.
struct CollectionSettings: Sendable, Equatable {
    /// Serial numbers and asset tags.
    var serials = true
    /// Addresses of the machines next to this one.
    var neighbors = false
    /// Container labels, after redaction.
    var labels = true
    /// Label names whose values are replaced by `[redacted]`; matched as case-insensitive substrings.
    var redactedLabels = [
        "password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "credential", "auth",
    ]
    /// Engine sockets to try, below the root; the last two are those of engines without root.
    var engineSockets = [
        "/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/user/*/docker.sock",
        "/run/user/*/podman/podman.sock",
    ]
    /// Directories searched for compose files that do not run.
    var composeRoots: [String] = []
    var composeDepth = 3
    /// The agent's own package cache, so that APT need not build it anew; nil: a directory without one.
    var aptCacheDirectory: String?
}
