import Contracts
import HubAPI

/// Which machines a question is about: one of them, those with a tag, or all that are in service.
///
/// Statements of lists take it as their first three parameters and go through `machine_settings s` in the order of
/// names: the machine's name is a range of an index, so that one statement asks about one machine and about a fleet,
/// reads no more than it answers, and stops at its limit.
struct MachineSelection: Equatable, Sendable {
    /// The names that are looked at, both ends included.
    private(set) var first = ""
    private(set) var last = "\u{10FFFF}"
    private(set) var tag: String?
    /// Where one machine is meant.
    private(set) var machine: Int64?

    static let all = MachineSelection()

    /// The condition, with the selection as ?1, ?2 and ?3. A retired machine is shown where it is named.
    static let condition = "(s.retired_at IS NULL OR s.name = ?1) AND \(conditionWithRetired)"

    /// The same with retired machines: for what happened, whatever became of them.
    static let conditionWithRetired = """
        s.name >= ?1 AND s.name <= ?2
          AND (CAST(?3 AS TEXT) IS NULL OR s.machine_id IN (SELECT g.machine_id FROM machine_tags g WHERE g.tag = ?3
            UNION ALL SELECT g.machine_id FROM machine_automatic_tags g WHERE g.tag = ?3))
        """

    static let hasTag = Statement(
        "selection.has_tag",
        """
        SELECT 1 AS found FROM machine_tags WHERE tag = ?1
        UNION ALL SELECT 1 AS found FROM machine_automatic_tags WHERE tag = ?1 LIMIT 1
        """)
    static let tags = Statement(
        "selection.tags", "SELECT tag FROM machine_tags UNION SELECT tag FROM machine_automatic_tags ORDER BY tag")

    static let statements = [hasTag, tags]

    /// The machine of that name or `machine_id`, those with that tag, or all; what does not exist is a `MissingName`.
    static func find(_ connection: any SQLConnection, machine: String?, tag: String?) throws -> MachineSelection {
        var selection = MachineSelection()
        if let machine { selection.narrow(to: try MachineLookup.find(connection, machine)) }
        guard let tag else { return selection }
        if try connection.row(hasTag, tag) == nil {
            let tags = try connection.rows(tags).compactMap { $0[0].text }
            throw MissingName(
                what: "tag", name: tag, nearest: NearestNames.find(tag, among: tags),
                otherwise: tags.isEmpty
                    ? "no machine has one" : "there are \(tags.prefix(20).joined(separator: ", "))")
        }
        selection.tag = tag
        return selection
    }

    /// The machines from one name to another: what belongs to the rows that an answer has.
    func between(_ first: String, _ last: String) -> MachineSelection {
        var narrower = self
        narrower.first = first
        narrower.last = last
        return narrower
    }

    init() {}

    init(_ machine: MachineLookup.Found) { narrow(to: machine) }

    private mutating func narrow(to machine: MachineLookup.Found) {
        first = machine.name
        last = machine.name
        self.machine = machine.id
    }

    /// ?1, ?2, ?3.
    var values: [any SQLBindable] { [first, last, tag] }
}

/// Something that an operator named does not exist.
struct MissingName: Error, Equatable {
    /// What to tell the operator.
    let detail: String
    /// Names that look like it.
    let nearest: [String]

    init(_ detail: String) {
        self.detail = detail
        nearest = []
    }

    /// - Parameter otherwise: what to do where no name looks like it.
    init(what: String, name: String, nearest: [String], otherwise: String) {
        self.nearest = nearest
        detail =
            "there is no \(what) \"\(name)\"; "
            + (nearest.isEmpty ? otherwise : "did you mean \(nearest.joined(separator: ", "))?")
    }
}

