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
    static let condition = """
        s.name >= ?1 AND s.name <= ?2 AND (s.retired_at IS NULL OR s.name = ?1)
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
    /// A column that says since when the part is unknown that a row is of, null where it is known.
    ///
    /// - Parameter row: the alias of the row's table.
    static func column(_ kind: Kind, _ section: String, of row: String) -> String {
        """
        (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = \(row).machine_id AND u.kind = '\(kind.rawValue)' AND u.pointer IN ('', '\(section)'))
          AS unknown_since_at
        """
    }

    private static let machines = Statement(
        "unknown_parts.machines",
        """
        SELECT s.name, min(u.unknown_since_at) AS unknown_since_at
        FROM machine_sections u JOIN machine_settings s ON s.machine_id = u.machine_id
        WHERE u.kind = ?4 AND u.pointer IN ('', ?5) AND \(MachineSelection.condition)
        GROUP BY s.name ORDER BY s.name
        """)

    static let statements = [machines]

    /// One notice for each machine of which a section is not known any more.
    ///
    /// - Parameter what: the section in words, as `containers`.
    static func notices(
        _ connection: any SQLConnection, _ kind: Kind, _ section: String, what: String, of selection: MachineSelection
    ) throws -> [MachineNotice]? {
        let notices = try connection.rows(machines, selection.values + [kind.rawValue, section]).compactMap { row in
            row.text("name").map {
                MachineNotice(
                    machine: $0, code: "\(what.lowercased().replacing(" ", with: "_"))_unknown",
                    message: "\(what) unknown",
                    since: row.time("unknown_since_at"))
            }
        }
        return notices.isEmpty ? nil : notices
    }
}
