import Contracts

/// Takes one snapshot into the archive and the tables, inside the writer's transaction.
struct SnapshotArchive: Sendable {
    typealias Derive = @Sendable (ArchivedSnapshot, any SQLConnection) throws -> DerivationResult

    let derive: Derive

    /// - Parameters:
    ///   - deriving: false archives only, as `held`: the way out for a payload that its deriver cannot take.
    ///   - histories: where they were read in this transaction.
    func take(
        _ submission: Submission, into connection: any SQLConnection, deriving: Bool = true,
        histories: HistoryBounds? = nil
    ) throws -> IngestOutcome {
        guard let sender = try Sender(connection.row(ArchiveStatements.sender, submission.tokenHash)) else {
            return .unauthorized
        }
        let head = submission.head
        let clones = CloneWatch(machine: sender.machineID, connection: connection)
        if sender.wasSplit, try clones.isRefused(head) { return .unauthorized }
        var isHeld = !deriving
        if case .held = submission.content { isHeld = true }
        if let sameAs = head.sameAs {
            if let known = try connection.row(ArchiveStatements.find, sender.machineID, head.snapshotID) {
                return try again(submission, known, sender, clones)
            }
            let carrier = try connection.row(ArchiveStatements.find, sender.machineID, sameAs)
            guard let carrier, Self.carries(carrier, head) else {
                return .refused(
                    IngestRejection(.resendFull, "snapshot \(sameAs) with this payload is not in the archive"))
            }
            if carrier["result"].text == "held" { isHeld = true }
        }
        let result = isHeld ? "held" : "derived"
        guard let id = try insert(submission, machineID: sender.machineID, result: result, connection) else {
            guard let known = try connection.row(ArchiveStatements.find, sender.machineID, head.snapshotID) else {
                throw StoreFailure(code: .other, message: "the archive has no row of what it refused to insert")
            }
            return try again(submission, known, sender, clones)
        }
        var said = result
        let note = contact(submission, of: sender)
        let isPlain = isPlain(submission, of: sender)
        if !isHeld, let content = submission.content.archived {
            let derived = try derive(
                ArchivedSnapshot(
                    archiveID: id, machineID: sender.machineID, head: head, receivedAt: submission.receivedAt,
                    effectiveAt: submission.effectiveAt, content: content, prepared: submission.prepared,
                    histories: histories ?? HistoryBounds(connection),
                    // Else what was known before is still looked at.
                    contact: isPlain ? note : nil), connection)
            if derived != .derived { try connection.run(ArchiveStatements.setResult, id, derived.rawValue) }
            // A failed collection has done in the tables all that it can do.
            said = derived == .failed ? "derived" : derived.rawValue
        }
        if !isPlain { try noteHost(submission, of: sender, clones) }
        let requests = try noteContact(note, submission, of: sender, answersRequest: head.sameAs == nil, connection)
        return .accepted(answer(said, submission, sender, requests))
    }

    /// A snapshot whose id is known: sent again, or another one under its name.
    private func again(
        _ submission: Submission, _ known: SQLRow, _ sender: Sender, _ clones: CloneWatch
    ) throws -> IngestOutcome {
        guard Self.isSame(known, submission) else {
            try clones.lookAtReuse(Self.sign(submission, of: sender), detector: sender.detector)
            return .refused(
                IngestRejection(
                    .snapshotIDReused,
                    "snapshot \(submission.head.snapshotID) is archived with other bytes; is this machine a copy of another?"
                ))
        }
        let note = contact(submission, of: sender)
        let requests = try noteContact(note, submission, of: sender, answersRequest: false, clones.connection)
        return .accepted(answer("duplicate", submission, sender, requests))
    }

    private func answer(
        _ result: String, _ submission: Submission, _ sender: Sender, _ requests: [String]
    ) -> SnapshotAnswer {
        SnapshotAnswer(
            snapshotID: submission.head.snapshotID, result: result,
            highestSequence: max(sender.highestSequence, submission.head.sequence),
            requests: requests.map { "full:\($0)" })
    }

