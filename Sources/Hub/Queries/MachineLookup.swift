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

    /// There is no such machine; `nearest` are names that look like it.
    struct Missing: Error, Equatable {
        var name: String
        var nearest: [String]

        /// What to tell the operator.
        var detail: String {
            "there is no machine \"\(name)\""
                + (nearest.isEmpty
                    ? "; vigie machines lists them" : "; did you mean \(nearest.joined(separator: ", "))?")
        }
    }

    /// The machine of that name, or of that `machine_id`.
    static func find(_ connection: any SQLConnection, _ name: String) throws -> Found {
        let row = try connection.row(byName, name) ?? Identifier(name).flatMap { try connection.row(byUUID, $0) }
        guard let row, let id = row[0].integer, let name = row[1].text else {
            let names = try connection.rows(names).compactMap { $0[0].text }
            throw Missing(name: name, nearest: NearestNames.find(name, among: names))
        }
        return Found(id: id, name: name)
    }
}

/// Names that somebody may have meant.
enum NearestNames {
    /// Up to three, the nearest first: what differs in at most a third of its letters, or begins alike.
    static func find(_ name: String, among names: [String]) -> [String] {
        let wanted = Array(name.lowercased().utf8)
        guard !wanted.isEmpty else { return [] }
        let allowed = max(1, wanted.count / 3)
        let ranked = names.compactMap { candidate -> (distance: Int, name: String)? in
            let letters = Array(candidate.lowercased().utf8)
            if wanted.count >= 2, letters.starts(with: wanted) { return (0, candidate) }
            guard abs(letters.count - wanted.count) <= allowed else { return nil }
            let distance = edits(wanted, letters)
            return distance <= allowed ? (distance, candidate) : nil
        }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// Levenshtein's: the least number of letters to change, add or leave out.
    static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(previous[column] + (letter == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
