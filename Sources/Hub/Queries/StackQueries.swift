import Contracts
import HubAPI

/// `vigie stacks`: compose projects and whether all that they want runs.
enum StackQueries {
    static let list = Statement(
        "stacks.list",
        """
        SELECT k.machine_id, s.name AS machine, k.project, k.source, k.status, k.working_directory,
          k.config_files_json,
          (SELECT min(u.unknown_since_at) FROM machine_sections u
           WHERE u.machine_id = k.machine_id AND u.kind = 'docker' AND u.pointer IN ('', '/stacks'))
          AS unknown_since_at
        FROM docker_compose_stacks k JOIN machine_settings s ON s.machine_id = k.machine_id
        WHERE (CAST(?1 AS BIGINT) IS NULL OR k.machine_id = ?1) AND s.retired_at IS NULL
        ORDER BY s.name, k.project LIMIT ?2
        """)

    static let services = Statement(
        "stacks.services",
        """
        SELECT v.machine_id, v.project, v.service, v.image, v.status, v.containers_wanted, v.containers_running,
          v.containers_healthy
        FROM docker_stack_services v
        WHERE (CAST(?1 AS BIGINT) IS NULL OR v.machine_id = ?1)
        ORDER BY v.machine_id, v.project, v.service
        """)

    static let all = [list, services]

    private struct Key: Hashable {
        var machine: Int64
        var project: String
    }

    static func list(_ connection: any SQLConnection, machine: Int64?, limit: Int) throws -> ListAnswer<StackAnswer> {
        let rows = try connection.rows(list, machine, limit + 1)
        var services: [Key: [StackServiceAnswer]] = [:]
        for row in try connection.rows(Self.services, machine) {
            guard let id = row["machine_id"].integer, let project = row.text("project"),
                let name = row.text("service")
            else { continue }
            var service = StackServiceAnswer(
                name: name, wanted: row.integer("containers_wanted") ?? 0,
                running: row.integer("containers_running") ?? 0, healthy: row.integer("containers_healthy") ?? 0)
            service.image = row.text("image")
            service.status = row.text("status")
            services[Key(machine: id, project: project), default: []].append(service)
        }
        let items = rows.compactMap { row -> StackAnswer? in
            guard let id = row["machine_id"].integer, let machine = row.text("machine"),
                let project = row.text("project")
            else { return nil }
            var stack = StackAnswer(machine: machine, project: project)
            stack.source = row.text("source")
            stack.status = row.text("status")
            stack.workingDirectory = row.text("working_directory")
            stack.configFiles = row.texts("config_files_json")
            stack.services = services[Key(machine: id, project: project)] ?? []
            stack.unknownSince = row.time("unknown_since_at")
            return stack
        }
        return ListAnswer(items: items, limit: limit)
    }
}
