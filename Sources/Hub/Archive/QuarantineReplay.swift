import Contracts
import Transport

/// Puts what was refused through ingest again, as this version of the hub sees it.
///
/// It is taken as of the moment when the machine sent it: order and histories are what they would have been, and the
/// machine does not look as if it had just reported.
struct QuarantineReplay {
    enum Outcome: Equatable {
        /// In the archive, and out of the quarantine.
        case taken(result: String)
        /// Refused again; it stays.
        case refused(code: String, detail: String)
        /// Only its beginning was kept.
        case incomplete
        /// The machine has no token in force.
        case notEnrolled
        case failed(String)
    }

    let store: any Store
    let archive: SnapshotArchive
    let inflateLimit: Int
    var schemas = SchemaVersions.current

    /// Nil where there is no such entry.
    func replay(_ id: Int64) throws -> Outcome? {
        do {
            return try store.write { connection in
                guard let row = try connection.row(QuarantineStatements.one, id) else { return nil }
                return try replay(row, connection)
            }
        } catch let failure as StoreFailure where failure.code != .other {
            throw failure
        } catch { return .failed("\(error)") }
    }

    private func replay(_ row: SQLRow, _ connection: any SQLConnection) throws -> Outcome {
        guard let body = row["body"].blob, Int64(body.count) == row["body_bytes"].integer else { return .incomplete }
        guard let machine = row["machine_id"].integer, let uuid = row["machine_uuid"].text,
            let credential = try connection.row(QuarantineStatements.credential, machine)?["token_hash"].text,
            let token = Digest(credential)
        else { return .notEnrolled }
        let submission: Submission
        do throws(IngestRejection) {
            let receivedAt = Timestamp(milliseconds: row["received_at"].integer ?? 0)
            let read = try SnapshotReader.read(compressed: body, inflateLimit: inflateLimit, schemas: schemas)
            try SenderRules.check(read.head, of: uuid, receivedAt: receivedAt)
            submission = Submission(
                tokenHash: token, head: read.head, content: read.content, body: body,
                bodyDigest: Digest(sha256: SHA256.digest(read.inflated)), inflatedBytes: read.inflated.count,
                receivedAt: receivedAt, remoteAddress: nil, clockSkew: nil)
        } catch { return .refused(code: error.code.rawValue, detail: error.detail) }
        let contact = try connection.row(QuarantineStatements.contact, machine)
        switch try archive.take(submission, into: connection) {
        case .accepted(let answer):
            if let contact, !contact["last_seen_at"].isNull {
                try connection.run(
                    QuarantineStatements.restoreContact, machine, contact["last_seen_at"], contact["next_due_at"])
            }
            try connection.run(QuarantineStatements.delete, row["id"])
            return .taken(result: answer.result)
        case .refused(let rejection): return .refused(code: rejection.code.rawValue, detail: rejection.detail)
        case .unauthorized: return .notEnrolled
        case .busy, .stopping, .storageFull, .failed: return .failed("the archive did not take it")
        }
    }
}
