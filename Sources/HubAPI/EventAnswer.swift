package import Contracts

/// Something that changed, on a machine's timeline.
package struct EventAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var at: Timestamp
    /// `package_upgraded`, `container_died`, …
    package var type: String
    /// `info`, `warning`, `critical`.
    package var severity: String
    /// What it is about: a package, a container, a kernel.
    package var subject: String?
    package var message: String
    /// `snapshot`, `hub`, `operator`: who noticed.
    package var source: String?

    package init(machine: String, at: Timestamp, type: String, severity: String, message: String) {
        self.machine = machine
        self.at = at
        self.type = type
        self.severity = severity
        self.message = message
    }
}
