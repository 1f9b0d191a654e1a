import Contracts
import HubAPI

/// `vigie images`: what engines have pulled or built, the largest first.
enum ImageQueries {
    static let list = Statement(
        "images.list",
        """
        SELECT s.name AS machine, i.image_id, i.tags_json, i.digests_json, i.size_bytes, i.created_at, i.dangling,
          i.containers_count, i.os, i.architecture, i.variant, \(UnknownParts.column(.docker, "/images", of: "i"))
        FROM machine_settings s CROSS JOIN docker_images i
        WHERE i.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS BIGINT) = 0 OR i.dangling = 1) AND (CAST(?5 AS BIGINT) = 0 OR i.containers_count = 0)
          AND coalesce(i.tags_json, '') LIKE ?6 ESCAPE '!'
          AND (CAST(?8 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM docker_image_references r
            LEFT JOIN image_candidates c ON \(ImageCandidates.join)
            WHERE r.machine_id = i.machine_id AND r.image_id = i.image_id
              AND \(ImageCandidates.answer) = 'update_available'))
        ORDER BY s.name, coalesce(i.size_bytes, 0) DESC, i.image_id LIMIT ?7
        """)

    /// What machines call their images, and what registries say.
    static let references = Statement(
        "images.references",
        """
        SELECT s.name AS machine, r.image_id, r.reference, \(ImageCandidates.answer) AS answer,
          \(ImageCandidates.since) AS since_at, c.asked_at, c.index_digest, r.containers_count
        FROM machine_settings s CROSS JOIN docker_image_references r
        LEFT JOIN image_candidates c ON \(ImageCandidates.join)
        WHERE r.machine_id = s.machine_id AND \(MachineSelection.condition)
        ORDER BY s.name, r.reference, r.image_id LIMIT ?4
        """)

    static let all = [list, references]

    struct Filter {
        /// Matches one of the tags.
        var tag: NamePattern = .everything
        var isDangling = false
        /// No container, in whatever state, uses it.
        var isUnused = false
        /// A registry has a newer one.
        var isOutdated = false
    }

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter = Filter(), limit: Int
    ) throws -> ListAnswer<ImageAnswer> {
        // Tags stand as a JSON array: one of them, from its quote to its quote.
        let pattern = filter.tag == .everything ? "%" : "%\"\(filter.tag.like)\"%"
        let own: [any SQLBindable] = [
            filter.isDangling ? 1 : 0, filter.isUnused ? 1 : 0, pattern, limit + 1, filter.isOutdated ? 1 : 0,
        ]
        var answer = ListAnswer(
            items: try connection.rows(list, selection.values + own).compactMap(image), limit: limit)
        try addReferences(to: &answer.items, selection, connection)
        answer.notices = try UnknownParts.notices(connection, .docker, "/images", what: "images", of: selection)
        return answer
    }

    /// Names of a machine's images above this are nobody's.
    private static let referenceLimit = 100_000

    private static func addReferences(
        to items: inout [ImageAnswer], _ selection: MachineSelection, _ connection: any SQLConnection
    ) throws {
        guard let first = items.first?.machine, let last = items.last?.machine else { return }
        let machines = selection.between(first, last)
        var found: [[String]: [ImageReferenceAnswer]] = [:]
        for row in try connection.rows(references, machines.values + [referenceLimit]) {
            guard let machine = row.text("machine"), let id = row.text("image_id"),
                let name = row.text("reference"), let update = row.text("answer")
            else { continue }
            var reference = ImageReferenceAnswer(
                reference: name, update: update, containers: row.integer("containers_count") ?? 0)
            reference.since = row.time("since_at")
            reference.askedAt = row.time("asked_at")
            reference.latestDigest = row.text("index_digest")
            found[[machine, id], default: []].append(reference)
        }
        for index in items.indices { items[index].references = found[[items[index].machine, items[index].id]] }
    }

    private static func image(_ row: SQLRow) -> ImageAnswer? {
        guard let machine = row.text("machine"), let id = row.text("image_id"),
            let containers = row.integer("containers_count")
        else { return nil }
        var image = ImageAnswer(
            machine: machine, id: id, dangling: row.flag("dangling") ?? false, containers: containers)
        image.tags = row.texts("tags_json") ?? []
        image.digests = row.texts("digests_json")
        image.sizeBytes = row.integer("size_bytes")
        image.createdAt = row.time("created_at")
        image.os = row.text("os")
        image.architecture = row.text("architecture")
        image.variant = row.text("variant")
        image.unknownSince = row.time("unknown_since_at")
        return image
    }
}
