import Contracts

/// From what an operator calls a machine to its row.
enum MachineLookup {
    static let byName = Statement(
        "machine_lookup.by_name", "SELECT machine_id, name FROM machine_settings WHERE name = ?1")
    static let byUUID = Statement(
        "machine_lookup.by_uuid",
        """
        SELECT s.machine_id, s.name FROM machines m JOIN machine_settings s ON s.machine_id = m.id
        WHERE m.machine_uuid = ?1
        """)
    static let names = Statement("machine_lookup.names", "SELECT name FROM machine_settings ORDER BY name")

    static let all = [byName, byUUID, names]

    struct Found: Equatable {
        var id: Int64
        var name: String
    }

    /// The machine of that name, or of that `machine_id`; otherwise a `MissingName`.
    static func find(_ connection: any SQLConnection, _ name: String) throws -> Found {
        let row = try connection.row(byName, name) ?? Identifier(name).flatMap { try connection.row(byUUID, $0) }
        guard let row, let id = row[0].integer, let name = row[1].text else {
            let names = try connection.rows(names).compactMap { $0[0].text }
            throw MissingName(
                what: "machine", name: name, nearest: NearestNames.find(name, among: names),
                otherwise: "vigie machines lists them")
        }
        return Found(id: id, name: name)
    }
}
