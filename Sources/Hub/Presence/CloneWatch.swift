import Contracts

/// Keeps what `CloneDetector` knows of a machine, and notes what it finds; inside the transaction of ingest.
struct CloneWatch {
    let machine: Int64
    let connection: any SQLConnection

    /// Boots that were left so long ago are forgotten, milliseconds.
    private static let memory: Int64 = 90 * 86_400_000

    /// Looks at a snapshot that is not just the next one of the current boot.
    func look(
        at head: EnvelopeHead, _ contact: CloneDetector.Contact, remoteAddress: String?, detector known: CloneDetector
    ) throws {
        var detector = try withSigns(known)
        detector.supersededBoots = Set(try connection.rows(Self.superseded, machine).compactMap { $0[0].text })
        let before = detector
        let findings = detector.take(contact)
        if detector.currentBoot != before.currentBoot {
            if let old = before.currentBoot { try connection.run(Self.supersede, machine, old, contact.receivedAt) }
            try connection.run(
                Self.boot, machine, contact.bootID, contact.receivedAt, findings.contains(.returned),
                head.host.hostname,
                head.host.machineIDHint, head.host.productUUIDHint, remoteAddress)
            try connection.run(Self.forget, machine, contact.receivedAt - Self.memory)
        }
        try write(detector, over: before)
        try note(findings, contact, highest: before.highestSequence)
    }

    /// Looks at a snapshot that is refused, because its id stands in the archive with other bytes.
    func lookAtReuse(_ contact: CloneDetector.Contact, detector known: CloneDetector) throws {
        var detector = try withSigns(known)
        let before = detector
        let findings = detector.takeReuse(contact)
        try write(detector, over: before)
        try note(findings, contact, highest: before.highestSequence)
    }

    private func withSigns(_ known: CloneDetector) throws -> CloneDetector {
        var detector = known
        let signs = try connection.row(Self.signs, machine)
        detector.alternatedAt = signs?[0].integer
        detector.repeatedAt = signs?[1].integer
        detector.repeatedSequence = signs?[2].integer
        return detector
    }

    private func write(_ detector: CloneDetector, over before: CloneDetector) throws {
        guard
            (detector.alternatedAt, detector.repeatedAt, detector.repeatedSequence)
                != (before.alternatedAt, before.repeatedAt, before.repeatedSequence)
        else { return }
        try connection.run(
            Self.sign, machine, detector.alternatedAt, detector.repeatedAt, detector.repeatedSequence)
    }

    private func note(_ findings: [CloneDetector.Finding], _ contact: CloneDetector.Contact, highest: Int64) throws {
        let now = Timestamp(milliseconds: contact.receivedAt)
        let messages = HubMessages(machine: machine, connection: connection)
        if findings.contains(.rolledBack) {
            try messages.event(
                "rolled_back", .warning,
                "its snapshots count from \(contact.sequence) again, \(highest) was there already: it was set back to an earlier state, or is a copy",
                occasion: "\(contact.receivedAt)", at: now)
        }
        guard findings.contains(.cloned) else { return }
        try connection.run(Self.suspect, machine, now)
        let words = "two machines use this identity; vigie-hub machine split gives the second one its own"
        if try messages.open("clone_suspected", .critical, words, at: now) {
            try messages.event("clone_suspected", .critical, words, occasion: "\(contact.receivedAt)", at: now)
        }
    }

    /// Whether snapshots of this host are refused: it was split off.
    func isRefused(_ head: EnvelopeHead) throws -> Bool {
        try connection.row(Self.refused, machine, head.bootID, head.host.machineIDHint) != nil
    }

    /// Begins anew: what counts up to now is no sign any more.
    static func forgive(_ machine: Int64, in connection: any SQLConnection) throws {
        try connection.run(forgive, machine)
    }

    /// Another host has the identity now, and has it alone: it was enrolled again.
    static func forget(_ machine: Int64, in connection: any SQLConnection) throws {
        try connection.run(forgetBoots, machine)
        try forgive(machine, in: connection)
    }

    private static let forgive = Statement(
        "clones.forgive",
        """
        INSERT INTO machine_clone_signs (machine_id, repeated_sequence)
        SELECT m.id, coalesce(t.highest_sequence, 0) FROM machines m LEFT JOIN machine_state t ON t.machine_id = m.id
        WHERE m.id = ?1
        ON CONFLICT (machine_id) DO UPDATE SET alternated_at = NULL, repeated_at = NULL,
          repeated_sequence = excluded.repeated_sequence
        """)
    private static let forgetBoots = Statement("clones.forget_boots", "DELETE FROM machine_boots WHERE machine_id = ?1")

    static let signs = Statement(
        "clones.signs",
        "SELECT alternated_at, repeated_at, repeated_sequence FROM machine_clone_signs WHERE machine_id = ?1")
    static let superseded = Statement(
        "clones.superseded",
        "SELECT boot_id FROM machine_boots WHERE machine_id = ?1 AND superseded_at IS NOT NULL")
    static let supersede = Statement(
        "clones.supersede",
        """
        INSERT INTO machine_boots (machine_id, boot_id, first_seen_at, superseded_at) VALUES (?1, ?2, ?3, ?3)
        ON CONFLICT (machine_id, boot_id) DO UPDATE SET superseded_at = excluded.superseded_at
        """)
    static let boot = Statement(
        "clones.boot",
        """
        INSERT INTO machine_boots (machine_id, boot_id, first_seen_at, hostname, machine_id_hint, product_uuid_hint,
          remote_address)
        VALUES (?1, ?2, ?3, ?5, ?6, ?7, ?8)
        ON CONFLICT (machine_id, boot_id) DO UPDATE SET superseded_at = NULL,
          returned_at = CASE WHEN CAST(?4 AS BIGINT) = 1 THEN excluded.first_seen_at ELSE machine_boots.returned_at END,
          hostname = excluded.hostname, machine_id_hint = excluded.machine_id_hint,
          product_uuid_hint = excluded.product_uuid_hint, remote_address = excluded.remote_address
        """)
    static let forget = Statement(
        "clones.forget", "DELETE FROM machine_boots WHERE machine_id = ?1 AND refused_at IS NULL AND superseded_at < ?2"
    )
    static let sign = Statement(
        "clones.sign",
        """
        INSERT INTO machine_clone_signs (machine_id, alternated_at, repeated_at, repeated_sequence)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (machine_id) DO UPDATE SET alternated_at = excluded.alternated_at,
          repeated_at = excluded.repeated_at, repeated_sequence = excluded.repeated_sequence
        """)
    static let suspect = Statement(
        "clones.suspect", "UPDATE machines SET clone_suspected_at = ?2 WHERE id = ?1 AND clone_suspected_at IS NULL")
    /// By its boot, or by its machine-id where no host that may report has the same.
    static let refused = Statement(
        "clones.refused",
        """
        SELECT 1 AS found FROM machine_boots r WHERE r.machine_id = ?1 AND r.refused_at IS NOT NULL AND (r.boot_id = ?2
          OR (r.machine_id_hint = ?3 AND NOT EXISTS (SELECT 1 FROM machine_boots k WHERE k.machine_id = r.machine_id
            AND k.refused_at IS NULL AND k.machine_id_hint = r.machine_id_hint)))
        LIMIT 1
        """)

    static let statements = [signs, superseded, supersede, boot, forget, sign, suspect, refused, forgive, forgetBoots]
}
