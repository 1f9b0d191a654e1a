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
        ORDER BY s.name, coalesce(i.size_bytes, 0) DESC, i.image_id LIMIT ?7
        """)

    static let all = [list]

    struct Filter {
        /// Matches one of the tags.
        var tag: NamePattern = .everything
        var isDangling = false
        /// No container, in whatever state, uses it.
        var isUnused = false
    }

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter = Filter(), limit: Int
    ) throws -> ListAnswer<ImageAnswer> {
        // Tags stand as a JSON array: one of them, from its quote to its quote.
        let pattern = filter.tag == .everything ? "%" : "%\"\(filter.tag.like)\"%"
        let own: [any SQLBindable] = [filter.isDangling ? 1 : 0, filter.isUnused ? 1 : 0, pattern, limit + 1]
        var answer = ListAnswer(
            items: try connection.rows(list, selection.values + own).compactMap(image), limit: limit)
        answer.notices = try UnknownParts.notices(connection, .docker, "/images", what: "images", of: selection)
        return answer
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
