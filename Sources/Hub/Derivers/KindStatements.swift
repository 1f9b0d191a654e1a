import Contracts

/// The statements of a kind's record.
///
/// Inventories have a row each in `machine_inventories`. Of metrics, which come every minute, it stands in the machine's
/// row of `machine_state` beside their values: each snapshot writes that row in any case, and on a large fleet each row
/// is a page of its own. The view `machine_kinds` shows both as one table.
struct KindStatements: Sendable {
    /// The record; no row where no snapshot of the kind has come. Parameter: the machine.
    let fetch: Statement
    /// Makes a snapshot the one that the tables show, unless they show a newer one. Parameters: those of
    /// `KindRecord.advance`.
    let newest: Statement
    /// Notes a collecting that failed. Parameters: those of `KindRecord.fail`.
    let failed: Statement
    /// The record has what was unknown before; after `UnknownSections.settle` it says what is unknown now. Parameters:
    /// the machine, 0 or 1.
    let settle: Statement
    /// Tells the next snapshot of the kind whether it must look at its messages. Parameters: the machine, 0 or 1.
    let note: Statement
    /// Forgets the snapshot that is shown, before the archive is derived again. Parameter: the machine.
    let reset: Statement

    var all: [Statement] { [fetch, newest, failed, settle, note, reset] }

    static func of(_ kind: Kind) -> KindStatements {
        switch kind {
        case .hardware: hardware
        case .metrics: metrics
        case .apt: apt
        case .docker: docker
        }
    }

    private static let hardware = KindStatements(.hardware)
    private static let metrics = KindStatements(.metrics)
    private static let apt = KindStatements(.apt)
    private static let docker = KindStatements(.docker)

    /// The column of `machine_state` that has a value of the metrics' record; nil for what only inventories have.
    static func metricsColumn(_ name: String) -> String? {
        switch name {
        case "effective_at": "metrics_at"
        case "next_due_at": "metrics_due_at"
        case "payload_uuid", "payload_digest", "unchanged_since_at": nil
        default: "metrics_\(name)"
        }
    }

    /// What a snapshot says of itself and of its collecting, with the parameters that `KindRecord.values` are. The newest
    /// attempt is the snapshot's own: its moment and number stand in two places.
    static let ofSnapshot = [
        ("snapshot_uuid", "?2"), ("archive_id", "?3"), ("schema_version", "?4"), ("effective_at", "?5"),
        ("sequence", "?6"), ("collected_at", "?7"), ("received_at", "?8"), ("attempted_at", "?5"),
        ("attempted_sequence", "?6"), ("collection_status", "?9"), ("duration_ms", "?10"), ("next_due_at", "?11"),
        ("problems_count", "?12"), ("problems_json", "?13"),
    ]

    /// Of the snapshot that is shown; the last three are those of inventories.
    private static let shown = [
        "snapshot_uuid", "archive_id", "schema_version", "effective_at", "sequence", "collected_at", "received_at",
        "unknown_json", "payload_uuid", "payload_digest", "unchanged_since_at",
    ]

    /// Of the newest collecting, whatever came of it.
    private static let attempt = [
        "attempted_at", "attempted_sequence", "collection_status", "duration_ms", "next_due_at", "problems_count",
        "problems_json",
    ]

