import Contracts

/// Which of the hosts that use one identity is the second one, and what it takes to send it away.
struct MachineSplit {
    /// A boot that reported under the identity.
    struct Boot: Equatable, Sendable {
        var id: String
        var firstSeenAt: Int64
        /// When another boot took its place; nil for the current one.
        var supersededAt: Int64?
        var hostname: String?
        var machineIDHint: String?
        var productUUIDHint: String?
        var remoteAddress: String?

        init(id: String, firstSeenAt: Int64) {
            self.id = id
            self.firstSeenAt = firstSeenAt
        }

        fileprivate init?(_ row: SQLRow) {
            guard let id = row["boot_id"].text, let first = row["first_seen_at"].integer else { return nil }
            self.init(id: id, firstSeenAt: first)
            supersededAt = row["superseded_at"].integer
            hostname = row["hostname"].text
            machineIDHint = row["machine_id_hint"].text
            productUUIDHint = row["product_uuid_hint"].text
            remoteAddress = row["remote_address"].text
        }

        fileprivate func looksLike(_ other: Boot) -> Bool {
            machineIDHint == other.machineIDHint && productUUIDHint == other.productUUIDHint
        }

        /// For people.
        var words: String {
            ["boot \(id.prefix(8))", hostname, remoteAddress.map { "at \($0)" }].compactMap { $0 }.joined(
                separator: " ")
        }
    }

    let connection: any SQLConnection
    let now: Timestamp

    /// Refuses one of the hosts from now on; answers it, and the one that stays.
    ///
    /// - Parameter wanted: the boot to refuse, or the beginning of its id; nil takes the second one.
    func split(_ machine: Int64, name: String, refusing wanted: String?) throws -> (refused: Boot, kept: Boot) {
        let suspected = try connection.row(Self.suspicion, machine)?[0].integer
        guard suspected != nil || wanted != nil else {
            throw CommandFailure(
                .noInput, "no copy of \(name) is suspected; --boot says which host to refuse all the same")
        }
        let boots = try connection.rows(Self.boots, machine).compactMap { Boot($0) }
        let since = (suspected ?? now.milliseconds) - CloneDetector.window
        guard let choice = try Self.choose(boots, since: since, wanted: wanted) else {
            throw CommandFailure(
                .noInput,
                "the hosts that use \(name) cannot be told apart, both are in the same boot: reboot one of them and wait until the hub sees two, or let both enrol with vigie-hub machine split \(name) --both"
            )
        }
        try connection.run(Self.refuse, machine, choice.refused.id, now)
        try connection.run(Self.keep, machine, choice.kept.id)
        let kinds = Kind.allCases.filter(\.isInventory).map(\.rawValue).joined(separator: " ")
        try connection.run(Self.settle, machine, choice.kept.id, now, kinds)
        try tell(machine, "\(choice.refused.words) is refused; \(choice.kept.words) keeps the identity")
        return choice
    }

    /// Ends the token that both hosts have; each must enrol, one of them with a string for the old identity. The way out
    /// where they cannot be told apart.
    func sendAwayBoth(_ machine: Int64) throws {
        try connection.run(TrustStatements.credentialsRevoke, machine, now, "two hosts had it")
        try connection.run(Self.clear, machine)
        try tell(machine, "both hosts must enrol; the string says which one is to be this machine")
    }

    /// The suspicion is over, and why.
    private func tell(_ machine: Int64, _ outcome: String) throws {
        try CloneWatch.forgive(machine, in: connection)
        let messages = HubMessages(machine: machine, connection: connection)
        try messages.close("clone_suspected", at: now)
        try messages.event("split", .info, outcome, occasion: "\(now.milliseconds)", at: now)
    }

    /// The host that stays is the one that looks like the first that ever reported; where they look alike, the one whose
    /// boot was seen first.
    static func choose(
        _ boots: [Boot], since: Int64, wanted: String? = nil
    ) throws(CommandFailure) -> (refused: Boot, kept: Boot)? {
        let all = boots.sorted { ($0.firstSeenAt, $0.id) < ($1.firstSeenAt, $1.id) }
        guard let first = all.first else { return nil }
        // Whoever reported lately.
        let involved = all.filter { $0.supersededAt.map { $0 >= since } ?? true }
        if let wanted {
            let found = involved.filter { $0.id.hasPrefix(wanted) }
            guard let refused = found.first, found.count == 1 else {
                let known = involved.map(\.words).joined(separator: "; ")
                throw CommandFailure(.noInput, "--boot names \(found.isEmpty ? "none" : "more than one") of: \(known)")
            }
            return involved.last { $0.id != refused.id }.map { (refused, $0) }
        }
        let strangers = involved.filter { !$0.looksLike(first) }
        let alike = involved.filter { $0.looksLike(first) }
        if let refused = strangers.last, let kept = alike.last { return (refused, kept) }
        guard let refused = involved.last, let kept = involved.dropLast().last else { return nil }
        return (refused, kept)
    }

    static let suspicion = Statement("split.suspicion", "SELECT clone_suspected_at FROM machines WHERE id = ?1")
    static let boots = Statement(
        "split.boots",
        """
        SELECT boot_id, first_seen_at, superseded_at, hostname, machine_id_hint, product_uuid_hint, remote_address
        FROM machine_boots WHERE machine_id = ?1 AND refused_at IS NULL ORDER BY first_seen_at, boot_id
        """)
    static let refuse = Statement(
        "split.refuse",
        """
        UPDATE machine_boots SET refused_at = ?3, superseded_at = COALESCE(superseded_at, ?3)
        WHERE machine_id = ?1 AND boot_id = ?2
        """)
    static let keep = Statement(
        "split.keep", "UPDATE machine_boots SET superseded_at = NULL WHERE machine_id = ?1 AND boot_id = ?2")
    static let settle = Statement(
        "split.settle",
        """
        UPDATE machines SET boot_id = ?2, split_at = ?3, requested_kinds = ?4, clone_suspected_at = NULL WHERE id = ?1
        """)

    static let clear = Statement("split.clear", "UPDATE machines SET clone_suspected_at = NULL WHERE id = ?1")

    static let statements = [clear, suspicion, boots, refuse, keep, settle]
}
