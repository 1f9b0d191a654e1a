import Contracts
import GRDB

/// Derives a machine's archived snapshots again, in their order.
struct Replay {
    let machine: Int64
    let name: String
    let connection: any SQLConnection
    let schemas: SchemaVersions
    /// Snapshots that an earlier attempt could not derive, with the reason.
    let passedOver: [String: String]
    var report: Rederive.Report

    /// A deriver failed on a payload that can be read: everything since the machine's beginning must be rolled back.
    struct Underivable: Error {
        var snapshot: String
        var reason: String
    }

    private static let page: Int64 = 64

    mutating func run(_ kind: Kind) throws {
        let neighbors = SnapshotNeighbors(machine: machine, kind: kind, connection: connection, schemas: schemas)
        let before = try KindRecord.read(machine, kind, in: connection)
        let messages = try MessageRebuild(machine: machine, kind: kind, connection: connection)
        var identity: Identifier?
        var isReset = false
        var after = SnapshotOrder(effectiveAt: .min, sequence: .min, uuid: "")
        while true {
            let rows = try connection.rows(
                Self.snapshots, machine, kind, after.effectiveAt, after.sequence, after.uuid, Self.page)
            for row in rows {
                after = SnapshotOrder(
                    effectiveAt: row["effective_at"].integer ?? 0, sequence: row["sequence"].integer ?? 0,
                    uuid: row["snapshot_uuid"].text ?? "")
                guard let snapshot = readable(row) else { continue }
                if case .failed = snapshot.content {
                } else if !isReset {
                    // Only now: where nothing can be read, what stands there stays.
                    try connection.run(Self.reset, machine, kind)
                    isReset = true
                }
                identity = snapshot.head.machineID
                let result = try derive(snapshot, kind, neighbors, messages)
                report.snapshots += 1
                if row["result"].text == "held" {
                    try connection.run(ArchiveStatements.setResult, snapshot.archiveID, result.rawValue)
                    report.released += 1
                }
            }
            if rows.count < Self.page { break }
        }
        if let identity { try messages.finish(identity: identity) }
        if isReset, let before { try keepUnchangedSince(before, kind, neighbors) }
    }

    private func derive(
        _ snapshot: ArchivedSnapshot, _ kind: Kind, _ neighbors: SnapshotNeighbors, _ messages: MessageRebuild
    ) throws -> DerivationResult {
        do {
            return try Derivation.apply(
                snapshot, kind: kind, into: connection, neighbors: neighbors, replay: messages)
        } catch {
            // A full disk is no fault of the payload's.
            if let failure = error as? StoreFailure, failure.code != .other { throw failure }
            if let failure = (error as? DatabaseError).map({ SQLiteStore.failure($0, path: "the database") }),
                failure.code != .other
            {
                throw failure
            }
            throw Underivable(snapshot: snapshot.head.snapshotID.text, reason: "cannot be derived: \(error)")
        }
    }

    /// The snapshot of a row; nil, and noted, where this hub cannot read it.
    private mutating func readable(_ row: SQLRow) -> ArchivedSnapshot? {
        let id = row["snapshot_uuid"].text ?? ""
        func skip(_ reason: String) {
            report.skipped.append(Rederive.Skipped(machine: name, snapshot: id, reason: reason))
        }
        if let reason = passedOver[id] {
            skip(reason)
            return nil
        }
        let read: ReadSnapshot
        do {
            read = try SnapshotReader.read(
                compressed: row["body"].blob ?? [], inflateLimit: SnapshotNeighbors.inflateLimit, schemas: schemas,
                isArchived: true)
        } catch {
            skip(error.detail)
            return nil
        }
        let content: ArchivedSnapshot.Content
        switch read.content {
        case .payload(let payload): content = .payload(payload)
        case .sameAs(let carrier):
            guard carries(carrier) else {
                skip("snapshot \(carrier), which carries its payload, is not readable")
                return nil
            }
            content = .sameAs(carrier)
        case .failed: content = .failed
        case .held:
            report.stillHeld += 1
            return nil
        }
        return ArchivedSnapshot(
            archiveID: row["id"].integer ?? 0, machineID: machine, head: read.head,
            receivedAt: Timestamp(milliseconds: row["received_at"].integer ?? 0),
            effectiveAt: Timestamp(milliseconds: row["effective_at"].integer ?? 0), content: content)
    }

    private func carries(_ carrier: Identifier) -> Bool {
        guard let found = try? connection.row(SnapshotNeighbors.body, machine, carrier), let body = found["body"].blob,
            let read = try? SnapshotReader.read(
                compressed: body, inflateLimit: SnapshotNeighbors.inflateLimit, schemas: schemas, isArchived: true)
        else { return false }
        if case .payload = read.content { return true } else { return false }
    }

    /// Where every archived payload equals the one before the rebuild, the run of equal ones began before the archive;
    /// with snapshots missing before the baseline, a run that reaches back to it began when it was seen to.
    private func keepUnchangedSince(_ before: KindRecord, _ kind: Kind, _ neighbors: SnapshotNeighbors) throws {
        let baseline = try neighbors.baseline()
        guard let digest = before.payloadDigest, let since = before.unchangedSince,
            let now = try KindRecord.read(machine, kind, in: connection), now.payloadDigest == digest,
            let rebuilt = now.unchangedSince, since < rebuilt || min(since, rebuilt) <= baseline,
            try !neighbors.differs(from: digest, after: max(Int64.min + 1, baseline) - 1, before: .max)
        else { return }
        try connection.run(KindRecord.unchanged, machine, kind, since)
    }

    static let snapshots = Statement(
        "rederive.snapshots",
        """
        SELECT id, snapshot_uuid, sequence, received_at, effective_at, result, body FROM snapshots
        WHERE machine_id = ?1 AND kind = ?2 AND (effective_at, sequence, snapshot_uuid) > (?3, ?4, ?5)
        ORDER BY effective_at, sequence, snapshot_uuid LIMIT ?6
        """)
    static let reset = Statement(
        "rederive.reset",
        """
        UPDATE machine_kinds SET snapshot_uuid = NULL, archive_id = NULL, schema_version = NULL, effective_at = NULL,
          sequence = NULL, collected_at = NULL, received_at = NULL, payload_uuid = NULL, payload_digest = NULL,
          unchanged_since_at = NULL, unknown_json = NULL
        WHERE machine_id = ?1 AND kind = ?2
        """)

    static let statements = [snapshots, reset]
}
