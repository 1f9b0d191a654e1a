import Contracts
import HubAPI

/// `vigie containers`: containers in every state, the fleet's or a machine's.
enum ContainerQueries {
    struct Filter {
        var machine: Int64?
        var state: String?
        var image: NamePattern = .everything
        var isUnhealthy = false
    }

    /// Unhealthy is what an operator should look at: a failing health check, a restart loop, dead, killed for memory.
    static let list = Statement(
        "containers.list",
        """
        SELECT s.name AS machine, c.container_id, c.name, c.image, c.state, c.health, c.exit_code, c.oom_killed,
          c.restart_count, c.restart_policy, c.compose_project, c.compose_service, c.started_at, c.finished_at,
          (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = c.machine_id AND u.kind = 'docker' AND u.pointer IN ('', '/containers'))
          AS unknown_since_at
        FROM docker_containers c JOIN machine_settings s ON s.machine_id = c.machine_id
        WHERE (CAST(?1 AS BIGINT) IS NULL OR c.machine_id = ?1) AND (CAST(?2 AS TEXT) IS NULL OR c.state = ?2)
          AND coalesce(c.image, '') LIKE ?3 ESCAPE '!'
          AND (CAST(?4 AS BIGINT) = 0 OR c.health = 'unhealthy' OR c.state IN ('restarting', 'dead')
            OR (c.oom_killed = 1 AND c.state <> 'running'))
          AND s.retired_at IS NULL
        ORDER BY s.name, c.name LIMIT ?5
        """)

    /// Machines whose containers are not known any more.
    static let doubtful = Statement(
        "containers.doubtful",
        """
        SELECT s.name, min(u.unknown_since_at) AS unknown_since_at
        FROM machine_sections u JOIN machine_settings s ON s.machine_id = u.machine_id
        WHERE u.kind = 'docker' AND u.pointer IN ('', '/containers') AND s.retired_at IS NULL
          AND (CAST(?1 AS BIGINT) IS NULL OR u.machine_id = ?1)
        GROUP BY s.name ORDER BY s.name
        """)

    static let all = [list, doubtful]

    static func list(
        _ connection: any SQLConnection, filter: Filter, limit: Int
    ) throws -> ListAnswer<ContainerAnswer> {
        let rows = try connection.rows(
            list, filter.machine, filter.state, filter.image.like, filter.isUnhealthy ? 1 : 0, limit + 1)
        var answer = ListAnswer(items: rows.compactMap(container), limit: limit)
        answer.notices = try connection.rows(doubtful, filter.machine).compactMap { row in
            row.text("name").map {
                MachineNotice(
                    machine: $0, code: "containers_unknown", message: "containers unknown",
                    since: row.time("unknown_since_at"))
            }
        }
        return answer
    }

    private static func container(_ row: SQLRow) -> ContainerAnswer? {
        guard let machine = row.text("machine"), let id = row.text("container_id"), let name = row.text("name"),
            let state = row.text("state")
        else { return nil }
        var container = ContainerAnswer(machine: machine, id: id, name: name, state: state)
        container.image = row.text("image")
        container.health = row.text("health")
        container.exitCode = row["exit_code"].integer
        container.oomKilled = row.flag("oom_killed")
        container.restartCount = row.integer("restart_count")
        container.restartPolicy = row.text("restart_policy")
        container.composeProject = row.text("compose_project")
        container.composeService = row.text("compose_service")
        container.startedAt = row.time("started_at")
        container.finishedAt = row.time("finished_at")
        container.unknownSince = row.time("unknown_since_at")
        return container
    }
}
