package import Contracts

/// An SSH host key that a machine shows now, and whether it may stand in a `known_hosts` file.
package struct HostKeyAnswer: Codable, Equatable, Sendable {
    package var machine: String
    /// `ssh-ed25519`, `ssh-rsa`, …
    package var type: String
    /// As `ssh-keygen -l` prints it.
    package var fingerprint: String
    /// Base64, without type and comment.
    package var publicKey: String
    package var status: HostKeyStatus
    /// What `ssh` may call the machine: its name here, its host name, its addresses; without `withheldNames`.
    package var names: [String]
    /// Names that are not used, since another machine has them too or `known_hosts` gives their letters a meaning.
    package var withheldNames: [String]
    /// When the hub first heard of this key.
    package var firstSeenAt: Timestamp?
    package var approvedAt: Timestamp?
    package var approvedBy: String?
    /// Set where the machine's keys can no longer be read, and this is the last that was.
    package var unknownSince: Timestamp?

    package init(machine: String, type: String, fingerprint: String, publicKey: String, status: HostKeyStatus) {
        self.machine = machine
        self.type = type
        self.fingerprint = fingerprint
        self.publicKey = publicKey
        self.status = status
        names = []
        withheldNames = []
    }

    package enum CodingKeys: String, CodingKey {
        case machine, type, fingerprint
        case publicKey = "public_key"
        case status, names
        case withheldNames = "withheld_names"
        case firstSeenAt = "first_seen_at"
        case approvedAt = "approved_at"
        case approvedBy = "approved_by"
        case unknownSince = "unknown_since"
    }
}

/// What the hub thinks of a host key.
package enum HostKeyStatus: String, Codable, CaseIterable, Sendable {
    /// An operator vouches for it.
    case approved
    /// One of the first that the machine ever showed; nobody has said otherwise.
    case firstSeen = "first_seen"
    /// Another key of its type was there before, or is approved: a reinstallation, or somebody in between.
    case changed
    /// Of a type that the machine did not have at first.
    case added
    /// Not a key of the type and fingerprint that it claims.
    case invalid

    /// Whether `known_hosts` may have it.
    package var isTrusted: Bool { self == .approved || self == .firstSeen }
}

/// What an operator decides about a machine's host keys, by fingerprint.
package struct HostKeyDecision: Codable, Equatable, Sendable {
    package var approve: [String]?
    package var revoke: [String]?

    package init(approve: [String]? = nil, revoke: [String]? = nil) {
        self.approve = approve
        self.revoke = revoke
    }
}
