import Contracts
import HubAPI

/// `vigie stacks`: compose projects and whether all that they want runs.
enum StackQueries {
    static let list = Statement(
        "stacks.list",
        """
        SELECT k.machine_id, s.name AS machine, k.project, k.source, k.status, k.working_directory,
          k.config_files_json, \(UnknownParts.column(.docker, "/stacks", of: "k"))
        FROM machine_settings s CROSS JOIN docker_compose_stacks k
        WHERE k.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS TEXT) IS NULL OR k.status = ?4)
        ORDER BY s.name, k.project LIMIT ?5
        """)

    static let services = Statement(
        "stacks.services",
        """
        SELECT v.machine_id, v.project, v.service, v.image, v.status, v.containers_wanted, v.containers_running,
          v.containers_healthy
        FROM machine_settings s CROSS JOIN docker_stack_services v
        WHERE v.machine_id = s.machine_id AND \(MachineSelection.condition)
        ORDER BY s.name, v.project, v.service
        """)

    static let all = [list, services]

    private struct Key: Hashable {
        var machine: Int64
        var project: String
    }

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, status: String? = nil, limit: Int
    ) throws -> ListAnswer<StackAnswer> {
        let rows = try connection.rows(list, selection.values + [status, limit + 1])
        var services: [Key: [StackServiceAnswer]] = [:]
        if let first = rows.first?.text("machine"), let last = rows.last?.text("machine") {
            for row in try connection.rows(Self.services, selection.between(first, last).values) {
                guard let id = row["machine_id"].integer, let project = row.text("project"),
                    let service = service(row)
                else { continue }
                services[Key(machine: id, project: project), default: []].append(service)
            }
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
        var answer = ListAnswer(items: items, limit: limit)
        answer.notices = try UnknownParts.notices(connection, .docker, "/stacks", what: "stacks", of: selection)
        return answer
    }

    private static func service(_ row: SQLRow) -> StackServiceAnswer? {
        guard let name = row.text("service") else { return nil }
        var service = StackServiceAnswer(
            name: name, wanted: row.integer("containers_wanted") ?? 0,
            running: row.integer("containers_running") ?? 0, healthy: row.integer("containers_healthy") ?? 0)
        service.image = row.text("image")
        service.status = row.text("status")
        return service
    }
}
