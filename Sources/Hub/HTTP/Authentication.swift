import Contracts
import HTTPTypes
import Hummingbird
import Transport

/// What an operator's client may do; each includes the ones before it.
enum Scope: String, CaseIterable, Comparable, Sendable {
    case read, operate, admin

    static func < (left: Scope, right: Scope) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .read: 0
        case .operate: 1
        case .admin: 2
        }
    }
}

/// Who asks.
enum Caller: Equatable, Sendable {
    /// A machine, by its row in `machines`.
    case machine(Int64)
    /// An operator's client, by its row in `api_clients`.
    case client(id: Int64, name: String, scope: Scope)
    /// Somebody on the hub itself who may open its Unix socket.
    case local

    /// What operator routes let this caller do; a machine may post only.
    var scope: Scope? {
        switch self {
        case .machine: nil
        case .client(_, _, let scope): scope
        case .local: .admin
        }
    }

    /// How the audit log calls this caller.
    var actor: String {
        switch self {
        case .machine(let id): "machine:\(id)"
        case .client(_, let name, _): "client:\(name)"
        case .local: "local"
        }
    }
}

extension HubContext {
    /// The caller, who has at least this scope; otherwise throws the 403.
    @discardableResult
    func require(_ scope: Scope) throws(ProblemResponse) -> Caller {
        guard let caller else { throw .unauthorized }
        guard let held = caller.scope, held >= scope else {
            throw ProblemResponse(
                .forbidden, .forbidden,
                "this needs a token of scope \(scope.rawValue); make one with vigie-hub client create")
        }
        return caller
    }
}

extension ProblemResponse {
    static let unauthorized = ProblemResponse(
        .unauthorized, .unauthorized, "the token is not known, has expired or was revoked; log in again")
}

/// Says who asks an operator's route, or answers 401.
struct OperatorAuthentication: RouterMiddleware {
    let store: any Store
    /// On the Unix socket: its mode has decided already who may ask.
    let trustsEverybody: Bool

    func handle(
        _ request: Request, context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.caller = trustsEverybody ? .local : try await client(of: request)
        return try await next(request, context)
    }

    private func client(of request: Request) async throws -> Caller {
        guard let token = BearerToken.read(request) else { throw ProblemResponse.unauthorized }
        let hash = SHA256.tokenHash(token)
        let now = Clock.now()
        let row = try await store.read { try $0.row(TrustStatements.clientByToken, hash) }
        // The index found it by equality of a digest: what its timing could tell is not the token.
        guard let row, row["revoked_at"].isNull, let id = row["id"].integer, let name = row["name"].text,
            let scope = row["scope"].text.flatMap(Scope.init(rawValue:)),
            row["expires_at"].integer.map({ $0 > now.milliseconds }) ?? true
        else { throw ProblemResponse.unauthorized }
        // Once a minute is enough for "last seen", and keeps reads from becoming writes.
        if (row["last_seen_at"].integer ?? 0) < now.milliseconds - 60_000 {
            _ = try? await store.write { try $0.run(TrustStatements.clientSeen, id, now) }
        }
        return .client(id: id, name: name, scope: scope)
    }
}

/// The token of an `Authorization: Bearer …` header (RFC 6750).
enum BearerToken {
    static func read(_ request: Request) -> String? { request.headers[.authorization].flatMap { read(header: $0) } }

    static func read(header value: String) -> String? {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].isEmpty, parts[1].utf8.count <= 512
        else { return nil }
        return String(parts[1])
    }
}
