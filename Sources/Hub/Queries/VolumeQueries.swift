import Contracts
import HubAPI

/// `vigie volumes`: named volumes, and which of them no container uses.
enum VolumeQueries {
    static let list = Statement(
        "volumes.list",
        """
        SELECT s.name AS machine, v.name, v.driver, v.mount_point, v.created_at, v.in_use, v.compose_project,
          \(UnknownParts.column(.docker, "/volumes", of: "v"))
        FROM machine_settings s CROSS JOIN docker_volumes v
        WHERE v.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (CAST(?4 AS BIGINT) = 0 OR v.in_use = 0)
        ORDER BY s.name, v.name LIMIT ?5
        """)

    static let all = [list]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, onlyUnused: Bool, limit: Int
    ) throws -> ListAnswer<VolumeAnswer> {
        let rows = try connection.rows(list, selection.values + [onlyUnused ? 1 : 0, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(volume), limit: limit)
        answer.notices = try UnknownParts.notices(connection, .docker, "/volumes", what: "volumes", of: selection)
        return answer
    }

    private static func volume(_ row: SQLRow) -> VolumeAnswer? {
        guard let machine = row.text("machine"), let name = row.text("name"), let inUse = row.flag("in_use") else {
            return nil
        }
        var volume = VolumeAnswer(machine: machine, name: name, inUse: inUse)
        volume.driver = row.text("driver")
        volume.mountPoint = row.text("mount_point")
        volume.createdAt = row.time("created_at")
        volume.composeProject = row.text("compose_project")
        volume.unknownSince = row.time("unknown_since_at")
        return volume
    }
}
