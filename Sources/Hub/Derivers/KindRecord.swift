import Contracts

/// Which snapshot of a kind the tables show, and how its collecting goes: what `machine_kinds` shows of a machine and kind.
struct KindRecord: Sendable {
    var order: SnapshotOrder?
    var payloadDigest: String?
    var payloadUUID: String?
    var unchangedSince: Int64?
    var hasUnknown: Bool
    /// The list of `collection.unknown` as it was sent, in canonical JSON.
    var unknown: SQLValue
    var schemaVersion: Int64?
    var nextDueAt: Int64?

    /// Nil where no snapshot of the kind has come yet.
    static func read(_ machine: Int64, _ kind: Kind, in connection: any SQLConnection) throws -> KindRecord? {
        guard let row = try connection.row(KindStatements.of(kind).fetch, machine) else { return nil }
        var order: SnapshotOrder?
        if let at = row["effective_at"].integer, let sequence = row["sequence"].integer {
            order = SnapshotOrder(effectiveAt: at, sequence: sequence, uuid: row["snapshot_uuid"].text ?? "")
        }
        return KindRecord(
            order: order, payloadDigest: row["payload_digest"].text, payloadUUID: row["payload_uuid"].text,
            unchangedSince: row["unchanged_since_at"].integer, hasUnknown: row["has_unknown"].integer == 1,
            unknown: row["unknown_json"], schemaVersion: row["schema_version"].integer,
            nextDueAt: row["next_due_at"].integer)
    }

    /// What `advance` answers of the row as it stands now.
    struct Advanced: Sendable {
        /// True also where a section was unknown before: `settle` says what is so now.
        var hasUnknown: Bool
        /// Whether a message of the kind is open.
        var hasMessages: Bool
        var nextDueAt: SQLValue
    }

    /// The machine, and what a snapshot says of itself and of its collecting; parameters of `KindStatements.ofSnapshot`.
    static func values(of snapshot: ArchivedSnapshot) throws -> [SQLValue] {
        let head = snapshot.head
        let problems = head.collection.problems
        return [
            snapshot.machineID.sqlValue, head.snapshotID.sqlValue, snapshot.archiveID.sqlValue,
            head.schemaVersion.sqlValue, snapshot.effectiveAt.sqlValue, head.sequence.sqlValue,
            head.collectedAt.sqlValue, snapshot.receivedAt.sqlValue, head.collection.status.sqlValue,
            head.collection.durationMs.sqlValue, snapshot.nextDue.sqlValue, (problems?.count ?? 0).sqlValue,
            try JSONText.encode(problems),
        ]
    }

    /// Makes the snapshot the one that the tables show; nil where they show a newer one.
    ///
    /// - Parameters:
    ///   - payload: the snapshot that carries the payload; of inventories.
    ///   - unchangedSince: since when the payload has been equal; of inventories.
    static func advance(
        to snapshot: ArchivedSnapshot, _ kind: Kind, payload: Identifier, unchangedSince: Int64?,
        in connection: any SQLConnection
    ) throws -> Advanced? {
        let unknown = snapshot.head.collection.unknown ?? []
        var values = try values(of: snapshot) + [JSONText.encode(unknown), (unknown.isEmpty ? 0 : 1).sqlValue]
        if kind.isInventory {
            values += [payload.sqlValue, snapshot.head.payloadDigest.sqlValue, unchangedSince.sqlValue]
        }
        return try connection.rows(KindStatements.of(kind).newest, values).first.map {
            Advanced(
                hasUnknown: $0["has_unknown"].integer == 1, hasMessages: $0["has_messages"].integer == 1,
                nextDueAt: $0["next_due_at"])
        }
    }

    /// Notes a collecting that failed: the error, and when the next one is due.
    static func fail(_ snapshot: ArchivedSnapshot, _ kind: Kind, in connection: any SQLConnection) throws {
        let head = snapshot.head
        let problems = head.collection.problems ?? []
        let message = problems.first.map { "\($0.source): \($0.message)" } ?? "the collecting failed"
        let row = try connection.row(
            KindStatements.of(kind).failed, snapshot.machineID, snapshot.effectiveAt, head.sequence,
            head.collection.status, head.collection.durationMs, snapshot.nextDue, problems.count,
            try JSONText.encode(problems), message)
        try connection.run(showError, snapshot.machineID)
        try connection.run(
            Derivers.deriver(of: kind).state.setDue, snapshot.machineID, row?["next_due_at"] ?? .null)
    }

    static let unchanged = Statement(
        "derive.machine_inventories.unchanged",
        "UPDATE machine_inventories SET unchanged_since_at = ?3 WHERE machine_id = ?1 AND kind = ?2")
    /// Takes the newest of the kinds whose last collecting failed; none, where all are well again.
    static let showError = Statement(
        "derive.machine_state.error",
        """
        INSERT INTO machine_state (machine_id, status, last_error_kind, last_error, last_error_at)
        SELECT m.id, 'ok', k.kind, k.last_error, k.last_error_at
        FROM machines m LEFT JOIN (
          SELECT kind, last_error, last_error_at FROM machine_inventories
          WHERE machine_id = ?1 AND collection_status = 'failed'
          UNION ALL SELECT 'metrics', metrics_last_error, metrics_last_error_at FROM machine_state
          WHERE machine_id = ?1 AND metrics_collection_status = 'failed'
          ORDER BY 3 DESC, 1 DESC LIMIT 1) k ON TRUE
        WHERE m.id = ?1
        ON CONFLICT (machine_id) DO UPDATE SET last_error_kind = excluded.last_error_kind,
          last_error = excluded.last_error, last_error_at = excluded.last_error_at
        """)

    static let statements = Kind.allCases.flatMap { KindStatements.of($0).all } + [unchanged, showError]
}

extension ArchivedSnapshot {
    /// When the next snapshot of the kind is due, by the hub's clock: an agent's may go wrong.
    var nextDue: Timestamp? {
        head.collection.nextDueSeconds.map { receivedAt.adding(milliseconds: Int64(min($0, 31_536_000)) * 1000) }
    }
}
