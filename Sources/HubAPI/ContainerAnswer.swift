package import Contracts

/// A container of a machine, in whatever state.
package struct ContainerAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var id: String
    package var name: String
    package var image: String?
    /// `running`, `exited`, …
    package var state: String
    /// `healthy`, `unhealthy`, `starting`; absent without a health check.
    package var health: String?
    package var exitCode: Int64?
    package var oomKilled: Bool?
    package var restartCount: Int?
    package var restartPolicy: String?
    package var composeProject: String?
    package var composeService: String?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var unknownSince: Timestamp?

    package init(machine: String, id: String, name: String, state: String) {
        self.machine = machine
        self.id = id
        self.name = name
        self.state = state
    }

    package enum CodingKeys: String, CodingKey {
        case machine, id, name, image, state, health
        case exitCode = "exit_code"
        case oomKilled = "oom_killed"
        case restartCount = "restart_count"
        case restartPolicy = "restart_policy"
        case composeProject = "compose_project"
        case composeService = "compose_service"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case unknownSince = "unknown_since"
    }
}
