import Contracts
import HubAPI
import Hummingbird

/// Questions about packages.
extension OperatorRoutes {
    func addAPT(to router: some RouterMethods<HubContext>) {
        router.get("/v1/updates") { try await updates($0, $1) }
        router.get("/v1/update-groups") { try await updateGroups($0, $1) }
        router.get("/v1/packages") { try await packages($0, $1) }
        router.get("/v1/apt-history") { try await aptHistory($0, $1) }
        router.get("/v1/apt-sources") { try await aptSources($0, $1) }
        router.get("/v1/reboots") { try await reboots($0, $1) }
    }

    private static let updateParameters = ["security", "status", "package"]

    private static func filter(_ parameters: OperatorParameters) throws(ProblemResponse) -> UpdateQueries.Filter {
        UpdateQueries.Filter(
            name: parameters.pattern("package"),
            status: try parameters.choice("status", of: APTStatus.allCases.map(\.rawValue)),
            isSecurity: try parameters.flag("security"))
    }

    private func updates(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(request, context, Self.updateParameters) { connection, question in
            try UpdateQueries.list(
                connection, question.machines, filter: try Self.filter(question.parameters), limit: question.limit,
                now: now)
        }
    }

    private func updateGroups(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(request, context, Self.updateParameters) { connection, question in
            try UpdateQueries.groups(
                connection, question.machines, filter: try Self.filter(question.parameters), limit: question.limit,
                now: now)
        }
    }

    private func packages(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["name", "older_than"]) { connection, question in
            let version = try question.parameters.text("older_than").map { text in
                guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                    throw ProblemResponse.badRequest("older_than is a version as dpkg has them, not \"\(text)\"")
                }
                return DebianVersion(text)
            }
            return try PackageQueries.list(
                connection, question.machines, name: question.parameters.pattern("name"), olderThan: version,
                limit: question.limit)
        }
    }

    private func aptHistory(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(
            request, context, ["since", "package", "operation", "failed"], limit: 200
        ) { connection, question in
            let operations = ["install", "upgrade", "downgrade", "reinstall", "remove", "purge"]
            let filter = APTHistoryQueries.Filter(
                since: try question.parameters.since(now: now), package: question.parameters.pattern("package"),
                operation: try question.parameters.choice("operation", of: operations),
                isFailed: try question.parameters.flag("failed"))
            return try APTHistoryQueries.list(connection, question.machines, filter: filter, limit: question.limit)
        }
    }

    private func aptSources(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["unsigned", "problems"]) { connection, question in
            let filter = APTSourceQueries.Filter(
                isUnsigned: try question.parameters.flag("unsigned"),
                hasProblem: try question.parameters.flag("problems"))
            return try APTSourceQueries.list(connection, question.machines, filter: filter, limit: question.limit)
        }
    }

    private func reboots(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["services"]) { connection, question in
            try RebootQueries.list(
                connection, question.machines, includesServices: try question.parameters.flag("services"),
                limit: question.limit)
        }
    }
}
