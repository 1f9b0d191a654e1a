package import Contracts

/// What an answer about a past moment was made of.
package struct PastAnswer: Codable, Equatable, Sendable {
    package var at: Timestamp
    package var kinds: [PastKind]

    package init(at: Timestamp, kinds: [PastKind] = []) {
        self.at = at
        self.kinds = kinds
    }
}

/// One kind at a past moment.
package struct PastKind: Codable, Equatable, Sendable {
    package var kind: String
    /// The newest snapshot at or before the moment; absent where nothing of the kind is known of it.
    package var snapshotID: Identifier?
    package var collectedAt: Timestamp?
    /// What must be known to read the answer rightly: why the kind is not known, or what of it is doubtful.
    package var notices: [String]

    package init(kind: String) {
        self.kind = kind
        notices = []
    }

    package enum CodingKeys: String, CodingKey {
        case kind
        case snapshotID = "snapshot_id"
        case collectedAt = "collected_at"
        case notices
    }
}
