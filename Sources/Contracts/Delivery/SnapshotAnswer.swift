/// What a success of `POST /v1/snapshots` says.
package struct SnapshotAnswer: Codable, Equatable, Sendable {
    package var snapshotID: Identifier
    /// `derived`, `duplicate`, `unchanged`, `stale`, `held`.
    package var result: String
    /// The highest sequence number that the hub has seen of this machine.
    package var highestSequence: Int
    /// Kinds that are asked for again, as `full:apt`.
    package var requests: [String]
    /// While the hub announces another URL or authority: a word that stands for what it announces. An agent that has
    /// not seen this one asks `GET /v1/machine`.
    package var announcement: String?

    package init(snapshotID: Identifier, result: String, highestSequence: Int, requests: [String]) {
        self.snapshotID = snapshotID
        self.result = result
        self.highestSequence = highestSequence
        self.requests = requests
    }

    package enum CodingKeys: String, CodingKey {
        case snapshotID = "snapshot_id"
        case result
        case highestSequence = "highest_sequence"
        case requests, announcement
    }
}

/// An error answer: `application/problem+json` (RFC 9457).
package struct ProblemDocument: Codable, Equatable, Sendable {
    package var type: String
    package var title: String
    package var status: Int
    /// Stable, in snake case; see `ProblemCode`.
    package var code: String
    package var detail: String?
    package var violations: [Violation]?

    package init(type: String, title: String, status: Int, code: String) {
        self.type = type
        self.title = title
        self.status = status
        self.code = code
    }

    package enum CodingKeys: String, CodingKey {
        case type, title, status, code, detail, violations
    }
}

/// The codes that a hub's error answers carry.
package enum ProblemCode: String, CaseIterable, Sendable {
    case notGzip = "not_gzip"
    case notStrictJSON = "not_strict_json"
    case inflatesTooLarge = "inflates_too_large"
    case digestMismatch = "digest_mismatch"
    case badRequest = "bad_request"
    case unauthorized
    case reenrollRequired = "reenroll_required"
    case forbidden
    case machineMismatch = "machine_mismatch"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case conflict
    case resendFull = "resend_full"
    case tooLarge = "too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case schemaViolation = "schema_violation"
    case unsupportedVersion = "unsupported_version"
    case snapshotIDReused = "snapshot_id_reused"
    case rateLimited = "rate_limited"
    case busy
    case stopping
    case storageFull = "storage_full"
    case queryFailed = "query_failed"
    case timedOut = "timed_out"
    case internalError = "internal_error"
}
