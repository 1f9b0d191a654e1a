import Contracts

/// A validated snapshot on its way to the writer.
struct Submission: Sendable {
    /// The sender's credential; looked up again inside the transaction, so that a revocation works at once.
    let tokenHash: Digest
    let head: EnvelopeHead
    let content: ReadSnapshot.Content
    /// The bytes as received.
    let body: [UInt8]
    /// SHA-256 of the inflated bytes.
    let bodyDigest: Digest
    let inflatedBytes: Int
    let receivedAt: Timestamp
    let remoteAddress: String?
    /// The machine's clock minus the hub's, in milliseconds, from the `Date` header.
    let clockSkew: Int64?
    /// What the writer need not do itself.
    private(set) var prepared: PreparedMetrics?

    /// The moment that orders it: a snapshot from the future counts as of now.
    var effectiveAt: Timestamp { min(head.collectedAt, receivedAt) }

    /// Does what can be done without the database.
    func readied() -> Submission {
        guard case .payload(let payload as MetricsV1) = content else { return self }
        var result = self
        result.prepared = PreparedMetrics(payload, at: effectiveAt)
        return result
    }

    /// About what it holds in memory, in bytes.
    var cost: Int { body.count + inflatedBytes }
}

/// What became of a submission; nothing is said before its transaction is on the disk.
enum IngestOutcome: Sendable {
    case accepted(SnapshotAnswer)
    case refused(IngestRejection)
    /// The credential was revoked since the request began.
    case unauthorized
    /// The queue is full, or the database is locked for too long.
    case busy
    case stopping
    case storageFull
    case failed
}

/// What an authenticated sender had refused, for an operator to look at.
struct QuarantineEntry: Sendable {
    let machineID: Int64
    let receivedAt: Timestamp
    let status: Int
    let code: ProblemCode
    let reason: String
    /// Length of the whole body, in bytes, as far as it is known.
    let bodyBytes: Int
    /// The body as received, or its beginning.
    let body: [UInt8]
}