    private init(_ kind: Kind) {
        let table = kind.isInventory ? "machine_inventories" : "machine_state"
        func column(_ name: String) -> String? { kind.isInventory ? name : Self.metricsColumn(name) }
        func columns(_ names: [String]) -> [String] { names.compactMap(column) }
        /// The row is there; of metrics it may have been made by another kind.
        let isThere = kind.isInventory ? "" : " AND metrics_attempted_at IS NOT NULL"
        let key = kind.isInventory ? "machine_id = ?1 AND kind = '\(kind.rawValue)'" : "machine_id = ?1"
        /// Columns and parameters of an insert, beginning with the key.
        func insert(_ pairs: [(String, String)]) -> String {
            let pairs = pairs.compactMap { pair in column(pair.0).map { ($0, pair.1) } }
            let fixed =
                kind.isInventory ? [("machine_id", "?1"), ("kind", "'\(kind.rawValue)'")] : [("machine_id", "?1")]
            let all = fixed + pairs
            return """
                INSERT INTO \(table) (\(all.map(\.0).joined(separator: ", ")))
                VALUES (\(all.map(\.1).joined(separator: ", ")))
                ON CONFLICT (\(fixed.map(\.0).joined(separator: ", ")))
                """
        }
        func taken(_ names: [String]) -> String {
            columns(names).map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        }
        /// Takes columns where the moment and number of these are not older.
        func newer(_ names: [String], by at: String, _ sequence: String) -> String {
            let order = columns([at, sequence])
            let known = order.map { "\(table).\($0)" }.joined(separator: ", ")
            let new = order.map { "excluded.\($0)" }.joined(separator: ", ")
            return columns(names).map {
                """
                \($0) = CASE WHEN \(table).\(order[0]) IS NULL OR (\(new)) >= (\(known))
                    THEN excluded.\($0) ELSE \(table).\($0) END
                """
            }.joined(separator: ",\n  ")
        }
        func named(_ name: String) -> String {
            column(name).map { $0 == name ? $0 : "\($0) AS \(name)" } ?? "NULL AS \(name)"
        }
        let label = "derive.record.\(kind.rawValue)"
        let read = [
            "snapshot_uuid", "effective_at", "sequence", "schema_version", "payload_uuid", "payload_digest",
            "unchanged_since_at", "has_unknown", "unknown_json", "next_due_at",
        ]
        fetch = Statement(
            "\(label).fetch", "SELECT \(read.map(named).joined(separator: ", ")) FROM \(table) WHERE \(key)\(isThere)")
        let order = columns(["effective_at", "sequence", "snapshot_uuid"])
        let hasUnknown = columns(["has_unknown"]).joined()
        newest = Statement(
            "\(label).newest",
            """
            \(insert(Self.ofSnapshot + [
                ("unknown_json", "?14"), ("has_unknown", "?15"), ("payload_uuid", "?16"), ("payload_digest", "?17"),
                ("unchanged_since_at", "?18"),
            ])) DO UPDATE SET
              \(taken(Self.shown)),
              \(hasUnknown) = CASE WHEN \(table).\(hasUnknown) = 1 THEN 1 ELSE excluded.\(hasUnknown) END,
              \(newer(Self.attempt, by: "attempted_at", "attempted_sequence"))
            WHERE \(table).\(order[0]) IS NULL
              OR (\(order.map { "excluded.\($0)" }.joined(separator: ", ")))
                > (\(order.map { "\(table).\($0)" }.joined(separator: ", ")))
            RETURNING \(["has_unknown", "has_messages", "next_due_at"].map(named).joined(separator: ", "))
            """)
        failed = Statement(
            "\(label).failed",
            """
            \(insert([
                ("attempted_at", "?2"), ("attempted_sequence", "?3"), ("collection_status", "?4"), ("duration_ms", "?5"),
                ("next_due_at", "?6"), ("problems_count", "?7"), ("problems_json", "?8"), ("last_error", "?9"),
                ("last_error_at", "?2"), ("last_error_sequence", "?3"),
            ])) DO UPDATE SET
              \(newer(["last_error", "last_error_at", "last_error_sequence"], by: "last_error_at", "last_error_sequence")),
              \(newer(Self.attempt, by: "attempted_at", "attempted_sequence"))
            RETURNING \(named("next_due_at"))
            """)
        settle = Statement("\(label).settle", "UPDATE \(table) SET \(hasUnknown) = ?2 WHERE \(key)")
        let hasMessages = columns(["has_messages"]).joined()
        note = Statement(
            "\(label).messages",
            "UPDATE \(table) SET \(hasMessages) = ?2 WHERE \(key) AND \(hasMessages) <> ?2")
        reset = Statement(
            "\(label).reset",
            """
            UPDATE \(table) SET \(columns(Self.shown).map { "\($0) = NULL" }.joined(separator: ", "))
            WHERE \(key)
            """)
    }
}
