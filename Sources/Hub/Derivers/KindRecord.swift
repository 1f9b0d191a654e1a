import Contracts

/// The row of `machine_kinds`: which snapshot of a kind the tables show, and how its collecting goes.
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
        guard let row = try connection.row(fetch, machine, kind) else { return nil }
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

    /// Makes the snapshot the one that the tables show; nil where they show a newer one.
    static func advance(
        to snapshot: ArchivedSnapshot, payload: Identifier, unchangedSince: Int64?, in connection: any SQLConnection
    ) throws -> Advanced? {
        let head = snapshot.head
        let unknown = head.collection.unknown ?? []
        let row = try connection.row(
            newest, snapshot.machineID, head.kind, head.snapshotID, snapshot.archiveID, head.schemaVersion,
            snapshot.effectiveAt, head.sequence, head.collectedAt, snapshot.receivedAt, payload, head.payloadDigest,
            unchangedSince, unknown.isEmpty ? 0 : 1, try JSONText.encode(unknown), head.collection.status,
            head.collection.durationMs, snapshot.nextDue, head.collection.problems?.count ?? 0,
            try JSONText.encode(head.collection.problems))
        return row.map {
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
            failed, snapshot.machineID, head.kind, snapshot.effectiveAt, head.sequence, head.collection.status,
            head.collection.durationMs, snapshot.nextDue, problems.count, try JSONText.encode(problems), message)
        try connection.run(showError, snapshot.machineID)
        try connection.run(
            Derivers.deriver(of: kind).state.setDue, snapshot.machineID, row?["next_due_at"] ?? .null)
    }

    private static let attempt = [
        "attempted_at", "attempted_sequence", "collection_status", "duration_ms", "next_due_at", "problems_count",
        "problems_json",
    ]

    /// Takes the newest attempt's values, whatever came of it.
    private static let takeAttempt = attempt.map { column in
        """
        \(column) = CASE WHEN (excluded.attempted_at, excluded.attempted_sequence)
            >= (machine_kinds.attempted_at, machine_kinds.attempted_sequence)
            THEN excluded.\(column) ELSE machine_kinds.\(column) END
        """
    }.joined(separator: ",\n  ")

    private static let shown = [
        "snapshot_uuid", "archive_id", "schema_version", "effective_at", "sequence", "collected_at", "received_at",
        "payload_uuid", "payload_digest", "unchanged_since_at", "unknown_json",
    ]

    static let fetch = Statement(
        "derive.machine_kinds.fetch",
        """
        SELECT snapshot_uuid, effective_at, sequence, schema_version, payload_uuid, payload_digest, unchanged_since_at,
          has_unknown, unknown_json, next_due_at
        FROM machine_kinds WHERE machine_id = ?1 AND kind = ?2
        """)
    static let newest = Statement(
        "derive.machine_kinds.newest",
        """
        INSERT INTO machine_kinds (machine_id, kind, snapshot_uuid, archive_id, schema_version, effective_at, sequence,
          collected_at, received_at, payload_uuid, payload_digest, unchanged_since_at, has_unknown, unknown_json,
          attempted_at, attempted_sequence, collection_status, duration_ms, next_due_at, problems_count, problems_json)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?6, ?7, ?15, ?16, ?17, ?18, ?19)
        ON CONFLICT (machine_id, kind) DO UPDATE SET
          \(shown.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")),
          has_unknown = CASE WHEN machine_kinds.has_unknown = 1 THEN 1 ELSE excluded.has_unknown END,
          \(takeAttempt)
        WHERE machine_kinds.effective_at IS NULL
          OR (excluded.effective_at, excluded.sequence, excluded.snapshot_uuid)
            > (machine_kinds.effective_at, machine_kinds.sequence, machine_kinds.snapshot_uuid)
        RETURNING has_unknown, has_messages, next_due_at
        """)
    static let failed = Statement(
        "derive.machine_kinds.failed",
        """
        INSERT INTO machine_kinds (machine_id, kind, attempted_at, attempted_sequence, collection_status, duration_ms,
          next_due_at, problems_count, problems_json, last_error, last_error_at, last_error_sequence)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?3, ?4)
        ON CONFLICT (machine_id, kind) DO UPDATE SET
          \(["last_error", "last_error_at", "last_error_sequence"].map { column in
            """
            \(column) = CASE WHEN machine_kinds.last_error_at IS NULL
                OR (excluded.last_error_at, excluded.last_error_sequence)
                >= (machine_kinds.last_error_at, machine_kinds.last_error_sequence)
                THEN excluded.\(column) ELSE machine_kinds.\(column) END
            """
          }.joined(separator: ",\n  ")),
          \(takeAttempt)
        RETURNING next_due_at
        """)
    /// The row has what was unknown before; after `Sections.settle` it says what is unknown now.
    static let settle = Statement(
        "derive.machine_kinds.settle", "UPDATE machine_kinds SET has_unknown = ?3 WHERE machine_id = ?1 AND kind = ?2")
    static let unchanged = Statement(
        "derive.machine_kinds.unchanged",
        "UPDATE machine_kinds SET unchanged_since_at = ?3 WHERE machine_id = ?1 AND kind = ?2")
    /// Takes the newest of the kinds whose last collecting failed; none, where all are well again.
    static let showError = Statement(
        "derive.machine_state.error",
        """
        INSERT INTO machine_state (machine_id, status, last_error_kind, last_error, last_error_at)
        SELECT m.id, 'ok', k.kind, k.last_error, k.last_error_at
        FROM machines m LEFT JOIN machine_kinds k ON k.machine_id = m.id AND k.collection_status = 'failed'
          AND NOT EXISTS (SELECT 1 FROM machine_kinds o WHERE o.machine_id = k.machine_id
            AND o.collection_status = 'failed' AND (o.last_error_at, o.kind) > (k.last_error_at, k.kind))
        WHERE m.id = ?1
        ON CONFLICT (machine_id) DO UPDATE SET last_error_kind = excluded.last_error_kind,
          last_error = excluded.last_error, last_error_at = excluded.last_error_at
        """)

    static let statements = [fetch, newest, failed, settle, unchanged, showError]
}

extension ArchivedSnapshot {
    /// When the next snapshot of the kind is due, by the hub's clock: an agent's may go wrong.
    var nextDue: Timestamp? {
        head.collection.nextDueSeconds.map { receivedAt.adding(milliseconds: Int64(min($0, 31_536_000)) * 1000) }
    }
}