/// Parts of payloads that exist on machines and could not be read.
enum UnknownParts {
    /// A column that says since when the part is unknown that a row is of, null where it is known: because it could not
    /// be read, or because the newest collecting of its kind failed.
    ///
    /// - Parameter row: the alias of the row's table; one of the aliases inside would hide it.
    static func column(
        _ kind: Kind, _ section: String, of row: String, as name: String = "unknown_since_at"
    ) -> String {
        // What was unknown when the last good snapshot was made has been so for longer than the kind has failed.
        let failed =
            kind.isInventory
            ? """
            coalesce(failed.effective_at, failed.attempted_at) FROM machine_inventories failed
               WHERE failed.machine_id = \(row).machine_id AND failed.kind = '\(kind.rawValue)'
                 AND failed.collection_status = 'failed'
            """
            : """
            coalesce(failed.metrics_at, failed.metrics_attempted_at) FROM machine_state failed
               WHERE failed.machine_id = \(row).machine_id AND failed.metrics_collection_status = 'failed'
            """
        return """
            coalesce(
              (SELECT min(unread.unknown_since_at) FROM machine_sections unread
               WHERE unread.machine_id = \(row).machine_id AND unread.kind = '\(kind.rawValue)'
                 AND unread.pointer IN ('', '\(section)')),
              (SELECT \(failed))) AS \(name)
            """
    }

    /// Kinds whose newest collecting failed: machine, kind, since when what is shown of it is old. Machines of which some
    /// kind failed are few, and their state says so. (Through `machine_kinds` SQLite would make a copy of all.)
    static let failures = """
        SELECT f.machine_id, f.kind, coalesce(f.effective_at, f.attempted_at) AS since_at
        FROM machine_state t CROSS JOIN machine_inventories f
        WHERE f.machine_id = t.machine_id AND t.last_error_kind IS NOT NULL AND f.collection_status = 'failed'
        UNION ALL SELECT machine_id, 'metrics', coalesce(metrics_at, metrics_attempted_at) FROM machine_state
        WHERE last_error_kind IS NOT NULL AND metrics_collection_status = 'failed'
        """

    private static let machines = Statement(
        "unknown_parts.machines",
        """
        SELECT s.name, min(w.since_at) AS unknown_since_at
        FROM (
          SELECT u.machine_id, u.unknown_since_at AS since_at FROM machine_sections u
          WHERE u.kind = ?4 AND u.pointer IN ('', ?5)
          UNION ALL SELECT k.machine_id, k.since_at FROM (\(failures)) k WHERE k.kind = ?4) w
        JOIN machine_settings s ON s.machine_id = w.machine_id
        WHERE \(MachineSelection.condition)
        GROUP BY s.name ORDER BY s.name
        """)

    private static let silent = Statement(
        "unknown_parts.silent",
        """
        SELECT s.name FROM machine_settings s
        WHERE NOT EXISTS (SELECT 1 FROM machine_inventories k WHERE k.machine_id = s.machine_id AND k.kind = ?4)
          AND NOT EXISTS (SELECT 1 FROM machine_state t WHERE t.machine_id = s.machine_id
            AND t.metrics_attempted_at IS NOT NULL AND CAST(?4 AS TEXT) = 'metrics')
          AND \(MachineSelection.condition)
        ORDER BY s.name
        """)

    /// Kinds whose newest collecting failed, and since when what is shown of them is old.
    static let failedKinds = Statement("unknown_parts.failed_kinds", failures)

    static let failedKindsOfOne = Statement(
        "unknown_parts.failed_kinds_of_one",
        """
        SELECT machine_id, kind, coalesce(effective_at, attempted_at) AS since_at FROM machine_kinds
        WHERE machine_id = ?1 AND collection_status = 'failed'
        """)

    static let statements = [machines, silent, failedKinds, failedKindsOfOne]

    /// One notice for each machine of which a section is not known any more.
    ///
    /// - Parameters:
    ///   - what: the section in words, as `containers`.
    ///   - includesSilent: also machines that have never told of the kind.
    static func notices(
        _ connection: any SQLConnection, _ kind: Kind, _ section: String, what: String,
        of selection: MachineSelection, includesSilent: Bool = false
    ) throws -> [MachineNotice]? {
        let code = "\(what.lowercased().replacing(" ", with: "_"))_unknown"
        var notices = try connection.rows(machines, selection.values + [kind.rawValue, section]).compactMap { row in
            row.text("name").map {
                MachineNotice(
                    machine: $0, code: code, message: "\(what) unknown", since: row.time("unknown_since_at"))
            }
        }
        if includesSilent {
            notices += try connection.rows(silent, selection.values + [kind.rawValue]).compactMap { row in
                row.text("name").map {
                    MachineNotice(
                        machine: $0, code: code, message: "no \(kind.rawValue) snapshot yet: \(what) unknown")
                }
            }
            notices.sort { $0.machine < $1.machine }
        }
        return notices.isEmpty ? nil : notices
    }
}
