import Contracts
import HubAPI
import Hummingbird

/// Questions about what happened.
extension OperatorRoutes {
    func addEvents(to router: some RouterMethods<HubContext>) {
        router.get("/v1/events") { try await events($0, $1) }
        router.get("/v1/events/feed") { try await eventFeed($0, $1) }
    }

    private static func filter(
        _ parameters: OperatorParameters, since: Timestamp? = nil
    ) throws(ProblemResponse) -> EventQueries.Filter {
        EventQueries.Filter(
            type: parameters.text("type"),
            severity: try parameters.choice("severity", of: ["info", "warning", "critical"]), since: since)
    }

    private func events(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(request, context, ["type", "severity", "since"], limit: 200) { connection, question in
            let filter = try Self.filter(question.parameters, since: try question.parameters.since(now: now))
            return try EventQueries.list(connection, question.machines, filter: filter, limit: question.limit)
        }
    }

    private func eventFeed(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["type", "severity", "after"]) { connection, question in
            try EventFeedQueries.list(
                connection, question.machines, filter: try Self.filter(question.parameters),
                after: try question.parameters.integer("after", in: 0...Int.max), limit: question.limit)
        }
    }
}
