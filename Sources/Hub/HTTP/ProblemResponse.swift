import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// An error answer of the hub: thrown by a route, answered as `application/problem+json` (RFC 9457).
struct ProblemResponse: HTTPResponseError {
    let status: Hummingbird.HTTPResponse.Status
    let code: ProblemCode
    /// What the client may read: what is wrong, and what to do; never a secret.
    let detail: String?
    var violations: [Violation]?
    /// When to come back, in seconds.
    var retryAfterSeconds: Int?
    /// Of a 405: the methods that the path takes, as `GET, HEAD`.
    var allow: String?
    /// The rest of the request is not read: the connection ends with this answer.
    var closesConnection = false

    init(
        _ status: Hummingbird.HTTPResponse.Status, _ code: ProblemCode, _ detail: String? = nil,
        violations: [Violation]? = nil, retryAfterSeconds: Int? = nil, closesConnection: Bool = false
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.violations = violations
        self.retryAfterSeconds = retryAfterSeconds
        self.closesConnection = closesConnection
    }

    init(notAllowed method: String, allowed: String) {
        self.init(
            .methodNotAllowed, .methodNotAllowed, "\(method) is nothing that this path takes; it takes \(allowed)")
        allow = allowed
    }

    static func notFound(_ detail: String) -> ProblemResponse { .init(.notFound, .notFound, detail) }
    static func badRequest(_ detail: String) -> ProblemResponse { .init(.badRequest, .badRequest, detail) }
    static func conflict(_ detail: String) -> ProblemResponse { .init(.conflict, .conflict, detail) }

    func response(from request: Request, context: some RequestContext) throws -> Response { plainResponse }

    var plainResponse: Response { Response(reply) }

    /// The answer; without its document if that cannot be written.
    var reply: Reply {
        var document = ProblemDocument(
            type: "about:blank", title: status.reasonPhrase, status: status.code, code: code.rawValue)
        document.detail = detail
        document.violations = violations
        var reply = Reply(
            status: status, fields: [.contentType: "application/problem+json", .cacheControl: "no-store"],
            body: (try? CanonicalJSON.encode(document)) ?? [])
        if let retryAfterSeconds { reply.fields[.retryAfter] = "\(retryAfterSeconds)" }
        if let allow { reply.fields[.allow] = allow }
        if closesConnection { reply.fields[.connection] = "close" }
        if status == .unauthorized { reply.fields[.wwwAuthenticate] = "Bearer" }
        return reply
    }
}

/// An answer whose body is there as a whole, for the router or for a channel.
struct Reply: Sendable {
    let status: HTTPTypes.HTTPResponse.Status
    var fields: HTTPFields
    let body: [UInt8]
}

extension Response {
    init(_ reply: Reply) {
        self.init(
            status: reply.status, headers: reply.fields, body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    /// An answer of `application/json` with canonical bytes.
    static func json(
        _ value: some Encodable, status: Hummingbird.HTTPResponse.Status = .ok
    ) throws -> Response {
        Response(
            Reply(
                status: status, fields: [.contentType: "application/json", .cacheControl: "no-store"],
                body: try CanonicalJSON.encode(value)))
    }
}

/// Turns what routes throw, and what no route answers, into problem documents.
struct ProblemMiddleware: RouterMiddleware {
    let logger: Logger

    init(logger: Logger = Logger(label: "vigie-hub")) { self.logger = logger }

    func handle(
        _ request: Request, context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let problem as ProblemResponse {
            throw problem
        } catch let failure as StoreFailure {
            logger.error("\(request.uri.path): \(failure.message)")
            throw ProblemResponse(storeFailure: failure)
        } catch let error as HTTPError {
            throw ProblemResponse(httpError: error)
        } catch is CancellationError {
            throw ProblemResponse(.serviceUnavailable, .stopping, "the hub is stopping", retryAfterSeconds: 5)
        } catch {
            logger.error("\(request.uri.path): \(error)")
            throw ProblemResponse(.internalServerError, .internalError, "the hub's log says more")
        }
    }
}

extension ProblemResponse {
    init(storeFailure: StoreFailure) {
        switch storeFailure.code {
        case .storageFull:
            self.init(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), .storageFull, "the hub's storage is full",
                retryAfterSeconds: 60)
        default: self.init(.internalServerError, .internalError, "the hub's log says more")
        }
    }

    init(httpError: HTTPError) {
        switch httpError.status {
        case .notFound: self.init(.notFound, .notFound, "no such resource")
        case .methodNotAllowed: self.init(.methodNotAllowed, .methodNotAllowed)
        case .contentTooLarge: self.init(.contentTooLarge, .tooLarge, httpError.body, closesConnection: true)
        default: self.init(httpError.status, .badRequest, httpError.body)
        }
    }
}
