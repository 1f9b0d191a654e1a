import Contracts

/// A validated snapshot on its way to the writer.
///
/// A reference, since it is handed from call to call: copies of all that it holds would be counted one by one, and stay in
/// the memory of the calls' tasks.
final class Submission: Sendable {
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
    /// The moment that orders it: a snapshot from the future counts as of now.
    let effectiveAt: Timestamp
    let remoteAddress: String?
    /// The machine's clock minus the hub's, in milliseconds, from the `Date` header.
    let clockSkew: Int64?
    /// What the writer need not do itself.
    let prepared: PreparedMetrics?

    /// - Parameter prepares: does here what can be done without the database.
    init(
        tokenHash: Digest, head: EnvelopeHead, content: ReadSnapshot.Content, body: [UInt8], bodyDigest: Digest,
        inflatedBytes: Int, receivedAt: Timestamp, remoteAddress: String?, clockSkew: Int64?, prepares: Bool = false
    ) {
        self.tokenHash = tokenHash
        self.head = head
        self.content = content
        self.body = body
        self.bodyDigest = bodyDigest
        self.inflatedBytes = inflatedBytes
        self.receivedAt = receivedAt
        effectiveAt = min(head.collectedAt, receivedAt)
        self.remoteAddress = remoteAddress
        self.clockSkew = clockSkew
        if prepares, case .payload(let payload as MetricsV1) = content {
            prepared = PreparedMetrics(payload, at: effectiveAt)
        } else {
            prepared = nil
        }
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
