import Contracts
import HubAPI
import Hummingbird

/// Messages, and taking note of them.
extension OperatorRoutes {
    /// Bytes of a note.
    private static let noteLimit = 4096
    /// Letters that a shortened id must have at least.
    private static let shortestID = 6

    func messages(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(request, context, ["open", "severity", "since"], limit: 500) { connection, asked in
            let filter = MessageQueries.Filter(
                machines: asked.machines,
                severity: try asked.parameters.choice("severity", of: ["info", "warning", "critical"]),
                isOpen: try asked.parameters.flag("open"), since: try asked.parameters.since(now: now))
            return try MessageQueries.list(connection, filter: filter, limit: asked.limit, now: now)
        }
    }

    func acknowledge(_ request: Request, _ context: HubContext) async throws -> Response {
        let caller = try context.require(.operate)
        _ = try OperatorParameters(request, allowed: [])
        let id = try Self.name(context, "id").lowercased()
        guard id.utf8.count >= Self.shortestID, id.utf8.allSatisfy({ Self.hexadecimal.contains($0) }) else {
            throw ProblemResponse.badRequest(
                "the id of a message is written in at least \(Self.shortestID) hexadecimal digits; vigie messages lists them"
            )
        }
        let note = try await body(
            request, as: AcknowledgeRequest.self, form: "{\"note\": \"…\"}, or {}"
        ).note
        guard (note?.utf8.count ?? 0) <= Self.noteLimit else {
            throw ProblemResponse.badRequest("a note may have \(Self.noteLimit) bytes")
        }
        let now = now()
        let message = try await environment.store.write { connection in
            try Self.acknowledge(id, note: note, by: caller.actor, at: now, connection)
        }
        return try .json(message)
    }

    private static let hexadecimal = Set("0123456789abcdef".utf8)

    private static func acknowledge(
        _ prefix: String, note: String?, by actor: String, at now: Timestamp, _ connection: any SQLConnection
    ) throws -> MessageAnswer {
        // "g" stands after every hexadecimal digit.
        let found = try connection.rows(MessageQueries.byID, prefix, prefix + "g")
        guard let row = found.first, let machine = row[0].integer, let id = row[1].text else {
            throw ProblemResponse.notFound("there is no message \(prefix); vigie messages lists them")
        }
        guard found.count == 1 else {
            throw ProblemResponse.conflict("more than one message begins with \(prefix); write more of its id")
        }
        guard let message = try MessageQueries.one(connection, machine: machine, id: id) else {
            throw ProblemResponse.notFound("there is no message \(prefix); vigie messages lists them")
        }
        if let closed = message.closedAt {
            throw ProblemResponse.conflict("message \(id) is over since \(closed): there is nothing to acknowledge")
        }
        try connection.run(MessageQueries.acknowledge, machine, id, now, actor, note)
        try connection.run(
            TrustStatements.audit, now, actor, "message.acknowledge", message.machine,
            "\(message.code) \(message.component)" + (note.map { ": \($0)" } ?? ""))
        return try MessageQueries.one(connection, machine: machine, id: id) ?? message
    }
}
