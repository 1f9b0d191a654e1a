import Contracts
import HubAPI

/// `vigie reboots`: machines that want a reboot, since when and why.
enum RebootQueries {
    static let list = Statement(
        "reboots.list",
        """
        SELECT s.name AS machine, b.required, b.packages_json, b.running_kernel, b.newest_kernel, b.services_json,
          t.booted_at,
          CASE WHEN b.required = 1 THEN coalesce(
            (SELECT e.at FROM machine_events e WHERE e.machine_id = s.machine_id AND e.type = 'reboot_required'
             ORDER BY e.at DESC LIMIT 1),
            (SELECT min(n.effective_at) FROM snapshots n WHERE n.machine_id = s.machine_id AND n.kind = 'apt')) END
          AS since_at,
          \(UnknownParts.column(.apt, "/services_to_restart", of: "b", as: "services_unknown_since_at")),
          \(UnknownParts.column(.apt, "/reboot", of: "b"))
        FROM machine_settings s CROSS JOIN apt_reboots b
        LEFT JOIN machine_state t ON t.machine_id = s.machine_id
        WHERE b.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND (b.required = 1 OR (CAST(?4 AS BIGINT) = 1 AND b.services_json IS NOT NULL))
        ORDER BY s.name LIMIT ?5
        """)

    static let all = [list]

    /// - Parameter includesServices: also machines of which only services want a restart.
    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, includesServices: Bool, limit: Int
    ) throws -> ListAnswer<RebootAnswer> {
        let rows = try connection.rows(list, selection.values + [includesServices ? 1 : 0, limit + 1])
        var answer = ListAnswer(items: rows.compactMap(reboot), limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .apt, "/reboot", what: "reboot", of: selection, includesSilent: true)
        return answer
    }

    private static func reboot(_ row: SQLRow) -> RebootAnswer? {
        guard let machine = row.text("machine") else { return nil }
        var reboot = RebootAnswer(machine: machine, required: row.flag("required") ?? false)
        reboot.since = row.time("since_at")
        reboot.packages = row.texts("packages_json")
        reboot.runningKernel = row.text("running_kernel")
        reboot.newestKernel = row.text("newest_kernel")
        reboot.services = row.document("services_json")
        reboot.servicesUnknownSince = row.time("services_unknown_since_at")
        reboot.bootedAt = row.time("booted_at")
        reboot.unknownSince = row.time("unknown_since_at")
        return reboot
    }
}
