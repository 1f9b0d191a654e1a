package import Contracts

/// Whether a machine, or one kind of its snapshots, comes when it is due, by the hub's clock when the question is asked.
package enum Freshness: String, Codable, CaseIterable, Sendable {
    /// Enrolled a short time ago; nothing has come yet.
    case new
    case ok
    /// The next report is overdue.
    case late
    /// Three reports in a row are missing.
    case offline
}

/// The last word on one kind of snapshot of a machine.
package struct KindFreshness: Codable, Equatable, Sendable {
    package var kind: String
    package var freshness: Freshness
    package var collectedAt: Timestamp?
    package var receivedAt: Timestamp?
    package var nextDueAt: Timestamp?
    /// `ok`, `partial`, `failed`: how the newest collecting went.
    package var collectionStatus: String?
    /// Why it failed or is partial, in words.
    package var lastError: String?

    package init(kind: String, freshness: Freshness) {
        self.kind = kind
        self.freshness = freshness
    }

    package enum CodingKeys: String, CodingKey {
        case kind, freshness
        case collectedAt = "collected_at"
        case receivedAt = "received_at"
        case nextDueAt = "next_due_at"
        case collectionStatus = "collection_status"
        case lastError = "last_error"
    }
}

/// A section of a kind that exists on the machine and could not be read: what is shown of it is as old as `since`.
package struct UnknownSection: Codable, Equatable, Sendable {
    package var kind: String
    /// JSON pointer into the payload, as `/sources`; empty where the whole snapshot failed.
    package var section: String
    package var since: Timestamp

    package init(kind: String, section: String, since: Timestamp) {
        self.kind = kind
        self.section = section
        self.since = since
    }
}
