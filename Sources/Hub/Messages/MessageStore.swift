import Contracts
import Transport

/// The rows of `important_messages` that snapshots give; those that the hub itself opens are `HubMessages`.
struct MessageStore {
    let machine: Int64
    let kind: Kind
    let connection: any SQLConnection

    /// The messages that are open at a moment or later; all of them with `.min`.
    func read(from moment: Int64 = .min) throws -> MessageTimeline {
        var runs: [MessageKey: [MessageRun]] = [:]
        for row in try connection.rows(Self.fetch, machine, kind, moment) {
            guard let severity = row[2].text.flatMap(Severity.init(rawValue:)),
                let opened = Self.order(row[5], row[6], row[7])
            else { continue }
            let key = MessageKey(code: row[0].text ?? "", component: row[1].text ?? "")
            runs[key, default: []].append(
                MessageRun(
                    key: key, severity: severity, message: row[3].text ?? "", section: row[4].text ?? "",
                    opened: opened, closed: Self.order(row[8], row[9], row[10]), lastSeenAt: row[11].integer))
        }
        return MessageTimeline(runs.mapValues { $0.sorted { $0.opened < $1.opened } })
    }

    /// Makes the rows those of another timeline; writes what differs.
    ///
    /// - Parameter identity: the machine's id on the wire, of which a message's id is made.
    func replace(_ old: MessageTimeline, with new: MessageTimeline, identity: Identifier) throws {
        guard old != new else { return }
        let cut = try HistoryMark.eventsCut.read(connection) ?? .min
        var stored: [String: MessageRun] = [:]
        for run in old.runs.values.joined() { stored[id(run, identity)] = run }
        for key in new.runs.keys.sorted() {
            for run in new.runs[key] ?? [] {
                let id = id(run, identity)
                let known = stored.removeValue(forKey: id)
                if known == run { continue }
                // What retention has forgotten does not come again with an old snapshot.
                if known == nil, let closed = run.closed, closed.effectiveAt < cut { continue }
                try connection.run(
                    Self.upsert, machine, id, kind, run.key.code, run.key.component, run.severity.rawValue,
                    run.message, run.section, run.opened.effectiveAt, run.opened.sequence, run.opened.uuid,
                    run.lastSeenAt, run.closed?.effectiveAt, run.closed?.sequence, run.closed?.uuid)
            }
        }
        for id in stored.keys.sorted() { try connection.run(Self.delete, machine, id) }
        try connection.run(KindStatements.of(kind).note, machine, new.hasOpen)
    }

    /// One message keeps one id for as long as it begins with the same snapshot.
    private func id(_ run: MessageRun, _ identity: Identifier) -> String {
        let key = [
            identity.text, kind.rawValue, run.key.code, run.key.component, run.severity.rawValue, run.opened.uuid,
        ].joined(separator: "\n")
        return Hexadecimal.encode(SHA256.digest(Array(key.utf8)).prefix(8))
    }

    private static func order(_ at: SQLValue, _ sequence: SQLValue, _ uuid: SQLValue) -> SnapshotOrder? {
        guard let at = at.integer, let sequence = sequence.integer, let uuid = uuid.text else { return nil }
        return SnapshotOrder(effectiveAt: at, sequence: sequence, uuid: uuid)
    }

    static let fetch = Statement(
        "derive.important_messages.fetch",
        """
        SELECT code, component, severity, message, section, first_seen_at, first_sequence, first_snapshot, closed_at,
          closed_sequence, closed_snapshot, last_seen_at FROM important_messages
        WHERE machine_id = ?1 AND category = ?2 AND (closed_at IS NULL OR closed_at >= ?3)
        """)
    static let upsert = Statement(
        "derive.important_messages.upsert",
        """
        INSERT INTO important_messages (machine_id, message_id, source, category, code, component, severity, message,
          section, first_seen_at, first_sequence, first_snapshot, last_seen_at, closed_at, closed_sequence,
          closed_snapshot)
        VALUES (?1, ?2, 'snapshot', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT (machine_id, message_id) DO UPDATE SET message = excluded.message, section = excluded.section,
          first_seen_at = excluded.first_seen_at, first_sequence = excluded.first_sequence,
          last_seen_at = excluded.last_seen_at, closed_at = excluded.closed_at,
          closed_sequence = excluded.closed_sequence, closed_snapshot = excluded.closed_snapshot
        """)
    static let delete = Statement(
        "derive.important_messages.delete", "DELETE FROM important_messages WHERE machine_id = ?1 AND message_id = ?2")
    static let statements = [fetch, upsert, delete]
}
