import Contracts

/// A snapshot that stands in the archive, on its way into the tables.
struct ArchivedSnapshot: Sendable {
    enum Content: Sendable {
        /// It carries its payload.
        case payload(any SnapshotPayload)
        /// It says that it equals an earlier one that carries it; ingest has checked that one.
        case sameAs(Identifier)
        /// The agent could not collect: no payload.
        case failed
    }

    /// Row of `snapshots`.
    var archiveID: Int64
    /// Row of `machines`.
    var machineID: Int64
    var head: EnvelopeHead
    var receivedAt: Timestamp
    /// min(collected, received); with the sequence the order of a machine's snapshots.
    var effectiveAt: Timestamp
    var content: Content
    /// Of metrics, where it was made before.
    var prepared: PreparedMetrics?
    /// Nil where all rollups are made again in any case, and where nobody rolls up; the histories' statements then look for
    /// the cut themselves.
    var histories: HistoryBounds?
    /// What ingest is to note of the machine, for whoever writes its row of newest state; nobody has to.
    var contact: ContactNote?
}

/// What deriving did with a snapshot; `snapshots.result`.
enum DerivationResult: String, Sendable {
    /// It is the newest of its kind, and the tables say what it says.
    case derived
    /// The same, and it equals what stood there.
    case unchanged
    /// Older than what is derived: it entered histories only.
    case stale
    /// The collecting failed: error and freshness are noted, rows stay.
    case failed
}
