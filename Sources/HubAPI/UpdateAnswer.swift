package import Contracts

/// One package of one machine that has not the newest version, or that an upgrade would add or remove.
package struct UpdateAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var package: String
    package var architecture: String
    package var currentVersion: String?
    package var targetVersion: String?
    /// `upgrade`, `install`, `remove`, `downgrade`.
    package var operation: String
    /// One of `APTStatus`.
    package var status: String
    package var security: Bool
    package var origin: String?
    package var suite: String?
    package var sizeBytes: Int?
    package var phasedPercent: Int?
    package var reason: String?
    /// When APT's lists were last fetched on the machine.
    package var listsUpdatedAt: Timestamp?
    /// Set where this is the last that could be read: since when it is not known any more.
    package var unknownSince: Timestamp?

    package init(machine: String, package: String, architecture: String, operation: String, status: String) {
        self.machine = machine
        self.package = package
        self.architecture = architecture
        self.operation = operation
        self.status = status
        security = false
    }

    package enum CodingKeys: String, CodingKey {
        case machine, package, architecture
        case currentVersion = "current_version"
        case targetVersion = "target_version"
        case operation, status, security, origin, suite
        case sizeBytes = "size_bytes"
        case phasedPercent = "phased_percent"
        case reason
        case listsUpdatedAt = "lists_updated_at"
        case unknownSince = "unknown_since"
    }
}

/// A package that is not up to date, and the machines where that is so.
package struct UpdateGroupAnswer: Codable, Equatable, Sendable {
    /// Machines that are named; all are counted.
    package static let namedMachines = 200

    package var package: String
    /// Whether it is a security update on any of them.
    package var security: Bool
    /// All that occur.
    package var statuses: [String]
    package var targetVersions: [String]
    package var machinesCount: Int
    /// Of those, machines of which this is the last that could be read.
    package var unknownCount: Int
    /// The first of them by name, at most `namedMachines`.
    package var machines: [UpdateMachineAnswer]

    package init(package: String) {
        self.package = package
        security = false
        statuses = []
        targetVersions = []
        machinesCount = 0
        unknownCount = 0
        machines = []
    }

    package enum CodingKeys: String, CodingKey {
        case package, security, statuses
        case targetVersions = "target_versions"
        case machinesCount = "machines_count"
        case unknownCount = "unknown_count"
        case machines
    }
}

/// One machine where a package is not up to date.
package struct UpdateMachineAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var status: String
    package var currentVersion: String?
    package var targetVersion: String?
    package var unknownSince: Timestamp?

    package init(machine: String, status: String) {
        self.machine = machine
        self.status = status
    }

    package enum CodingKeys: String, CodingKey {
        case machine, status
        case currentVersion = "current_version"
        case targetVersion = "target_version"
        case unknownSince = "unknown_since"
    }
}
