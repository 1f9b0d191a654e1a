import Contracts

/// A snapshot with the payload that it carries or equals, as events are made of.
struct ObservedSnapshot: Sendable {
    var order: SnapshotOrder
    var head: EnvelopeHead
    var payload: any SnapshotPayload

    /// Whether a section could be read.
    func knows(_ pointer: String) -> Bool { !Taking.covers(Set(head.collection.unknown ?? []), pointer) }
}

/// A snapshot that is held in the archive's words, and that a rebuild derives.
struct ReleasedSnapshot: Sendable {
    /// Row of `snapshots`.
    var id: Int64
    var kind: Kind
    var order: SnapshotOrder
    var payloadDigest: String?
    var result: DerivationResult
}

/// A machine's archived snapshots of one kind, around a place in their order.
///
/// Failed and held ones do not count. What cannot be read any more is passed over, as if it were not there.
final class SnapshotNeighbors {
    /// Bytes that an archived snapshot may inflate to; more than ingest ever takes.
    static let inflateLimit = 256 * 1024 * 1024

    let machine: Int64
    let kind: Kind
    let connection: any SQLConnection
    let schemas: SchemaVersions
    /// The newest row of the archive that counts: what came after it is not there yet.
    let newest: Int64
    /// Held ones that count all the same, in their order.
    var released: [ReleasedSnapshot] = []
    /// The last snapshot that was looked at: rederive goes through them in order, and decoding is what costs.
    private var last: ObservedSnapshot?
    private var knownBaseline: Int64?
    private var carrier: (uuid: String, payload: any SnapshotPayload)?

    init(
        machine: Int64, kind: Kind, connection: any SQLConnection, schemas: SchemaVersions = .current,
        newest: Int64 = .max
    ) {
        self.machine = machine
        self.kind = kind
        self.connection = connection
        self.schemas = schemas
        self.newest = newest
    }

    func remember(_ snapshot: ObservedSnapshot, carriedBy uuid: Identifier) {
        last = snapshot
        carrier = (uuid.text, snapshot.payload)
    }

    func orderBefore(_ order: SnapshotOrder) throws -> SnapshotOrder? {
        let known = try connection.row(
            Self.before, machine, kind, order.effectiveAt, order.sequence, order.uuid, newest
        ).map { SnapshotOrder($0) }
        return [known, released.last { $0.order < order }?.order].compactMap { $0 }.max()
    }

    func orderAfter(_ order: SnapshotOrder) throws -> SnapshotOrder? {
        let known = try connection.row(
            Self.after, machine, kind, order.effectiveAt, order.sequence, order.uuid, newest
        ).map { SnapshotOrder($0) }
        return [known, released.first { $0.order > order }?.order].compactMap { $0 }.min()
    }

    func previous(_ order: SnapshotOrder) throws -> ObservedSnapshot? {
        try orderBefore(order).flatMap(observed)
    }

    func next(_ order: SnapshotOrder) throws -> ObservedSnapshot? {
        try orderAfter(order).flatMap(observed)
    }

    /// The moment of the oldest snapshot that retention has left, `.min` where it has deleted none: before, some are
    /// missing, and what changed between two cannot be told any more.
    func baseline() throws -> Int64 {
        if let knownBaseline { return knownBaseline }
        let found = try connection.row(Self.baselineAt, machine, kind)?["at"].integer ?? .min
        knownBaseline = found
        return found
    }

    /// Whether a snapshot with another payload stands between two moments.
    func differs(from digest: String, after start: Int64, before end: Int64) throws -> Bool {
        let isReleased = released.contains {
            $0.order.effectiveAt > start && $0.order.effectiveAt < end && $0.payloadDigest != digest
        }
        return try isReleased || connection.row(Self.differing, machine, kind, start, end, digest, newest) != nil
    }

    /// The payload that a snapshot carries; nil where the archive does not have it.
    func payload(of uuid: String) throws -> (any SnapshotPayload)? {
        if let carrier, carrier.uuid == uuid { return carrier.payload }
        guard let read = try read(uuid), case .payload(let payload) = read.content else { return nil }
        carrier = (uuid, payload)
        return payload
    }

    /// The snapshot of a place; nil where it cannot be read any more.
    func observed(_ order: SnapshotOrder) throws -> ObservedSnapshot? {
        if let last, last.order == order { return last }
        guard let read = try read(order.uuid) else { return nil }
        let payload: (any SnapshotPayload)? =
            switch read.content {
            case .payload(let payload): payload
            case .sameAs(let id): try self.payload(of: id.text)
            case .failed, .held: nil
            }
        return payload.map { ObservedSnapshot(order: order, head: read.head, payload: $0) }
    }

    private func read(_ uuid: String) throws -> ReadSnapshot? {
        guard let body = try connection.row(Self.body, machine, uuid)?["body"].blob else { return nil }
        return try? SnapshotReader.read(
            compressed: body, inflateLimit: Self.inflateLimit, schemas: schemas, isArchived: true)
    }

    private static let derivable = "collection_status <> 'failed' AND result <> 'held'"

    static let before = Statement(
        "derive.snapshots.before",
        """
        SELECT effective_at, sequence, snapshot_uuid FROM snapshots
        WHERE machine_id = ?1 AND kind = ?2 AND (effective_at, sequence, snapshot_uuid) < (?3, ?4, ?5)
          AND id <= ?6 AND \(derivable)
        ORDER BY effective_at DESC, sequence DESC, snapshot_uuid DESC LIMIT 1
        """)
    static let after = Statement(
        "derive.snapshots.after",
        """
        SELECT effective_at, sequence, snapshot_uuid FROM snapshots
        WHERE machine_id = ?1 AND kind = ?2 AND (effective_at, sequence, snapshot_uuid) > (?3, ?4, ?5)
          AND id <= ?6 AND \(derivable)
        ORDER BY effective_at, sequence, snapshot_uuid LIMIT 1
        """)
    static let differing = Statement(
        "derive.snapshots.differing",
        """
        SELECT 1 AS found FROM snapshots WHERE machine_id = ?1 AND kind = ?2 AND effective_at > ?3 AND effective_at < ?4
          AND payload_digest <> ?5 AND id <= ?6 AND \(derivable) LIMIT 1
        """)
    static let baselineAt = Statement(
        "derive.baseline", "SELECT at FROM archive_baselines WHERE machine_id = ?1 AND kind = ?2")
    static let body = Statement(
        "derive.snapshots.body", "SELECT body FROM snapshots WHERE machine_id = ?1 AND snapshot_uuid = ?2")

    static let statements = [before, after, differing, baselineAt, body]
}
