import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import Transport

/// `POST /v1/snapshots`: every row of the contract's table.
struct SnapshotRoute: Sendable {
    let authenticator: MachineAuthenticator
    let rateLimiter: RateLimiter
    let inFlight: InFlightBytes
    let writer: IngestWriter
    let remoteAddress: RemoteAddress
    let limits: HubConfiguration.Limits
    let meters: HubMeters
    var schemas = SchemaVersions.current
    let announcement: CurrentAnnouncement
    let now: @Sendable () -> Timestamp

    /// A body up to this size is read to its end after a refusal, which keeps the connection.
    private static let drainLimit = 64 * 1024

    func handle(_ request: Request, _ context: HubContext) async throws -> Response {
        let token = BearerToken.read(request)
        do {
            guard let token else {
                throw ProblemResponse(.unauthorized, .unauthorized, "a machine's token is needed")
            }
            let machine = try await authenticator.authenticate(token)
            return try await receive(request, context, machine)
        } catch let problem as ProblemResponse {
            // What did not reach the writer has seen the credential in the cache at best.
            if problem.status != .unauthorized, problem.status.kind == .clientError, let token {
                _ = try await authenticator.authenticate(token, fresh: true)
            }
            var problem = problem
            if !Self.isShort(request) { problem.closesConnection = true }
            throw problem
        }
    }

    private static func isShort(_ request: Request) -> Bool {
        guard let length = request.headers[.contentLength].flatMap({ Int($0) }) else { return false }
        return length <= drainLimit
    }

    private func receive(
        _ request: Request, _ context: HubContext, _ machine: AuthenticatedMachine
    ) async throws -> Response {
        if let seconds = rateLimiter.take(machine.id) {
            throw ProblemResponse(
                .tooManyRequests, .rateLimited,
                "more than \(limits.requestsPerMinute) snapshots a minute from this machine",
                retryAfterSeconds: seconds)
        }
        guard Self.isMediaType(request.headers[.contentType], "application/json"),
            Self.isMediaType(request.headers[.contentEncoding], "gzip")
        else {
            throw ProblemResponse(
                .unsupportedMediaType, .unsupportedMediaType,
                "a snapshot is sent as Content-Type: application/json with Content-Encoding: gzip")
        }
        let receivedAt = now()
        var body = ReceivedBody(budget: inFlight)
        defer { body.release() }
        do throws(ReceivedBody.Failure) {
            try await body.read(request.body, declared: request.headers[.contentLength], limit: limits.compressedBytes)
        } catch {
            switch error {
            case .tooLarge:
                let detail = "a snapshot may have \(limits.compressedBytes) bytes as sent"
                quarantine(
                    machine, receivedAt, 413, IngestRejection(.tooLarge, detail), body.bytes,
                    declared: body.declared ?? 0)
                throw ProblemResponse(.contentTooLarge, .tooLarge, detail, closesConnection: true)
            case .overBudget:
                throw ProblemResponse(
                    .serviceUnavailable, .busy, "the hub has too much in flight", retryAfterSeconds: Self.pause(),
                    closesConnection: true)
            case .broken:
                throw ProblemResponse(.badRequest, .badRequest, "the body ended early", closesConnection: true)
            }
        }
        let submission: Submission
        do throws(IngestRejection) {
            let fields = request.headers
            submission = try read(
                Said(
                    contentDigest: fields[.contentDigest], date: fields[.date], forwardedFor: fields[.xForwardedFor]),
                from: context.peerAddress, machine, body.bytes, receivedAt: receivedAt)
        } catch {
            let problem = ProblemResponse(error)
            if error.isKept { quarantine(machine, receivedAt, problem.status.code, error, body.bytes) }
            throw problem
        }
        return Response(reply(to: await writer.submit(submission), submission, machine))
    }

    /// What the headers say that is kept, or compared.
    struct Said {
        var contentDigest: String?
        var date: String?
        var forwardedFor: String?
    }

    /// Everything that can be said without the database.
    private func read(
        _ said: Said, from peer: String?, _ machine: AuthenticatedMachine, _ bytes: [UInt8],
        receivedAt: Timestamp
    ) throws(IngestRejection) -> Submission {
        try ContentDigest.verify(said.contentDigest, of: bytes)
        let snapshot = try SnapshotReader.read(
            compressed: bytes, inflateLimit: limits.inflatedBytes, schemas: schemas)
        return try submission(of: snapshot, said, from: peer, machine, bytes, receivedAt: receivedAt)
    }

    /// The same for what can be read the short way; nil for any other, good or not.
    ///
    /// - Parameter inflateLimit: bytes.
    func readCanonical(
        _ said: Said, from peer: String?, _ machine: AuthenticatedMachine, _ bytes: [UInt8],
        inflateLimit: Int, receivedAt: Timestamp
    ) -> Submission? {
        let limit = min(inflateLimit, limits.inflatedBytes)
        guard (try? ContentDigest.verify(said.contentDigest, of: bytes)) != nil,
            let snapshot = SnapshotReader.readCanonical(compressed: bytes, inflateLimit: limit, schemas: schemas)
        else { return nil }
        return try? submission(of: snapshot, said, from: peer, machine, bytes, receivedAt: receivedAt)
    }

