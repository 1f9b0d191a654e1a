import Contracts
import HubAPI

/// What the archive has of a machine at a past moment: the snapshots to derive, read in one transaction.
struct PastArchive: Sendable {
    struct Entry: Sendable {
        var receivedAt: Timestamp
        var effectiveAt: Timestamp
        var body: [UInt8]
        var read: ReadSnapshot
        /// Only there to carry another one's payload.
        var isCarrier = false
    }

    var name: String
    var uuid: Identifier
    var createdAt: Timestamp
    var at: Timestamp
    /// The oldest first, each kind by itself.
    var entries: [Entry] = []
    var kinds: [PastKind] = []
    /// When metrics had last come, by the history, where the archive has none of them any more.
    var metricsAt: Timestamp?
    var hostKeys = PastHostKeys()

    /// Where a section could not be read, older snapshots may say what stood there: so many are looked at.
    private static let depth = 50

    /// Nil where there is no such machine.
    static func read(
        _ machine: MachineLookup.Found, at: Timestamp, kinds: [Kind], from connection: any SQLConnection,
        schemas: SchemaVersions = .current
    ) throws -> PastArchive? {
        guard let row = try connection.row(machineRow, machine.id), let created = row["created_at"].integer,
            let uuid = row["machine_uuid"].text.flatMap(Identifier.init(_:))
        else { return nil }
        var archive = PastArchive(
            name: machine.name, uuid: uuid, createdAt: Timestamp(milliseconds: created), at: at)
        for kind in kinds {
            var reader = Reader(
                machine: machine.id, kind: kind, at: at, connection: connection, schemas: schemas)
            try reader.run()
            archive.entries += reader.entries.reversed()
            archive.kinds.append(reader.past)
        }
        if kinds.contains(.hardware) {
            archive.hostKeys = try PastHostKeys(machine.id, at: at, from: connection)
        }
        let bucket = RollupSpan.fiveMinutes.length
        let newest = RollupSpan.fiveMinutes.bucket(of: at.milliseconds)
        archive.metricsAt = try connection.row(
            metricsAt, machine.id, newest, newest - bucket, newest - 2 * bucket, at)?["at"].integer
            .map { Timestamp(milliseconds: $0) }
        return archive
    }

    var isEmpty: Bool { entries.isEmpty }

    /// One kind of the archive, walked backwards.
    private struct Reader {
        let machine: Int64
        let kind: Kind
        let at: Timestamp
        let connection: any SQLConnection
        let schemas: SchemaVersions
        /// The newest first, a carrier after what it carries.
        var entries: [Entry] = []
        var past: PastKind
        private var carriers: Set<String> = []

        init(machine: Int64, kind: Kind, at: Timestamp, connection: any SQLConnection, schemas: SchemaVersions) {
            self.machine = machine
            self.kind = kind
            self.at = at
            self.connection = connection
            self.schemas = schemas
            past = PastKind(kind: kind.rawValue)
        }

        mutating func run() throws {
            let neighbors = SnapshotNeighbors(machine: machine, kind: kind, connection: connection, schemas: schemas)
            var place = SnapshotOrder(effectiveAt: at.milliseconds + 1, sequence: .min, uuid: "")
            var unknown: Set<String> = []
            for _ in 0..<PastArchive.depth {
                guard let order = try neighbors.orderBefore(place) else { break }
                place = order
                guard let found = try add(order.uuid) else { continue }
                if past.snapshotID == nil {
                    past.snapshotID = found.snapshotID
                    past.collectedAt = found.collectedAt
                    unknown = Set(found.collection.unknown ?? [])
                } else {
                    unknown.formIntersection(found.collection.unknown ?? [])
                }
                // What a section held before it could not be read any more.
                if unknown.isEmpty { break }
            }
            for pointer in unknown.sorted() {
                past.notices.append(
                    "\(pointer.isEmpty ? "the whole kind" : pointer) could not be read then, nor before")
            }
            try noteFailure(after: entries.first?.effectiveAt)
            if past.snapshotID == nil { past.notices.append(try absence()) }
        }

