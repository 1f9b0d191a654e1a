import Contracts

/// What the arrival of a snapshot says of its machine: columns of its row of newest state, which no snapshot says and
/// rederive leaves alone.
///
/// Whoever writes that row in any case notes it there in one go: each statement writes all of a row of 3 KB anew. Unchecked,
/// since it is used in the one transaction that it was made in.
final class ContactNote: @unchecked Sendable {
    /// A column; some keep what was known where nothing new is.
    struct Column: Sendable {
        let name: String
        let keepsKnown: Bool

        init(_ name: String, keepsKnown: Bool = false) {
            self.name = name
            self.keepsKnown = keepsKnown
        }

        /// What sets it in an UPDATE, or in the second half of an upsert.
        func set(to value: String) -> String {
            keepsKnown ? "\(name) = COALESCE(\(value), machine_state.\(name))" : "\(name) = \(value)"
        }
    }

    /// Of any snapshot, late ones too.
    private static let ofAny = [
        Column("last_seen_at"), Column("remote_address", keepsKnown: true), Column("clock_skew_ms", keepsKnown: true),
        Column("next_due_at", keepsKnown: true),
    ]
    /// All: what a snapshot tells of how the machine is today.
    static let columns =
        ofAny + [
            Column("highest_sequence"), Column("spool_files"), Column("spool_bytes"), Column("spool_dropped_total"),
        ]

    let machine: Int64
    /// Of the first four columns, or of all where the snapshot is the newest.
    let values: [SQLValue]
    /// Stands in the row.
    private(set) var isNoted = false

    init(
        machine: Int64, seenAt: Timestamp, remoteAddress: String?, clockSkew: Int64?, nextDueAt: Timestamp?,
        newest: EnvelopeHead?
    ) {
        self.machine = machine
        let seen = [seenAt.sqlValue, remoteAddress.sqlValue, clockSkew.sqlValue, nextDueAt.sqlValue]
        guard let newest else {
            values = seen
            return
        }
        let spool = newest.agent.spool
        values =
            seen + [
                newest.sequence.sqlValue, (spool?.files).sqlValue, (spool?.bytes).sqlValue,
                (spool?.droppedTotal).sqlValue,
            ]
    }

    /// Whoever derived has written it.
    func noted() { isNoted = true }

    /// Writes it, if nobody has; makes the row where nothing was derived of the machine yet.
    func write(to connection: any SQLConnection) throws {
        guard !isNoted else { return }
        let statement = values.count == Self.columns.count ? Self.newest : Self.seen
        if try connection.run(statement, pieces: [[.integer(machine)], values]) != 1 {
            try connection.run(Self.make, machine)
            try connection.run(statement, pieces: [[.integer(machine)], values])
        }
        isNoted = true
    }

    private static func update(_ label: String, _ columns: [Column]) -> Statement {
        let sets = columns.enumerated().map { $1.set(to: "?\($0 + 2)") }
        return Statement(label, "UPDATE machine_state SET \(sets.joined(separator: ", ")) WHERE machine_id = ?1")
    }

    private static let seen = update("contact.seen", ofAny)
    static let newest = update("contact.newest", columns)
    private static let make = Statement(
        "contact.make", "INSERT INTO machine_state (machine_id) VALUES (?1) ON CONFLICT DO NOTHING")

    static let statements = [seen, newest, make]
}
