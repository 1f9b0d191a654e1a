import Contracts
import HubAPI
import Hummingbird

/// Questions about containers and what belongs to them.
extension OperatorRoutes {
    func addDocker(to router: some RouterMethods<HubContext>) {
        router.get("/v1/containers") { try await containers($0, $1) }
        router.get("/v1/containers/:name") { try await container($0, $1) }
        router.get("/v1/stacks") { try await stacks($0, $1) }
        router.get("/v1/images") { try await images($0, $1) }
        router.get("/v1/volumes") { try await volumes($0, $1) }
        router.get("/v1/networks") { try await networks($0, $1) }
        router.get("/v1/docker-events") { try await dockerEvents($0, $1) }
    }

    private func containers(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(
            request, context, ["state", "image", "stack", "unhealthy", "restarting"]
        ) { connection, question in
            let states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"]
            let filter = ContainerQueries.Filter(
                state: try question.parameters.choice("state", of: states),
                image: question.parameters.pattern("image"), stack: question.parameters.text("stack"),
                isUnhealthy: try question.parameters.flag("unhealthy"),
                isRestarting: try question.parameters.flag("restarting"))
            return try ContainerQueries.list(
                connection, question.machines, filter: filter, limit: question.limit, now: now)
        }
    }

    private func container(_ request: Request, _ context: HubContext) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["machine"])
        let name = try Self.name(context)
        return try await answer { connection in
            let machines = try MachineSelection.find(connection, machine: parameters.text("machine"), tag: nil)
            return try ContainerDetailQueries.show(connection, machines, name: name)
        }
    }

    private func stacks(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["status"]) { connection, question in
            let status = try question.parameters.choice("status", of: ["running", "partial", "unhealthy", "stopped"])
            return try StackQueries.list(connection, question.machines, status: status, limit: question.limit)
        }
    }

    private func images(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["name", "dangling", "unused", "updates"]) { connection, question in
            let filter = ImageQueries.Filter(
                tag: question.parameters.pattern("name"), isDangling: try question.parameters.flag("dangling"),
                isUnused: try question.parameters.flag("unused"),
                isOutdated: try question.parameters.flag("updates"))
            return try ImageQueries.list(connection, question.machines, filter: filter, limit: question.limit)
        }
    }

    private func volumes(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["unused"]) { connection, question in
            try VolumeQueries.list(
                connection, question.machines, onlyUnused: try question.parameters.flag("unused"),
                limit: question.limit)
        }
    }

    private func networks(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["driver"]) { connection, question in
            try ContainerNetworkQueries.list(
                connection, question.machines, driver: question.parameters.text("driver"), limit: question.limit)
        }
    }

    private func dockerEvents(_ request: Request, _ context: HubContext) async throws -> Response {
        let now = now()
        return try await list(
            request, context, ["since", "type", "action", "name"], limit: 200
        ) { connection, question in
            let filter = DockerEventQueries.Filter(
                since: try question.parameters.since(now: now),
                type: try question.parameters.choice("type", of: ["container", "image"]),
                action: question.parameters.text("action"), name: question.parameters.pattern("name"))
            return try DockerEventQueries.list(connection, question.machines, filter: filter, limit: question.limit)
        }
    }
}
