import Contracts
import HubAPI

/// `vigie docker events`: what engines say that they did, the newest first.
enum DockerEventQueries {
    struct Filter {
        var since: Timestamp?
        /// `container` or `image`; both where nil.
        var type: String?
        var action: String?
        /// Of a container or an image.
        var name: NamePattern = .everything
    }

    private static let conditions = """
         AND \(MachineSelection.conditionWithRetired) AND e.at >= ?4 AND (CAST(?5 AS TEXT) IS NULL OR e.action = ?5)
          AND coalesce(e.name, '') LIKE ?6 ESCAPE '!'
        ORDER BY e.at DESC, s.name LIMIT ?7
        """

    private static let containerColumns = """
        SELECT s.name AS machine, e.at, e.action, e.container_id AS actor, e.name, e.image, e.exit_code

        """
    private static let imageColumns = """
        SELECT s.name AS machine, e.at, e.action, e.image AS actor, e.name, NULL AS image, NULL AS exit_code

        """

    // One machine's are found by its key, the fleet's by time.
    static let containers = Statement(
        "docker_events.containers",
        containerColumns + """
            FROM docker_container_events e CROSS JOIN machine_settings s WHERE s.machine_id = e.machine_id
            """ + conditions)
    static let containersOfMachine = Statement(
        "docker_events.containers_of_machine",
        containerColumns + """
            FROM machine_settings s CROSS JOIN docker_container_events e WHERE e.machine_id = s.machine_id
            """ + conditions)
    static let images = Statement(
        "docker_events.images",
        imageColumns + """
            FROM docker_image_events e CROSS JOIN machine_settings s WHERE s.machine_id = e.machine_id
            """ + conditions)
    static let imagesOfMachine = Statement(
        "docker_events.images_of_machine",
        imageColumns + """
            FROM machine_settings s CROSS JOIN docker_image_events e WHERE e.machine_id = s.machine_id
            """ + conditions)

    static let all = [containers, containersOfMachine, images, imagesOfMachine]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter, limit: Int
    ) throws -> ListAnswer<DockerEventAnswer> {
        let ofOne = selection.machine != nil
        let own: [any SQLBindable] = [
            filter.since?.milliseconds ?? 0, filter.action, filter.name.like, limit + 1,
        ]
        var items: [DockerEventAnswer] = []
        if filter.type != "image" {
            items += try connection.rows(ofOne ? containersOfMachine : containers, selection.values + own)
                .compactMap { event($0, type: "container") }
        }
        if filter.type != "container" {
            items += try connection.rows(ofOne ? imagesOfMachine : images, selection.values + own)
                .compactMap { event($0, type: "image") }
        }
        items.sort { ($1.at, $0.machine, $0.actor, $0.action) < ($0.at, $1.machine, $1.actor, $1.action) }
        var answer = ListAnswer(items: items, limit: limit)
        answer.notices = try UnknownParts.notices(connection, .docker, "/events", what: "events", of: selection)
        return answer
    }

    private static func event(_ row: SQLRow, type: String) -> DockerEventAnswer? {
        guard let machine = row.text("machine"), let at = row.time("at"), let action = row.text("action"),
            let actor = row.text("actor")
        else { return nil }
        var event = DockerEventAnswer(machine: machine, at: at, type: type, action: action, actor: actor)
        event.name = row.text("name")
        event.image = row.text("image")
        event.exitCode = row["exit_code"].integer
        return event
    }
}
