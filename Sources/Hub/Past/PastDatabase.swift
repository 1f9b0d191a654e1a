import Contracts
import GRDB
import HubAPI

/// A hub's tables in memory, filled by the derivers with what one machine's archive says of a past moment: what answers
/// questions about now answers them about then.
final class PastDatabase {
    let archive: PastArchive
    let machine: MachineLookup.Found
    private let queue: DatabaseQueue

    /// Derives; works on memory alone.
    init(_ archive: PastArchive, schemas: SchemaVersions = .current) throws {
        self.archive = archive
        queue = try DatabaseQueue()
        machine = try queue.write { database in
            let connection = SQLiteConnection(database: database, times: StatementTimes())
            try Migrations.apply(to: connection, engine: .sqlite)
            return try Self.fill(connection, archive, schemas)
        }
    }

    func read<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
        try queue.read { try body(SQLiteConnection(database: $0, times: StatementTimes())) }
    }

    private static func fill(
        _ connection: any SQLConnection, _ archive: PastArchive, _ schemas: SchemaVersions
    ) throws -> MachineLookup.Found {
        let newest = archive.entries.filter { !$0.isCarrier }.max { $0.read.head.sequence < $1.read.head.sequence }
        let head = newest?.read.head
        let row = try connection.row(
            MachineStatements.insert, archive.uuid, archive.createdAt, head?.agent.version, head?.host.hostname,
            SQLValue.null, SQLValue.null)
        let id = row?["id"].integer ?? 0
        try connection.run(MachineStatements.insertSettings, id, archive.name)
        try archive.hostKeys.write(of: id, to: connection)
        for entry in archive.entries { try take(entry, of: id, connection, schemas) }
        let taken = archive.entries.filter { !$0.isCarrier }
        let seen = (taken.map(\.receivedAt).filter { $0 <= archive.at } + [archive.metricsAt].compactMap { $0 }).max()
        if let seen {
            // What each kind promised; where metrics were coming until the moment, the machine was there.
            let promised = taken.compactMap { entry in
                entry.read.head.collection.nextDueSeconds.map {
                    entry.receivedAt.adding(milliseconds: Int64(min($0, 31_536_000)) * 1000)
                }
            }
            let due = (promised + (archive.metricsAt == nil ? [] : [archive.at])).max()
            try ContactNote(
                machine: id, seenAt: seen, remoteAddress: nil, clockSkew: nil, nextDueAt: due, newest: nil
            ).write(to: connection)
        }
        return MachineLookup.Found(id: id, name: archive.name)
    }

    private static func take(
        _ entry: PastArchive.Entry, of machine: Int64, _ connection: any SQLConnection, _ schemas: SchemaVersions
    ) throws {
        let head = entry.read.head
        // A snapshot may be there twice: by itself, and as what another one refers to. What only carries a payload is none
        // of those around a place in the order.
        let isThere = try connection.row(ArchiveStatements.find, machine, head.snapshotID) != nil
        if !isThere {
            try connection.run(
                ArchiveStatements.insert, machine, head.snapshotID, head.kind, head.schemaVersion, head.sequence,
                head.bootID, head.collectedAt, entry.receivedAt, entry.effectiveAt, head.collection.status,
                entry.isCarrier ? "held" : "derived", head.payloadDigest, head.sameAs, head.payloadDigest?.text ?? "",
                entry.read.inflated.count, entry.body)
        }
        guard !entry.isCarrier else { return }
        let content: ArchivedSnapshot.Content
        switch entry.read.content {
        case .payload(let payload): content = .payload(payload)
        case .sameAs(let id): content = .sameAs(id)
        case .failed: content = .failed
        case .held: return
        }
        _ = try Derivation.apply(
            ArchivedSnapshot(
                archiveID: 0, machineID: machine, head: head, receivedAt: entry.receivedAt,
                effectiveAt: entry.effectiveAt, content: content), into: connection, schemas: schemas)
    }
}
