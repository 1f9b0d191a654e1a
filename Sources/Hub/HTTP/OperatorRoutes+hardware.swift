import Contracts
import HubAPI
import Hummingbird

/// Questions about what machines are made of.
extension OperatorRoutes {
    func addHardware(to router: some RouterMethods<HubContext>) {
        router.get("/v1/interfaces") { try await interfaces($0, $1) }
        router.get("/v1/neighbors") { try await neighbors($0, $1) }
        router.get("/v1/disks") { try await disks($0, $1) }
        router.get("/v1/disk-devices") { try await diskDevices($0, $1) }
        router.get("/v1/storage-pools") { try await storagePools($0, $1) }
        router.get("/v1/pci-devices") { try await pciDevices($0, $1) }
        router.get("/v1/host-keys") { try await hostKeys($0, $1) }
        router.post("/v1/machines/:name/host-keys") { try await decideHostKeys($0, $1) }
    }

    private func interfaces(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["kind", "state"]) { connection, question in
            let filter = InterfaceQueries.Filter(
                kind: question.parameters.text("kind"), state: question.parameters.text("state"))
            return try InterfaceQueries.list(connection, question.machines, filter: filter, limit: question.limit)
        }
    }

    private func neighbors(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["unknown"]) { connection, question in
            try NeighborQueries.list(
                connection, question.machines, onlyUnknown: try question.parameters.flag("unknown"),
                limit: question.limit)
        }
    }

    private func disks(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["used_percent"]) { connection, question in
            let used = try question.parameters.integer("used_percent", in: 0...100) ?? 0
            return try DiskQueries.list(
                connection, question.machines, usedPercentAtLeast: Double(used), limit: question.limit)
        }
    }

    private func diskDevices(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["unhealthy"]) { connection, question in
            try DiskQueries.devices(
                connection, question.machines, onlyUnhealthy: try question.parameters.flag("unhealthy"),
                limit: question.limit)
        }
    }

    private func storagePools(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["unhealthy"]) { connection, question in
            try StorageQueries.list(
                connection, question.machines, onlyUnhealthy: try question.parameters.flag("unhealthy"),
                limit: question.limit)
        }
    }

    private func pciDevices(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["name", "ids"]) { connection, question in
            let ids = try question.parameters.text("ids").map { text in
                guard let ids = PCIQueries.IDs(text) else {
                    throw ProblemResponse.badRequest(
                        "ids are those of vendor and device in hexadecimal, as 8086:1533, not \"\(text)\"")
                }
                return ids
            }
            return try PCIQueries.list(
                connection, question.machines, name: question.parameters.pattern("name"), ids: ids,
                limit: question.limit)
        }
    }

    private func hostKeys(_ request: Request, _ context: HubContext) async throws -> Response {
        try await list(request, context, ["status"]) { connection, question in
            let status = try question.parameters.choice("status", of: HostKeyStatus.allCases.map(\.rawValue))
            return try HostKeyQueries.list(
                connection, question.machines, status: status.flatMap(HostKeyStatus.init(rawValue:)),
                limit: question.limit)
        }
    }

    private func decideHostKeys(_ request: Request, _ context: HubContext) async throws -> Response {
        let caller = try context.require(.operate)
        _ = try OperatorParameters(request, allowed: [])
        let name = try Self.name(context)
        let decision = try await body(
            request, as: HostKeyDecision.self, form: #"{"approve": ["SHA256:…"], "revoke": ["SHA256:…"]}"#)
        guard !(decision.approve ?? []).isEmpty || !(decision.revoke ?? []).isEmpty else {
            throw ProblemResponse.badRequest("name at least one fingerprint in approve or revoke")
        }
        let now = now()
        return try await change { connection in
            let machine = try MachineLookup.find(connection, name)
            try HostKeyApproval.decide(decision, about: machine, by: caller.actor, at: now, in: connection)
            return try HostKeyQueries.list(connection, MachineSelection(machine), limit: 1000)
        }
    }
}
