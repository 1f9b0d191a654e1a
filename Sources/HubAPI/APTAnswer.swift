package import Contracts

/// One run of APT on a machine, from its log.
package struct APTRunAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var startedAt: Timestamp
    package var endedAt: Timestamp?
    package var commandLine: String?
    package var requestedBy: String?
    /// Why it failed, where it did.
    package var error: String?
    package var actions: [APTActionAnswer]

    package init(machine: String, startedAt: Timestamp) {
        self.machine = machine
        self.startedAt = startedAt
        actions = []
    }

    package enum CodingKeys: String, CodingKey {
        case machine
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case commandLine = "command_line"
        case requestedBy = "requested_by"
        case error, actions
    }
}

/// What a run of APT did to a package.
package struct APTActionAnswer: Codable, Equatable, Sendable {
    /// `install`, `upgrade`, `downgrade`, `reinstall`, `remove`, `purge`.
    package var operation: String
    package var package: String
    package var architecture: String
    package var fromVersion: String?
    package var toVersion: String?
    /// Whether it came as a dependency.
    package var automatic: Bool?

    package init(operation: String, package: String, architecture: String) {
        self.operation = operation
        self.package = package
        self.architecture = architecture
    }

    package enum CodingKeys: String, CodingKey {
        case operation, package, architecture
        case fromVersion = "from_version"
        case toVersion = "to_version"
        case automatic
    }
}

/// A package source of a machine.
package struct APTSourceAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var file: String
    package var line: Int?
    /// `one-line` or `deb822`.
    package var format: String?
    /// `deb` or `deb-src`.
    package var type: String
    package var uri: String
    package var suite: String
    package var components: [String]?
    package var architectures: [String]?
    package var enabled: Bool
    /// Absent where every key that the machine trusts may sign it.
    package var signedBy: String?
    /// True where signatures are not asked for.
    package var trusted: Bool?
    package var fetchedAt: Timestamp?
    package var problem: String?
    package var unknownSince: Timestamp?

    package init(machine: String, file: String, type: String, uri: String, suite: String, enabled: Bool) {
        self.machine = machine
        self.file = file
        self.type = type
        self.uri = uri
        self.suite = suite
        self.enabled = enabled
    }

    package enum CodingKeys: String, CodingKey {
        case machine, file, line, format, type, uri, suite, components, architectures, enabled
        case signedBy = "signed_by"
        case trusted
        case fetchedAt = "fetched_at"
        case problem
        case unknownSince = "unknown_since"
    }
}

/// A machine that wants a reboot, or services of which want a restart.
package struct RebootAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var required: Bool
    /// When the hub first heard of it; where it has wanted one ever since, its first apt snapshot.
    package var since: Timestamp?
    /// Packages that asked for it.
    package var packages: [String]?
    package var runningKernel: String?
    package var newestKernel: String?
    /// Services that still use deleted files.
    package var services: [APTV1.ServiceToRestart]?
    /// Set where it cannot be told whether services want a restart: without the optional root helper.
    package var servicesUnknownSince: Timestamp?
    package var bootedAt: Timestamp?
    package var unknownSince: Timestamp?

    package init(machine: String, required: Bool) {
        self.machine = machine
        self.required = required
    }

    package enum CodingKeys: String, CodingKey {
        case machine, required, since, packages
        case runningKernel = "running_kernel"
        case newestKernel = "newest_kernel"
        case services
        case servicesUnknownSince = "services_unknown_since"
        case bootedAt = "booted_at"
        case unknownSince = "unknown_since"
    }
}
