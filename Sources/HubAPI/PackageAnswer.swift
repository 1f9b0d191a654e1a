package import Contracts

/// An installed package of a machine.
package struct PackageAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var package: String
    package var architecture: String
    package var version: String
    package var source: String?
    /// dpkg's state where it is not `installed`.
    package var state: String?
    package var automatic: Bool
    package var held: Bool
    package var installedSizeBytes: Int?
    package var unknownSince: Timestamp?

    package init(machine: String, package: String, architecture: String, version: String) {
        self.machine = machine
        self.package = package
        self.architecture = architecture
        self.version = version
        automatic = false
        held = false
    }

    package enum CodingKeys: String, CodingKey {
        case machine, package, architecture, version, source, state, automatic, held
        case installedSizeBytes = "installed_size_bytes"
        case unknownSince = "unknown_since"
    }
}