    /// Equal bytes, or the full and the `same_as` form of one snapshot.
    private static func isSame(_ known: SQLRow, _ submission: Submission) -> Bool {
        if known["body_digest"].text == submission.bodyDigest.text { return true }
        let head = submission.head
        return known["payload_digest"].text == head.payloadDigest?.text && known["kind"].text == head.kind
            && known["sequence"].integer == Int64(head.sequence) && known["boot_id"].text == head.bootID
            && known["collected_at"].integer == head.collectedAt.milliseconds
    }

    /// Whether that snapshot carries the payload itself, of this kind and version.
    private static func carries(_ carrier: SQLRow, _ head: EnvelopeHead) -> Bool {
        carrier["same_as"].isNull && carrier["collection_status"].text != "failed"
            && carrier["kind"].text == head.kind && carrier["schema_version"].integer == Int64(head.schemaVersion)
            && carrier["payload_digest"].text == head.payloadDigest?.text
    }

    /// The row's id; nil where there is one of this snapshot id.
    private func insert(
        _ submission: Submission, machineID: Int64, result: String, _ connection: any SQLConnection
    ) throws -> Int64? {
        let head = submission.head
        return try connection.insert(
            ArchiveStatements.insert,
            [
                machineID.sqlValue, head.snapshotID.sqlValue, head.kind.sqlValue, head.schemaVersion.sqlValue,
                head.sequence.sqlValue, head.bootID.sqlValue, head.collectedAt.sqlValue,
                submission.receivedAt.sqlValue, submission.effectiveAt.sqlValue, head.collection.status.sqlValue,
                result.sqlValue, head.payloadDigest.sqlValue, head.sameAs.sqlValue, submission.bodyDigest.sqlValue,
                submission.inflatedBytes.sqlValue, submission.body.sqlValue,
            ])
    }

    /// The next snapshot of the boot that is known.
    private func isPlain(_ submission: Submission, of sender: Sender) -> Bool {
        CloneDetector.isPlain(
            Self.sign(submission, of: sender), currentBoot: sender.bootID,
            highestSequence: Int64(sender.highestSequence))
    }

    /// Looks whether this is the host that the machine is, of a snapshot that is not plainly the next one.
    private func noteHost(_ submission: Submission, of sender: Sender, _ clones: CloneWatch) throws {
        if sender.lastSeenAt == nil {
            try HubMessages(machine: sender.machineID, connection: clones.connection).event(
                "first_seen", .info, "its first report came", occasion: "once", at: submission.receivedAt)
        }
        try clones.look(
            at: submission.head, Self.sign(submission, of: sender), remoteAddress: submission.remoteAddress,
            detector: sender.detector)
    }

    /// What copies of a machine are told apart by.
    private static func sign(_ submission: Submission, of sender: Sender) -> CloneDetector.Contact {
        let head = submission.head
        return CloneDetector.Contact(
            bootID: head.bootID, sequence: Int64(head.sequence),
            collectedAt: head.collectedAt.milliseconds - (submission.clockSkew ?? sender.clockSkew ?? 0),
            receivedAt: submission.receivedAt.milliseconds)
    }

    private func contact(_ submission: Submission, of sender: Sender) -> ContactNote {
        ContactNote(
            machine: sender.machineID, seenAt: submission.receivedAt, remoteAddress: submission.remoteAddress,
            clockSkew: ClockSkew.smoothed(sender.clockSkew, submission.clockSkew),
            nextDueAt: nextDue(submission, after: sender.nextDueAt),
            newest: isNewest(submission, of: sender) ? submission.head : nil)
    }

    /// A late snapshot tells nothing about the machine of today.
    private func isNewest(_ submission: Submission, of sender: Sender) -> Bool {
        submission.head.sequence >= sender.highestSequence
    }

