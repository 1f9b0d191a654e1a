import Contracts

/// The operator's tag rules, and the tags that follow from them: rows of `machine_automatic_tags` of the kind `rule`.
struct TagRules {
    let connection: any SQLConnection

    struct Stored: Sendable {
        var id: Int64
        var tag: String
        var rule: TagRule
    }

    fileprivate struct Tagging: Hashable {
        var machine: Int64
        var tag: String
    }

    /// Tags that are missing, and tags that no rule gives any more.
    struct Difference: Equatable {
        fileprivate var missing: Set<Tagging> = []
        fileprivate var surplus: Set<Tagging> = []

        var isEmpty: Bool { missing.isEmpty && surplus.isEmpty }
    }

    /// Makes the tags those that the rules give now; answers how many came and how many went.
    @discardableResult
    func apply() throws -> (added: Int, removed: Int) {
        let difference = try difference()
        for tagging in difference.missing { try connection.run(Self.give, tagging.machine, tagging.tag) }
        for tagging in difference.surplus { try connection.run(Self.take, tagging.machine, tagging.tag) }
        return (difference.missing.count, difference.surplus.count)
    }

    /// Reads only.
    func difference() throws -> Difference {
        let rules = try rules()
        let existing = Set(
            try connection.rows(Self.existing).compactMap { row in
                row[0].integer.flatMap { id in row[1].text.map { Tagging(machine: id, tag: $0) } }
            })
        var wanted: Set<Tagging> = []
        if !rules.isEmpty {
            let asksForImages = rules.contains { $0.rule.conditions.contains { $0.field == .image } }
            let images = asksForImages ? try self.images() : [:]
            for row in try connection.rows(Self.facts) {
                guard let machine = row[0].integer else { continue }
                let facts = Self.facts(of: row, images: images[machine] ?? [])
                for rule in rules where rule.rule.fits(facts) {
                    wanted.insert(Tagging(machine: machine, tag: rule.tag))
                }
            }
        }
        return Difference(missing: wanted.subtracting(existing), surplus: existing.subtracting(wanted))
    }

    /// Those that can be read; one that an older or newer hub wrote in other words gives no tag.
    private func rules() throws -> [Stored] {
        try connection.rows(Self.list).compactMap { row in
            guard let id = row["id"].integer, let tag = row["tag"].text, let text = row["expression"].text,
                let rule = try? TagRule(text)
            else { return nil }
            return Stored(id: id, tag: tag, rule: rule)
        }
    }

    private func images() throws -> [Int64: [String]] {
        var images: [Int64: [String]] = [:]
        for row in try connection.rows(Self.images) {
            if let machine = row[0].integer, let image = row[1].text { images[machine, default: []].append(image) }
        }
        return images
    }

    /// In the order of the statement's columns.
    private static let fields: [TagRule.Field] = [
        .name, .agentVersion, .hostname, .osFamily, .osID, .osVersion, .osCodename, .kernel, .architecture, .kind,
        .virtualization, .hardware, .timeZone,
    ]

    private static func facts(of row: SQLRow, images: [String]) -> [TagRule.Field: [String]] {
        var facts: [TagRule.Field: [String]] = [.image: images]
        for (index, field) in fields.enumerated() { facts[field] = row[index + 1].text.map { [$0] } ?? [] }
        return facts
    }

    static let facts = Statement(
        "tag_rules.facts",
        """
        SELECT m.id, s.name, m.agent_version, COALESCE(o.hostname, m.hostname), o.os_family, o.os_id, o.os_version,
          o.os_codename, o.kernel, o.architecture, o.machine_kind, o.virtualization, o.hardware_profile, o.time_zone
        FROM machines m JOIN machine_settings s ON s.machine_id = m.id LEFT JOIN machine_os o ON o.machine_id = m.id
        """)
    static let images = Statement(
        "tag_rules.images", "SELECT machine_id, image FROM docker_containers WHERE image IS NOT NULL")
    static let existing = Statement(
        "tag_rules.existing", "SELECT machine_id, tag FROM machine_automatic_tags WHERE kind = 'rule'")
    static let give = Statement(
        "tag_rules.give",
        "INSERT INTO machine_automatic_tags (machine_id, tag, kind) VALUES (?1, ?2, 'rule') ON CONFLICT DO NOTHING")
    static let take = Statement(
        "tag_rules.take", "DELETE FROM machine_automatic_tags WHERE machine_id = ?1 AND tag = ?2 AND kind = 'rule'")
    static let list = Statement(
        "tag_rules.list",
        """
        SELECT r.id, r.tag, r.expression, r.created_at, r.created_by, (SELECT count(*) FROM machine_automatic_tags t
          WHERE t.tag = r.tag AND t.kind = 'rule') AS machines
        FROM tag_rules r ORDER BY r.tag, r.id
        """)
    static let insert = Statement(
        "tag_rules.insert",
        """
        INSERT INTO tag_rules (tag, expression, created_at, created_by) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tag, expression) DO NOTHING
        """)
    static let delete = Statement("tag_rules.delete", "DELETE FROM tag_rules WHERE id = ?1")

    static let statements = [facts, images, existing, give, take, list, insert, delete]
}
