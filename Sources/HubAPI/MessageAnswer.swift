package import Contracts

/// Something worth an operator's eye, from its beginning to its end.
package struct MessageAnswer: Codable, Equatable, Sendable {
    package var id: String
    package var machine: String
    /// `snapshot`, or `hub` for what the hub itself observed.
    package var source: String
    /// The kind that shows it, or `machine`.
    package var category: String
    /// `filesystem_full`, `package_broken`, `offline`, …
    package var code: String
    /// `info`, `warning`, `critical`.
    package var severity: String
    /// What it is about: a mount point, a container, the packages.
    package var component: String
    /// While it is open what it says now, afterwards what it said first.
    package var message: String
    package var firstSeenAt: Timestamp
    package var lastSeenAt: Timestamp?
    /// When its cause was gone; absent while it is open.
    package var closedAt: Timestamp?
    package var acknowledgement: Acknowledgement?

    package init(
        id: String, machine: String, source: String, category: String, code: String, severity: String,
        component: String, message: String, firstSeenAt: Timestamp
    ) {
        self.id = id
        self.machine = machine
        self.source = source
        self.category = category
        self.code = code
        self.severity = severity
        self.component = component
        self.message = message
        self.firstSeenAt = firstSeenAt
    }

    package enum CodingKeys: String, CodingKey {
        case id, machine, source, category, code, severity, component, message
        case firstSeenAt = "first_seen_at"
        case lastSeenAt = "last_seen_at"
        case closedAt = "closed_at"
        case acknowledgement
    }
}

/// Who has taken note of a message.
package struct Acknowledgement: Codable, Equatable, Sendable {
    package var at: Timestamp
    /// `client:NAME`, or `local` for somebody on the hub.
    package var by: String
    package var note: String?

    package init(at: Timestamp, by: String, note: String?) {
        self.at = at
        self.by = by
        self.note = note
    }
}

/// Takes note of a message.
package struct AcknowledgeRequest: Codable, Equatable, Sendable {
    package var note: String?

    package init(note: String?) { self.note = note }
}
