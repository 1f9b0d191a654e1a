import Contracts
import HubAPI

/// `vigie container show`: one container, by its name or by the beginning of its id.
enum ContainerDetailQueries {
    static let byName = Statement(
        "container_detail.by_name",
        ContainerQueries.columns + """
            FROM docker_containers c CROSS JOIN machine_settings s
            WHERE s.machine_id = c.machine_id AND c.name = ?4 AND \(MachineSelection.condition)
            ORDER BY s.name LIMIT \(candidates)
            """)

    static let byID = Statement(
        "container_detail.by_id",
        ContainerQueries.columns + """
            FROM machine_settings s CROSS JOIN docker_containers c
            WHERE c.machine_id = s.machine_id AND c.container_id >= ?4 AND c.container_id < ?5
              AND \(MachineSelection.condition)
            ORDER BY s.name, c.name LIMIT \(candidates)
            """)

    /// Each name once, from one to the next in the index.
    static let names = Statement(
        "container_detail.names",
        """
        WITH RECURSIVE names (name) AS (SELECT min(name) FROM docker_containers
          UNION ALL SELECT (SELECT min(c.name) FROM docker_containers c WHERE c.name > n.name)
          FROM names n WHERE n.name IS NOT NULL)
        SELECT name FROM names WHERE name IS NOT NULL LIMIT 20000
        """)

    static let events = Statement(
        "container_detail.events",
        """
        SELECT e.at, e.action, e.name, e.image, e.exit_code FROM docker_container_events e
        WHERE e.machine_id = ?1 AND e.container_id = ?2 ORDER BY e.at DESC LIMIT 20
        """)

    static let all = [byName, byID, names, events]

    /// Machines that are named where a name means several containers.
    private static let candidates = 20
    /// As short as engines let an id be written.
    private static let shortestID = 3

    /// The one container that is meant; none is a `MissingName`, several are an `AmbiguousName`.
    static func show(
        _ connection: any SQLConnection, _ selection: MachineSelection, name: String
    ) throws -> ContainerDetail {
        var rows = try connection.rows(byName, selection.values + [name])
        if rows.isEmpty, name.utf8.count >= shortestID, name.allSatisfy(\.isHexDigit) {
            let start = name.lowercased()
            rows = try connection.rows(byID, selection.values + [start, start + "\u{10FFFF}"])
        }
        guard let row = rows.first, let container = ContainerQueries.container(row),
            let machine = row["machine_id"].integer
        else {
            let names = try connection.rows(names).compactMap { $0[0].text }
            throw MissingName(
                what: "container", name: name, nearest: NearestNames.find(name, among: names),
                otherwise: "vigie containers lists them")
        }
        guard rows.count == 1 else { throw ambiguous(name, rows) }
        var detail = ContainerDetail(container: container)
        detail.imageID = row.text("image_id")
        detail.repoDigests = row.texts("repo_digests_json")
        detail.createdAt = row.time("created_at")
        detail.ports = row.document("ports_json") ?? []
        detail.networks = row.document("networks_json") ?? []
        detail.mounts = row.document("mounts_json") ?? []
        detail.labels = row.document("labels_json") ?? [:]
        detail.events = try connection.rows(events, machine, container.id).compactMap { event in
            guard let at = event.time("at"), let action = event.text("action") else { return nil }
            var answer = DockerEventAnswer(
                machine: container.machine, at: at, type: "container", action: action, actor: container.id)
            answer.name = event.text("name")
            answer.image = event.text("image")
            answer.exitCode = event["exit_code"].integer
            return answer
        }
        return detail
    }

    private static func ambiguous(_ name: String, _ rows: [SQLRow]) -> AmbiguousName {
        let machines = rows.compactMap { $0.text("machine") }
        guard Set(machines).count > 1 else {
            let ids = rows.compactMap { $0.text("container_id")?.prefix(12) }
            return AmbiguousName(
                detail: "\"\(name)\" is the beginning of several ids: \(ids.joined(separator: ", ")); give more of it")
        }
        return AmbiguousName(
            detail: "several machines have a container \"\(name)\": \(machines.joined(separator: ", ")); "
                + "say which with --machine")
    }
}

/// A name means more than one thing.
struct AmbiguousName: Error, Equatable {
    /// What to tell the operator.
    let detail: String
}
