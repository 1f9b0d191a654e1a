import Contracts
import HubAPI

/// `vigie snapshots`: what the archive holds of a machine, and one of them as it came.
enum SnapshotQueries {
    private static let columns = """
        SELECT n.snapshot_uuid, s.name AS machine, n.kind, n.schema_version, n.sequence, n.collected_at,
          n.received_at, n.collection_status, n.result, n.payload_digest, n.same_as, length(n.body) AS body_bytes,
          n.inflated_bytes
        """

    static let list = Statement(
        "snapshots.list",
        columns + """

            FROM snapshots n JOIN machine_settings s ON s.machine_id = n.machine_id
            WHERE n.machine_id = ?1 AND n.effective_at >= ?2
            ORDER BY n.effective_at DESC, n.sequence DESC LIMIT ?3
            """)

    static let listOfKind = Statement(
        "snapshots.list_of_kind",
        columns + """

            FROM snapshots n JOIN machine_settings s ON s.machine_id = n.machine_id
            WHERE n.machine_id = ?1 AND n.effective_at >= ?2 AND n.kind = ?4
            ORDER BY n.effective_at DESC, n.sequence DESC LIMIT ?3
            """)

    // The archive's key begins with the machine: one look into it for each machine finds an id that stands alone.
    // CROSS JOIN: SQLite then asks the archive once for each machine, and does not read all of it.
    static let find = Statement(
        "snapshots.find",
        columns + """
            , n.body
            FROM machine_settings s CROSS JOIN snapshots n
            WHERE n.machine_id = s.machine_id AND n.snapshot_uuid = ?1 LIMIT 1
            """)

    static let all = [list, listOfKind, find]

    static func list(
        _ connection: any SQLConnection, machine: Int64, kind: String?, since: Timestamp?, limit: Int
    ) throws -> ListAnswer<SnapshotSummary> {
        let since = since?.milliseconds ?? 0
        let rows =
            if let kind {
                try connection.rows(listOfKind, machine, since, limit + 1, kind)
            } else {
                try connection.rows(list, machine, since, limit + 1)
            }
        return ListAnswer(items: rows.compactMap(summary), limit: limit)
    }

    /// A snapshot with its bytes as received (gzip).
    static func find(
        _ connection: any SQLConnection, _ id: Identifier
    ) throws -> (summary: SnapshotSummary, body: [UInt8])? {
        guard let row = try connection.row(find, id), let summary = summary(row), let body = row["body"].blob else {
            return nil
        }
        return (summary, body)
    }

    private static func summary(_ row: SQLRow) -> SnapshotSummary? {
        guard let id = row.text("snapshot_uuid").flatMap(Identifier.init(_:)), let machine = row.text("machine"),
            let kind = row.text("kind"), let version = row.integer("schema_version"),
            let sequence = row.integer("sequence"), let collected = row.time("collected_at"),
            let received = row.time("received_at"), let status = row.text("collection_status"),
            let result = row.text("result"), let bytes = row.integer("body_bytes"),
            let inflated = row.integer("inflated_bytes")
        else { return nil }
        var summary = SnapshotSummary(
            snapshotID: id, machine: machine, kind: kind, schemaVersion: version, sequence: sequence,
            collectedAt: collected, receivedAt: received, collectionStatus: status, result: result, bodyBytes: bytes,
            inflatedBytes: inflated)
        summary.payloadDigest = row.text("payload_digest")
        summary.sameAs = row.text("same_as").flatMap(Identifier.init(_:))
        return summary
    }
}
