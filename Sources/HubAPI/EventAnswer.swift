package import Contracts

/// Something that changed, on a machine's timeline.
package struct EventAnswer: Codable, Equatable, Sendable {
    /// Stays with the event, however often it is derived; unique with the machine.
    package var id: String?
    package var machine: String
    package var at: Timestamp
    /// `packages_upgraded`, `container_stopped`, …
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

/// Events in the order in which the hub learned of them, from a place in that order on.
package struct EventFeedAnswer: Codable, Equatable, Sendable {
    package var items: [EventAnswer]
    /// The place to go on from: what was entered up to here has been looked at.
    package var cursor: Int
    /// True where the hub has forgotten some of what came after the place that was asked from, or has another past.
    package var missed: Bool

    package init(items: [EventAnswer], cursor: Int, missed: Bool) {
        self.items = items
        self.cursor = cursor
        self.missed = missed
    }
}