    private func submission(
        of snapshot: ReadSnapshot, _ said: Said, from peer: String?, _ machine: AuthenticatedMachine,
        _ bytes: [UInt8], receivedAt: Timestamp
    ) throws(IngestRejection) -> Submission {
        try SenderRules.check(snapshot.head, of: machine.uuid, receivedAt: receivedAt)
        meters.arrived(delay: max(0, receivedAt.milliseconds - snapshot.head.collectedAt.milliseconds))
        let skew = said.date.flatMap(HTTPDate.parse).map {
            ClockSkew.measured(date: $0, receivedAt: receivedAt)
        }
        return Submission(
            tokenHash: machine.tokenHash, head: snapshot.head, content: snapshot.content, body: bytes,
            bodyDigest: Digest(sha256: SHA256.digest(snapshot.inflated)), inflatedBytes: snapshot.inflated.count,
            receivedAt: receivedAt,
            remoteAddress: remoteAddress.resolve(peer: peer, forwarded: said.forwardedFor),
            clockSkew: skew, prepares: true)
    }

    /// What the sender is told of what became of its snapshot.
    func reply(
        to outcome: IngestOutcome, _ submission: Submission, _ machine: AuthenticatedMachine
    ) -> Reply {
        let problem: ProblemResponse
        switch outcome {
        case .accepted(var answer):
            answer.announcement = announcement.word
            let status: HTTPTypes.HTTPResponse.Status =
                switch answer.result {
                case "derived": .created
                case "held": .accepted
                default: .ok
                }
            return Reply(status: status, fields: [.contentType: "application/json"], body: answer.canonicalJSON)
        case .refused(let rejection):
            problem = ProblemResponse(rejection)
            if rejection.isKept {
                quarantine(machine, submission.receivedAt, problem.status.code, rejection, submission.body)
            }
        case .unauthorized:
            authenticator.forget(machine.tokenHash)
            problem = MachineAuthenticator.reenroll
        case .busy:
            problem = ProblemResponse(
                .serviceUnavailable, .busy, "the hub is busy", retryAfterSeconds: Self.pause())
        case .stopping:
            problem = ProblemResponse(.serviceUnavailable, .stopping, "the hub is stopping", retryAfterSeconds: 5)
        case .storageFull:
            problem = ProblemResponse(storeFailure: StoreFailure(code: .storageFull, message: ""))
        case .failed:
            problem = ProblemResponse(
                .internalServerError, .internalError, "the hub's log says more", retryAfterSeconds: 60)
        }
        return problem.reply
    }

    /// Spread, so that those who were sent away do not come back together.
    private static func pause() -> Int { Int.random(in: 2...10) }

    private func quarantine(
        _ machine: AuthenticatedMachine, _ receivedAt: Timestamp, _ status: Int, _ rejection: IngestRejection,
        _ bytes: [UInt8], declared: Int = 0
    ) {
        var reason = rejection.detail
        if let violations = rejection.violations {
            reason = violations.prefix(20).map { "\($0.pointer) \($0.message)" }.joined(separator: "\n")
        }
        let kept = rejection.code == .tooLarge ? bytes.prefix(Quarantine.beginning) : bytes[...]
        writer.quarantine(
            QuarantineEntry(
                machineID: machine.id, receivedAt: receivedAt, status: status, code: rejection.code, reason: reason,
                bodyBytes: max(bytes.count, declared), body: Array(kept)))
    }

    /// Whether a header names that type, with whatever parameters.
    private static func isMediaType(_ header: String?, _ type: String) -> Bool {
        guard let header else { return false }
        if header == type { return true }
        return header.split(separator: ";").first.map { $0.filter { !$0.isWhitespace }.lowercased() } == type
    }
}

extension IngestRejection {
    /// Refused for what it is: an operator may want to see it. The others are sent again.
    fileprivate var isKept: Bool {
        switch code {
        case .notGzip, .notStrictJSON, .inflatesTooLarge, .digestMismatch, .schemaViolation, .unsupportedVersion,
            .snapshotIDReused, .tooLarge:
            true
        default: false
        }
    }
}

extension ProblemResponse {
    init(_ rejection: IngestRejection) {
        let status: Hummingbird.HTTPResponse.Status =
            switch rejection.code {
            case .machineMismatch: .forbidden
            case .resendFull: .conflict
            case .schemaViolation, .unsupportedVersion, .snapshotIDReused: .unprocessableContent
            case .tooLarge: .contentTooLarge
            default: .badRequest
            }
        self.init(status, rejection.code, rejection.detail, violations: rejection.violations)
    }
}