        /// Nil where it cannot be read; that is noted.
        private mutating func add(_ uuid: String) throws -> EnvelopeHead? {
            guard let entry = try entry(uuid) else { return nil }
            switch entry.read.content {
            case .payload:
                entries.append(entry)
            case .sameAs(let id):
                if !carriers.contains(id.text) {
                    guard var carrier = try self.entry(id.text) else { return nil }
                    guard case .payload = carrier.read.content else { return nil }
                    carrier.isCarrier = true
                    carriers.insert(id.text)
                    entries.append(entry)
                    entries.append(carrier)
                } else {
                    entries.append(entry)
                }
            case .failed, .held: return nil
            }
            return entry.read.head
        }

        private mutating func entry(_ uuid: String) throws -> Entry? {
            guard let row = try connection.row(PastArchive.snapshot, machine, uuid), let body = row["body"].blob else {
                past.notices.append("snapshot \(uuid) is not in the archive any more")
                return nil
            }
            do throws(IngestRejection) {
                let read = try SnapshotReader.read(
                    compressed: body, inflateLimit: SnapshotNeighbors.inflateLimit, schemas: schemas, isArchived: true)
                return Entry(
                    receivedAt: Timestamp(milliseconds: row["received_at"].integer ?? 0),
                    effectiveAt: Timestamp(milliseconds: row["effective_at"].integer ?? 0), body: body, read: read)
            } catch {
                past.notices.append("snapshot \(uuid) cannot be read: \(error.detail)")
                return nil
            }
        }

        /// A collecting that failed after the newest snapshot and before the moment.
        private mutating func noteFailure(after newest: Timestamp?) throws {
            guard
                let row = try connection.row(
                    PastArchive.failure, machine, kind, newest?.milliseconds ?? .min, at),
                let uuid = row["snapshot_uuid"].text, let entry = try entry(uuid)
            else { return }
            let problem = entry.read.head.collection.problems?.first.map { ": \($0.message)" } ?? ""
            past.notices.append("its collecting failed at \(entry.effectiveAt)\(problem)")
            // The newest: in the order of deriving it comes last.
            entries.insert(entry, at: 0)
        }

        private func absence() throws -> String {
            guard let oldest = try connection.row(PastArchive.oldest, machine, kind)?["at"].integer else {
                return "the archive has no \(kind.rawValue) snapshot of this machine"
            }
            return "the archive of \(kind.rawValue) begins at \(Timestamp(milliseconds: oldest))"
        }
    }

    static let machineRow = Statement(
        "past.machine", "SELECT machine_uuid, created_at FROM machines WHERE id = ?1")
    static let snapshot = Statement(
        "past.snapshot",
        "SELECT received_at, effective_at, body FROM snapshots WHERE machine_id = ?1 AND snapshot_uuid = ?2")
    static let failure = Statement(
        "past.failure",
        """
        SELECT snapshot_uuid FROM snapshots
        WHERE machine_id = ?1 AND kind = ?2 AND effective_at > ?3 AND effective_at <= ?4 AND collection_status = 'failed'
        ORDER BY effective_at DESC, sequence DESC LIMIT 1
        """)
    static let oldest = Statement(
        "past.oldest",
        """
        SELECT effective_at AS at FROM snapshots
        WHERE machine_id = ?1 AND kind = ?2 AND collection_status <> 'failed' AND result <> 'held'
        ORDER BY effective_at, sequence LIMIT 1
        """)
    static let metricsAt = Statement(
        "past.metrics_at",
        """
        SELECT max(at) AS at FROM host_metrics
        WHERE bucket_at IN (CAST(?2 AS BIGINT), CAST(?3 AS BIGINT), CAST(?4 AS BIGINT)) AND machine_id = ?1 AND at <= ?5
        """)
    static let events = Statement(
        "past.events",
        """
        SELECT s.name AS machine, e.at, e.type, e.severity, e.subject, e.message, e.source
        FROM machine_events e JOIN machine_settings s ON s.machine_id = e.machine_id
        WHERE e.machine_id = ?1 AND e.at <= ?2 ORDER BY e.at DESC, e.event_id LIMIT ?3
        """)

    static let statements =
        [machineRow, snapshot, failure, oldest, metricsAt, events] + PastHostKeys.statements
}
