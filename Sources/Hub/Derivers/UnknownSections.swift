import Contracts

/// The rows of `machine_sections`: parts of a kind's payload that exist and could not be read, so that their rows are
/// of an earlier snapshot.
struct UnknownSections {
    struct Section: Sendable {
        var pointer: String
        var unknownSince: Int64
        /// The snapshot that the rows are of; nil where there never was one.
        var known: (at: Int64, sequence: Int64)?

        func isOlder(than order: SnapshotOrder) -> Bool {
            guard let known else { return true }
            return (known.at, known.sequence) < (order.effectiveAt, order.sequence)
        }
    }

    let machine: Int64
    let kind: Kind
    let connection: any SQLConnection

    func read() throws -> [Section] {
        try connection.rows(Self.fetch, machine, kind).map { row in
            var known: (Int64, Int64)?
            if let at = row["known_at"].integer, let sequence = row["known_sequence"].integer { known = (at, sequence) }
            return Section(
                pointer: row["pointer"].text ?? "", unknownSince: row["unknown_since_at"].integer ?? 0, known: known)
        }
    }

    /// Makes the rows those of the newest snapshot.
    ///
    /// - Parameter previous: the snapshot before it, whose rows the newly unknown sections keep.
    func settle(_ pointers: Set<String>, at order: SnapshotOrder, previous: SnapshotOrder?) throws {
        let old = Set(try read().map(\.pointer))
        for pointer in old.subtracting(pointers).sorted() { try connection.run(Self.delete, machine, kind, pointer) }
        for pointer in pointers.subtracting(old).sorted() {
            try connection.run(
                Self.insert, machine, kind, pointer, order.effectiveAt, previous?.effectiveAt, previous?.sequence)
        }
        try connection.run(KindStatements.of(kind).settle, machine, !pointers.isEmpty)
    }

    func move(_ section: Section, unknownSince: Int64, known: SnapshotOrder?) throws {
        try connection.run(
            Self.update, machine, kind, section.pointer, unknownSince, known?.effectiveAt ?? section.known?.at,
            known?.sequence ?? section.known?.sequence)
    }

    /// A pointer with the name of the item in place of its index, since the next snapshot may have another order.
    static func named(_ pointer: String, items: [String: [String]]) -> String {
        for (section, names) in items where pointer.hasPrefix(section + "/") {
            let rest = pointer.dropFirst(section.count + 1)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            guard let index = Int(rest[..<end]), names.indices.contains(index) else { continue }
            return "\(section)/\(Violation.step(names[index]))\(rest[end...])"
        }
        return pointer
    }

    static let fetch = Statement(
        "derive.machine_sections.fetch",
        """
        SELECT pointer, unknown_since_at, known_at, known_sequence FROM machine_sections
        WHERE machine_id = ?1 AND kind = ?2 ORDER BY pointer
        """)
    static let insert = Statement(
        "derive.machine_sections.insert",
        """
        INSERT INTO machine_sections (machine_id, kind, pointer, unknown_since_at, known_at, known_sequence)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """)
    static let update = Statement(
        "derive.machine_sections.update",
        """
        UPDATE machine_sections SET unknown_since_at = ?4, known_at = ?5, known_sequence = ?6
        WHERE machine_id = ?1 AND kind = ?2 AND pointer = ?3
        """)
    static let delete = Statement(
        "derive.machine_sections.delete",
        "DELETE FROM machine_sections WHERE machine_id = ?1 AND kind = ?2 AND pointer = ?3")

    static let statements = [fetch, insert, update, delete]
}
