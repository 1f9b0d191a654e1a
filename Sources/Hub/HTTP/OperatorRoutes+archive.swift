import Contracts
import Foundation
import HubAPI
import Hummingbird
import Inflate
import Transport

/// The archive as it came, SQL, and the hub itself.
extension OperatorRoutes {
    /// What a snapshot may inflate to at most; its own size is in the archive, this guards against a damaged row.
    private static let inflateLimit = 256 << 20

    func snapshot(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["raw"])
        let isRaw = try parameters.flag("raw")
        guard let id = Identifier(try Self.name(context, "id")) else {
            throw ProblemResponse.badRequest(
                "a snapshot_id is a UUID in lower case, as 0194e7c2-7b7b-7000-8000-000000000000")
        }
        guard let found = try await environment.store.read({ try SnapshotQueries.find($0, id) }) else {
            throw ProblemResponse.notFound("the archive holds no snapshot \(id); vigie snapshots NAME lists them")
        }
        if isRaw { return Self.bytes(ByteBuffer(bytes: found.body), type: "application/gzip") }
        let limit = min(found.summary.inflatedBytes, Self.inflateLimit)
        return Self.bytes(
            ByteBuffer(bytes: try BodyInflater.inflate(found.body, limit: limit)), type: "application/json")
    }

    static func bytes(_ bytes: ByteBuffer, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: .init(byteBuffer: bytes))
    }

    func sql(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        _ = try OperatorParameters(request, allowed: [])
        let question = try await body(
            request, as: SQLRequest.self, form: #"{"sql": "SELECT …", "row_limit": 100}"#)
        if let limit = question.rowLimit, !(1...console.rowLimit).contains(limit) {
            throw ProblemResponse.badRequest("row_limit is a number from 1 to \(console.rowLimit), not \(limit)")
        }
        do throws(SQLConsole.Failure) {
            let answer = try await console.run(question.sql, rowLimit: question.rowLimit)
            return try Self.json(answer)
        } catch {
            switch error.reason {
            case .refused: throw ProblemResponse(.badRequest, .queryFailed, error.message)
            case .timedOut: throw ProblemResponse(.badRequest, .timedOut, error.message)
            case .busy:
                throw ProblemResponse(.serviceUnavailable, .busy, error.message, retryAfterSeconds: 2)
            }
        }
    }

    private static func json(_ answer: SQLAnswer) throws(SQLConsole.Failure) -> Response {
        do { return try .json(answer) } catch {
            throw SQLConsole.Failure(reason: .refused, message: "the answer cannot be written as JSON: \(error)")
        }
    }

    func tables(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        _ = try OperatorParameters(request, allowed: [])
        return try .json(ListAnswer(items: TableQueries.readable, truncated: false))
    }

    func hub(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        _ = try OperatorParameters(request, allowed: [])
        let now = now()
        let heardSince = environment.attention.heardSince(now.milliseconds)
        var status = try await environment.store.read {
            try HubQueries.status($0, now: now, heardSince: heardSince)
        }
        status.startedAt = environment.startedAt
        status.databaseBytes = databaseBytes()
        return try .json(status)
    }

    /// The database with its write-ahead log.
    private func databaseBytes() -> Int? {
        let sizes = ["", "-wal"].compactMap { suffix in
            try? FileManager.default.attributesOfItem(atPath: environment.store.path + suffix)[.size] as? Int
        }
        return sizes.isEmpty ? nil : sizes.reduce(0, +)
    }
}
