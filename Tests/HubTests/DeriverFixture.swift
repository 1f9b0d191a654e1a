import Contracts
import TestSupport
import Transport

@testable import Hub

/// A snapshot as a test describes it; everything else of the envelope is filled in.
struct DeriverSnapshot: Sendable {
    var kind: Kind
    var payload: (any SnapshotPayload)?
    /// Milliseconds.
    var at: Int64
    var receivedAt: Int64
    var sequence: Int
    var unknown: [String] = []
    /// In place of the payload: the snapshot that carried an equal one.
    var sameAs: Identifier?
    /// The message of a failed collecting.
    var failure: String?
    var bootID = "boot-1"
    var hostname = "web-01"
    var agentVersion = "0.1.0"
    var nextDueSeconds: Int? = 60
    var schemaVersion: Int?

    init(_ payload: any SnapshotPayload, at: Int64, sequence: Int, unknown: [String] = []) {
        kind = type(of: payload).kind
        self.payload = payload
        self.at = at
        receivedAt = at + 250
        self.sequence = sequence
        self.unknown = unknown
    }

    /// The same snapshot has the same id wherever it is sent.
    var id: Identifier { Identifier(milliseconds: at, random: (UInt64(sequence), UInt64(sequence) << 2)) }

    func head(machine: Identifier) throws -> EnvelopeHead {
        var collection = Contracts.Collection(status: failure == nil ? (unknown.isEmpty ? "ok" : "partial") : "failed")
        collection.unknown = unknown.isEmpty ? nil : unknown
        collection.durationMs = 12
        collection.nextDueSeconds = nextDueSeconds
        collection.problems = failure.map {
            [Problem(code: "failed", severity: "error", source: kind.rawValue, message: $0)]
        }
        var head = EnvelopeHead(
            envelope: 1, kind: kind.rawValue,
            schemaVersion: schemaVersion ?? kind.payloadType.schemaVersion, snapshotID: id, machineID: machine,
            sequence: sequence, bootID: bootID, collectedAt: Timestamp(milliseconds: at),
            host: HostIdentity(hostname: hostname), agent: AgentReport(version: agentVersion), collection: collection)
        if failure == nil, let payload {
            head.payloadDigest = Digest(sha256: SHA256.digest(try CanonicalJSON.encode(payload)))
        }
        head.sameAs = sameAs
        return head
    }

    /// The bytes as an agent would send them, before gzip.
    func document(machine: Identifier) throws -> [UInt8] {
        let bytes = failure == nil && sameAs == nil ? try payload.map { try CanonicalJSON.encode($0) } : nil
        return try EnvelopeDocument.join(head: head(machine: machine), payload: bytes)
    }
}

/// A hub's store with one machine, into which snapshots are taken on the way that ingest takes them.
final class TestHubStore {
    static let token = SHA256.tokenHash("token")
    static let machine = Identifier(milliseconds: 1, random: (1, 2))

    let directory: TemporaryDirectory
    let store: SQLiteStore
    let archive: SnapshotArchive
    let machineID: Int64 = 1

    init(
        name: String = "web-01", checkpoints: Checkpointer.Sizes? = nil,
        derive: @escaping SnapshotArchive.Derive = { try Derivation.apply($0, into: $1) }
    ) throws {
        archive = SnapshotArchive(derive: derive)
        directory = try TemporaryDirectory()
        store = try SQLiteStore(path: directory.file("hub.sqlite"), checkpoints: checkpoints)
        _ = try store.write { connection in
            try connection.run(
                Statement("test.machine", "INSERT INTO machines (id, machine_uuid, created_at) VALUES (?1, ?2, 0)"),
                machineID, Self.machine)
            try connection.run(
                Statement("test.settings", "INSERT INTO machine_settings (machine_id, name) VALUES (?1, ?2)"),
                machineID, name)
            try connection.run(TrustStatements.credentialInsert, Self.token, machineID, 0)
        }
    }

    @discardableResult
    func take(_ snapshot: DeriverSnapshot) throws -> String { try take([snapshot])[0] }

    /// Takes all of them in one transaction; a `same_as` that comes before its carrier is sent whole, as agents do.
    @discardableResult
    func take(_ snapshots: [DeriverSnapshot]) throws -> [String] {
        try store.write { connection in
            try snapshots.map { snapshot in
                if let result = try result(of: snapshot, connection) { return result }
                var whole = snapshot
                whole.sameAs = nil
                return try result(of: whole, connection) ?? "refused"
            }
        }
    }

    /// The names of the statements that taking a snapshot runs.
    func statements(taking snapshot: DeriverSnapshot) throws -> [String] {
        try store.write { connection in
            let counting = CountingConnection(connection)
            _ = try result(of: snapshot, counting)
            return counting.names
        }
    }

    /// The snapshot as ingest hands it to its writer.
    func submission(_ snapshot: DeriverSnapshot) throws -> Submission {
        let body = try Gzip.compress(snapshot.document(machine: Self.machine))
        let read = try SnapshotReader.read(compressed: body, inflateLimit: 1 << 25)
        return Submission(
            tokenHash: Self.token, head: read.head, content: read.content, body: body,
            bodyDigest: Digest(sha256: SHA256.digest(read.inflated)), inflatedBytes: read.inflated.count,
            receivedAt: Timestamp(milliseconds: snapshot.receivedAt), remoteAddress: nil, clockSkew: nil)
    }

    private func result(of snapshot: DeriverSnapshot, _ connection: any SQLConnection) throws -> String? {
        switch try archive.take(submission(snapshot), into: connection) {
        case .accepted(let answer): return answer.result
        case .refused(let rejection) where rejection.code == .resendFull: return nil
        case let outcome: return "\(outcome)"
        }
    }

    func rows(_ sql: String) throws -> [SQLRow] { try store.read { try $0.rows(Statement("test.rows", sql)) } }

    func value(_ sql: String) throws -> SQLValue { try rows(sql).first?[0] ?? .null }

    /// Every derived row, as text that can be compared and read; without rows that the hub itself observed at an arrival
    /// and, where columns that tell the order of arrival are left out, without columns of that sort.
    func dump(without hidden: Set<String> = []) throws -> [String] {
        try store.read { connection in
            try DerivedTables.all.flatMap { table in
                let hidden = hidden.isEmpty ? [] : hidden.union(DerivedTables.observed[table] ?? [])
                return try connection.rows(Statement("test.dump", "SELECT * FROM \(table)")).filter {
                    $0["source"].text != "hub"
                }.map { row in
                    let cells = zip(row.columns, row.values).filter { !hidden.contains($0.0) && !$0.1.isNull }
                    return "\(table): " + cells.map { "\($0)=\($1.words)" }.joined(separator: " ")
                }.sorted()
            }
        }
    }
}

/// Notes which statements go through it.
private final class CountingConnection: SQLConnection {
    private let connection: any SQLConnection
    private(set) var names: [String] = []

    init(_ connection: any SQLConnection) { self.connection = connection }

    func run(_ statement: Statement, _ values: [SQLValue]) throws -> Int {
        names.append(statement.name)
        return try connection.run(statement, values)
    }

    func insert(_ statement: Statement, _ values: [SQLValue]) throws -> Int64? {
        names.append(statement.name)
        return try connection.insert(statement, values)
    }

    func rows(_ statement: Statement, _ values: [SQLValue]) throws -> [SQLRow] {
        names.append(statement.name)
        return try connection.rows(statement, values)
    }
}

/// Numbers that look random and are the same in every run.
struct TestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
