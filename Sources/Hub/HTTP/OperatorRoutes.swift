import Contracts
import Foundation
import HubAPI
import Hummingbird
import NIOCore
import Transport

/// What operators ask: every route of `vigie`. Reading is for a token of scope `read`, the rest says what it needs.
struct OperatorRoutes: Sendable {
    let environment: OperatorEnvironment
    let console: SQLConsole
    let now: @Sendable () -> Timestamp

    init(environment: OperatorEnvironment, now: @escaping @Sendable () -> Timestamp = Clock.now) {
        self.environment = environment
        self.now = now
        console = SQLConsole(path: environment.store.path)
    }

    /// Paths from the root; the router's authentication stands before them.
    func add(to router: some RouterMethods<HubContext>) {
        router.get("/v1/machines") { try await machines($0, $1) }
        router.get("/v1/machines/:name") { try await machine($0, $1) }
        router.get("/v1/machines/:name/diff") { try await diff($0, $1) }
        router.get("/v1/machines/:name/metrics") { try await metrics($0, $1) }
        router.get("/v1/machines/:name/snapshots") { try await snapshots($0, $1) }
        router.get("/v1/messages") { try await messages($0, $1) }
        router.post("/v1/messages/:id/acknowledge") { try await acknowledge($0, $1) }
        router.get("/v1/snapshots/:id") { try await snapshot($0, $1) }
        router.get("/v1/tables") { try await tables($0, $1) }
        router.get("/v1/hub") { try await hub($0, $1) }
        router.post("/v1/sql") { try await sql($0, $1) }
        addHardware(to: router)
        addAPT(to: router)
        addDocker(to: router)
        addEvents(to: router)
    }

    /// Runs a question in one read transaction and writes its answer as JSON.
    func answer<Answer: Encodable & Sendable>(
        _ question: @Sendable (any SQLConnection) throws -> Answer
    ) async throws -> Response {
        try await Self.telling { try .json(try await environment.store.read(question)) }
    }

    /// The same in one write transaction: what an operator changes is on the disk before the answer.
    func change<Answer: Encodable & Sendable>(
        _ body: @Sendable (any SQLConnection) throws -> Answer
    ) async throws -> Response {
        try await Self.telling { try .json(try await environment.store.write(body)) }
    }

    /// Names that mean nothing, or too much, as problems.
    private static func telling(_ body: () async throws -> Response) async throws -> Response {
        do { return try await body() } catch let missing as MissingName {
            throw ProblemResponse.notFound(missing.detail)
        } catch let ambiguous as AmbiguousName { throw ProblemResponse.conflict(ambiguous.detail) }
    }

    /// The path's machine, as its caller wrote it.
    static func name(_ context: HubContext, _ parameter: String = "name") throws(ProblemResponse) -> String {
        guard let name = context.parameters.get(parameter)?.removingPercentEncoding, !name.isEmpty else {
            throw .badRequest("the path names nothing")
        }
        return name
    }
}

extension OperatorRoutes {
    private func machines(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(
            request, allowed: ["freshness", "stale", "tag", "status", "retired", "limit"])
        let filter = MachineQueries.Filter(
            freshness: try parameters.choice("freshness", of: Freshness.allCases.map(\.rawValue))
                .flatMap(Freshness.init(rawValue:)),
            isStale: try parameters.flag("stale"), tag: parameters.text("tag"),
            status: try parameters.choice("status", of: HealthStatus.allCases.map(\.rawValue))
                .flatMap(HealthStatus.init(rawValue:)),
            includesRetired: try parameters.flag("retired"))
        let limit = try parameters.limit(default: 10_000, maximum: 100_000)
        let now = now()
        let heardSince = environment.attention.heardSince(now.milliseconds)
        return try await Self.telling {
            let list = MachineListJSON(filter: filter, limit: limit, now: now, heardSince: heardSince)
            return Self.bytes(try await list.answer(from: environment.store), type: "application/json")
        }
    }

    private func machine(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["at"])
        let name = try Self.name(context)
        let now = now()
        if let at = try parameters.moment("at", now: now) { return try await machine(name, at: at) }
        let heardSince = environment.attention.heardSince(now.milliseconds)
        return try await answer { connection in
            let found = try MachineLookup.find(connection, name)
            guard
                let detail = try MachineDetailQueries.show(
                    connection, machine: found, now: now, heardSince: heardSince)
            else {
                throw MissingName(what: "machine", name: name, nearest: [], otherwise: "vigie machines lists them")
            }
            return detail
        }
    }

    private func metrics(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["since", "points", "resolution"])
        let name = try Self.name(context)
        let now = now()
        let since = try parameters.since(now: now) ?? now.adding(milliseconds: -3_600_000)
        let points = try parameters.integer("points", in: 1...2000) ?? 120
        let resolution = try parameters.choice("resolution", of: MetricsResolution.allCases.map(\.rawValue))
            .flatMap(MetricsResolution.init(rawValue:))
        return try await answer { connection in
            try MetricsQueries.series(
                connection, machine: try MachineLookup.find(connection, name), since: since, until: now,
                points: points, resolution: resolution)
        }
    }

    private func snapshots(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["kind", "since", "limit"])
        let name = try Self.name(context)
        let kind = try parameters.choice("kind", of: Kind.allCases.map(\.rawValue))
        let since = try parameters.since(now: now())
        let limit = try parameters.limit(default: 200, maximum: 100_000)
        return try await answer { connection in
            let machine = try MachineLookup.find(connection, name)
            return try SnapshotQueries.list(connection, machine: machine.id, kind: kind, since: since, limit: limit)
        }
    }
}