    /// Writes what the hub knows of the machine from this contact; answers the kinds still asked for.
    private func noteContact(
        _ note: ContactNote, _ submission: Submission, of sender: Sender, answersRequest: Bool,
        _ connection: any SQLConnection
    ) throws -> [String] {
        let head = submission.head
        let requests = answersRequest ? sender.requestedKinds.filter { $0 != head.kind } : sender.requestedKinds
        if requests != sender.requestedKinds {
            try connection.run(ArchiveStatements.request, sender.machineID, requests.joined(separator: " "))
        }
        try note.write(to: connection)
        let identity = Sender.Identity(head)
        if isNewest(submission, of: sender), identity != sender.identity {
            try connection.run(ArchiveStatements.machineIdentity, [sender.machineID.sqlValue] + identity.values)
        }
        return requests
    }

    /// When the next snapshot of any kind is due: the nearest of what was promised and is still to come; the next
    /// metrics replace what the last ones promised. Nil leaves what stands.
    private func nextDue(_ submission: Submission, after known: Timestamp?) -> Timestamp? {
        guard let seconds = submission.head.collection.nextDueSeconds else { return nil }
        let due = submission.receivedAt.adding(milliseconds: Int64(min(seconds, 31_536_000)) * 1000)
        guard submission.head.kind != Kind.metrics.rawValue, let known, known > submission.receivedAt else {
            return due
        }
        return due < known ? due : nil
    }
}

/// The sender's row, as far as ingest needs it.
private struct Sender {
    let machineID: Int64
    let highestSequence: Int
    let requestedKinds: [String]
    let nextDueAt: Timestamp?
    let identity: Identity
    let lastSeenAt: Int64?
    let clockSkew: Int64?
    /// A host that used this identity was split off: each sender is looked at.
    let wasSplit: Bool

    /// What a machine says of itself with each snapshot, and what seldom changes.
    struct Identity: Equatable {
        let bootID: String?
        let agentVersion: String?
        let hostname: String?
        let machineIDHint: String?
        let productUUIDHint: String?

        init(_ head: EnvelopeHead) {
            bootID = head.bootID
            agentVersion = head.agent.version
            hostname = head.host.hostname
            machineIDHint = head.host.machineIDHint
            productUUIDHint = head.host.productUUIDHint
        }

        init(_ row: SQLRow) {
            bootID = row["boot_id"].text
            agentVersion = row["agent_version"].text
            hostname = row["hostname"].text
            machineIDHint = row["machine_id_hint"].text
            productUUIDHint = row["product_uuid_hint"].text
        }

        var values: [SQLValue] {
            [
                bootID.sqlValue, agentVersion.sqlValue, hostname.sqlValue, machineIDHint.sqlValue,
                productUUIDHint.sqlValue,
            ]
        }
    }

    var bootID: String? { identity.bootID }

    var detector: CloneDetector {
        CloneDetector(currentBoot: bootID, highestSequence: Int64(highestSequence), lastSeenAt: lastSeenAt)
    }

    init?(_ row: SQLRow?) {
        guard let row, row["revoked_at"].isNull, let machineID = row["machine_id"].integer else { return nil }
        self.machineID = machineID
        highestSequence = Int(row["highest_sequence"].integer ?? 0)
        requestedKinds = (row["requested_kinds"].text ?? "").split(separator: " ").map(String.init)
        nextDueAt = row["next_due_at"].integer.map { Timestamp(milliseconds: $0) }
        identity = Identity(row)
        lastSeenAt = row["last_seen_at"].integer
        clockSkew = row["clock_skew_ms"].integer
        wasSplit = !row["split_at"].isNull
    }
}

extension ReadSnapshot.Content {
    fileprivate var archived: ArchivedSnapshot.Content? {
        switch self {
        case .payload(let payload): .payload(payload)
        case .sameAs(let id): .sameAs(id)
        case .failed: .failed
        case .held: nil
        }
    }
}
