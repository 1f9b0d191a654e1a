import Contracts
import HubAPI

/// `vigie containers`: containers in every state, the fleet's or a machine's.
enum ContainerQueries {
    struct Filter {
        var state: String?
        var image: NamePattern = .everything
        var stack: String?
        var isUnhealthy = false
        var isRestarting = false
    }

    /// A container that its engine restarted this lately has not come to rest.
    static let restartingWindow: Int64 = 10 * 60_000

    static let columns = """
        SELECT s.name AS machine, c.machine_id, c.container_id, c.name, c.image, c.image_id, c.repo_digests_json,
          c.state, c.health, c.exit_code, c.oom_killed, c.restart_count, c.restart_policy, c.compose_project,
          c.compose_service, c.created_at, c.started_at, c.finished_at, c.ports_json, c.networks_json, c.mounts_json,
          c.labels_json, \(UnknownParts.column(.docker, "/containers", of: "c"))

        """

    /// Unhealthy is what an operator should look at: a failing health check, a restart loop, dead, killed for memory.
    static let list = Statement(
        "containers.list",
        columns + """
            FROM machine_settings s CROSS JOIN docker_containers c
            WHERE c.machine_id = s.machine_id AND \(MachineSelection.condition)
              AND (CAST(?4 AS TEXT) IS NULL OR c.state = ?4) AND coalesce(c.image, '') LIKE ?5 ESCAPE '!'
              AND (CAST(?6 AS BIGINT) = 0 OR c.health = 'unhealthy' OR c.state IN ('restarting', 'dead')
                OR c.restart_loop_count IS NOT NULL OR (c.oom_killed = 1 AND c.state <> 'running'))
              AND (CAST(?7 AS BIGINT) = 0 OR c.state = 'restarting' OR c.restart_loop_count IS NOT NULL
                OR (c.state = 'running' AND c.restart_count > 0 AND c.started_at >= ?8))
              AND (CAST(?9 AS TEXT) IS NULL OR c.compose_project = ?9)
            ORDER BY s.name, c.name LIMIT ?10
            """)

    static let all = [list]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, filter: Filter, limit: Int, now: Timestamp
    ) throws -> ListAnswer<ContainerAnswer> {
        let own: [any SQLBindable] = [
            filter.state, filter.image.like, filter.isUnhealthy ? 1 : 0, filter.isRestarting ? 1 : 0,
            now.milliseconds - restartingWindow, filter.stack, limit + 1,
        ]
        var answer = ListAnswer(
            items: try connection.rows(list, selection.values + own).compactMap(container), limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .docker, "/containers", what: "containers", of: selection)
        return answer
    }

    static func container(_ row: SQLRow) -> ContainerAnswer? {
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
