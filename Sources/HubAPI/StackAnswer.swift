package import Contracts

/// A compose project of a machine and whether all that it wants runs.
package struct StackAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var project: String
    /// `labels`, `files`, `both`: where the agent knows it from.
    package var source: String?
    /// `running`, `degraded`, `stopped`, …: whether all that it wants runs.
    package var status: String?
    package var workingDirectory: String?
    package var configFiles: [String]?
    package var services: [StackServiceAnswer]
    package var unknownSince: Timestamp?

    package init(machine: String, project: String) {
        self.machine = machine
        self.project = project
        services = []
    }

    package enum CodingKeys: String, CodingKey {
        case machine, project, source, status
        case workingDirectory = "working_directory"
        case configFiles = "config_files"
        case services
        case unknownSince = "unknown_since"
    }
}

package struct StackServiceAnswer: Codable, Equatable, Sendable {
    package var name: String
    package var image: String?
    package var status: String?
    package var wanted: Int
    package var running: Int
    /// Running and not unhealthy.
    package var healthy: Int

    package init(name: String, wanted: Int, running: Int, healthy: Int) {
        self.name = name
        self.wanted = wanted
        self.running = running
        self.healthy = healthy
    }
}
