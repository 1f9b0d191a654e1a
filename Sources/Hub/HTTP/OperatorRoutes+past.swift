import Contracts
import HubAPI
import Hummingbird
import Transport

/// Questions about a past moment: answered from the archive, derived in memory.
extension OperatorRoutes {
    func machine(_ name: String, at: Timestamp) async throws -> Response {
        try await past { connection in
            let archive = try Self.archive(name, at, Kind.allCases, connection)
            let found = try MachineLookup.find(connection, name)
            let events = try PastQueries.events(connection, machine: found.id, until: at)
            return { try PastQueries.show(archive, events: events) }
        }
    }

    func diff(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["from", "to", "kind"])
        let name = try Self.name(context)
        let now = now()
        let inventory = Kind.allCases.filter(\.isInventory)
        let wanted = try parameters.choice("kind", of: inventory.map(\.rawValue)).flatMap(Kind.init(rawValue:))
        guard let from = try parameters.moment("from", now: now) else {
            throw ProblemResponse.badRequest("from is needed: \(Moment.forms)")
        }
        let to = try parameters.moment("to", now: now) ?? now
        guard from <= to else {
            throw ProblemResponse.badRequest("from, \(from), is later than to, \(to)")
        }
        let kinds = wanted.map { [$0] } ?? inventory
        return try await past { connection in
            let old = try Self.archive(name, from, kinds, connection)
            let new = try Self.archive(name, to, kinds, connection)
            return { try PastQueries.diff(from: old, to: new) }
        }
    }

    private static func archive(
        _ name: String, _ at: Timestamp, _ kinds: [Kind], _ connection: any SQLConnection
    ) throws -> PastArchive {
        let found = try MachineLookup.find(connection, name)
        guard let archive = try PastArchive.read(found, at: at, kinds: kinds, from: connection) else {
            throw ProblemResponse.notFound("there is no machine \"\(name)\" any more")
        }
        return archive
    }

    /// Reads in one transaction, then derives without one, on a thread that may take its time.
    private func past<Answer: Encodable & Sendable>(
        _ question: @Sendable (any SQLConnection) throws -> @Sendable () throws -> Answer
    ) async throws -> Response {
        do {
            let derive = try await environment.store.read(question)
            return try .json(try await DedicatedThread.run { Result { try derive() } }.get())
        } catch let missing as MissingName {
            throw ProblemResponse.notFound(missing.detail)
        } catch let nothing as PastQueries.Nothing {
            throw ProblemResponse.notFound(nothing.detail)
        }
    }
}
