/// `apt` v1: what is installed, what APT would do, and whether that can be trusted. At start, within seconds of a
/// change, else every 6 h.
package struct APTV1: SnapshotPayload {
    package static let kind = Kind.apt
    package static let schemaVersion = 1

    /// Version of the `apt` package.
    package var aptVersion: String?
    /// dpkg's native architecture, as `amd64`.
    package var architecture: String?
    package var foreignArchitectures: [String]?
    /// Every package that dpkg knows in another state than `not-installed` or `config-files`.
    package var packages: [Package]?
    /// Every installed package with a newer version in an enabled source, and every package that an upgrade would
    /// add or remove, each once.
    package var changes: [Change]?
    package var autoremovable: [PackageReference]?
    /// Installed and in no enabled source.
    package var obsolete: [PackageReference]?
    package var broken: [BrokenPackage]?
    /// What APT and dpkg complain of, one entry for each kind and source.
    package var errors: [Fault]?
    package var sources: [Source]?
    package var lists: Lists?
    package var reboot: Reboot?
    /// The window of the last 30 days of APT's history, oldest first.
    package var history: [Transaction]?
    /// Services whose processes still map deleted files; unknown without the optional root helper.
    package var servicesToRestart: [ServiceToRestart]?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case aptVersion = "apt_version"
        case architecture
        case foreignArchitectures = "foreign_architectures"
        case packages, changes, autoremovable, obsolete, broken, errors, sources, lists, reboot, history
        case servicesToRestart = "services_to_restart"
    }
}

extension APTV1 {
    package struct Package: Codable, Equatable, Sendable {
        package var name: String
        package var architecture: String
        package var version: String
        /// Name of the source package where it differs from the name.
        package var source: String?
        /// dpkg's state where it is not `installed`: `half-configured`, `unpacked`, …
        package var state: String?
        /// True where APT installed it as a dependency; absent means by hand.
        package var automatic: Bool?
        /// True where it is on hold; absent means not.
        package var held: Bool?
        package var installedSizeBytes: Int?

        package init(name: String, architecture: String, version: String) {
            self.name = name
            self.architecture = architecture
            self.version = version
        }

        package enum CodingKeys: String, CodingKey {
            case name, architecture, version, source, state, automatic, held
            case installedSizeBytes = "installed_size_bytes"
        }
    }

    package struct PackageReference: Codable, Equatable, Sendable {
        package var name: String
        package var architecture: String
        package var version: String

        package init(name: String, architecture: String, version: String) {
            self.name = name
            self.architecture = architecture
            self.version = version
        }

        package enum CodingKeys: String, CodingKey {
            case name, architecture, version
        }
    }

    package struct Change: Codable, Equatable, Sendable {
        package var name: String
        package var architecture: String
        /// Absent for a package that would be newly installed.
        package var currentVersion: String?
        /// Absent for a package that would be removed.
        package var targetVersion: String?
        /// The origin of the release, as `Debian`.
        package var origin: String?
        package var suite: String?
        /// `upgrade`, `install`, `remove`, `downgrade`.
        package var operation: String
        /// From an origin that publishes security updates, told by label and suite.
        package var security: Bool
        package var sizeBytes: Int?
        /// One of `APTStatus`.
        package var status: String
        /// Why it has this status, in words, where APT tells.
        package var reason: String?
        package var phasedPercent: Int?

        package init(name: String, architecture: String, operation: String, security: Bool, status: String) {
            self.name = name
            self.architecture = architecture
            self.operation = operation
            self.security = security
            self.status = status
        }

        package enum CodingKeys: String, CodingKey {
            case name, architecture
            case currentVersion = "current_version"
            case targetVersion = "target_version"
            case origin, suite, operation, security
            case sizeBytes = "size_bytes"
            case status, reason
            case phasedPercent = "phased_percent"
        }
    }

    package struct BrokenPackage: Codable, Equatable, Sendable {
        package var name: String
        package var architecture: String
        package var version: String?
        /// dpkg's state, or `unmet-dependencies`, `triggers-pending`, `reinst-required`.
        package var state: String
        package var detail: String?

        package init(name: String, architecture: String, state: String) {
            self.name = name
            self.architecture = architecture
            self.state = state
        }

        package enum CodingKeys: String, CodingKey {
            case name, architecture, version, state, detail
        }
    }

    /// One type, URI and suite of sources.list(5).
    package struct Source: Codable, Equatable, Sendable {
        package var file: String
        /// Line of the entry or of the stanza's start, from 1.
        package var line: Int?
        /// `one-line` or `deb822`.
        package var format: String
        /// `deb` or `deb-src`.
        package var type: String
        /// Without user and password.
        package var uri: String
        package var suite: String
        package var components: [String]?
        package var architectures: [String]?
        package var enabled: Bool
        /// Key file or fingerprints; `embedded` for a key in the stanza.
        package var signedBy: String?
        package var trusted: Bool?
        /// When this source's lists were last fetched, where that can be known.
        package var fetchedAt: Timestamp?
        /// Whether the fetched release file is `signed` or `unsigned`; absent where none was fetched.
        package var signature: String?
        /// When the last of the keys that may sign for it expires; absent where one never does, or that is not known.
        package var keyExpiresAt: Timestamp?
        /// `not_fetched`, `not_updated`, `key_missing`, `key_expired`, `release_expired`.
        package var problemCode: String?
        /// What is wrong with the source, in words.
        package var problem: String?

        package init(file: String, format: String, type: String, uri: String, suite: String, enabled: Bool) {
            self.file = file
            self.format = format
            self.type = type
            self.uri = uri
            self.suite = suite
            self.enabled = enabled
        }

        package enum CodingKeys: String, CodingKey {
            case file, line, format, type, uri, suite, components, architectures, enabled
            case signedBy = "signed_by"
            case trusted
            case fetchedAt = "fetched_at"
            case signature
            case keyExpiresAt = "key_expires_at"
            case problemCode = "problem_code"
            case problem
        }
    }

    /// One thing that APT or dpkg complains of.
    package struct Fault: Codable, Equatable, Sendable {
        /// `dpkg_interrupted`, `apt_lock_busy`, `unmet_dependencies`, `source_unreadable`, `source_malformed`,
        /// `apt_error`, `apt_warning`.
        package var kind: String
        /// `warning` or `error`.
        package var severity: String
        /// The file or command that it comes from.
        package var source: String?
        /// The lines that matter, without credentials.
        package var lines: [String]

        package init(kind: String, severity: String, source: String? = nil, lines: [String]) {
            self.kind = kind
            self.severity = severity
            self.source = source
            self.lines = lines
        }

        package enum CodingKeys: String, CodingKey {
            case kind, severity, source, lines
        }
    }

    /// How old APT's knowledge is.
    package struct Lists: Codable, Equatable, Sendable {
        /// The last time that an update is known to have succeeded.
        package var updatedAt: Timestamp
        /// What tells: `hook`, `periodic`, `ctime`.
        package var evidence: String

        package init(updatedAt: Timestamp, evidence: String) {
            self.updatedAt = updatedAt
            self.evidence = evidence
        }

        package enum CodingKeys: String, CodingKey {
            case updatedAt = "updated_at"
            case evidence
        }
    }

    package struct Reboot: Codable, Equatable, Sendable {
        package var required: Bool
        /// The packages that asked, from `reboot-required.pkgs`.
        package var packages: [String]?
        package var runningKernel: String?
        package var newestKernel: String?

        package init(required: Bool) {
            self.required = required
        }

        package enum CodingKeys: String, CodingKey {
            case required, packages
            case runningKernel = "running_kernel"
            case newestKernel = "newest_kernel"
        }
    }

    /// One run of APT in `history.log`; natural key: start and command line.
    package struct Transaction: Codable, Equatable, Sendable {
        package var startedAt: Timestamp
        package var endedAt: Timestamp?
        package var commandLine: String?
        package var requestedBy: String?
        package var error: String?
        package var actions: [Action]

        package init(startedAt: Timestamp, actions: [Action]) {
            self.startedAt = startedAt
            self.actions = actions
        }

        package enum CodingKeys: String, CodingKey {
            case startedAt = "started_at"
            case endedAt = "ended_at"
            case commandLine = "command_line"
            case requestedBy = "requested_by"
            case error, actions
        }
    }

    package struct Action: Codable, Equatable, Sendable {
        /// `install`, `upgrade`, `downgrade`, `reinstall`, `remove`, `purge`.
        package var operation: String
        package var name: String
        package var architecture: String
        package var fromVersion: String?
        package var toVersion: String?
        package var automatic: Bool?

        package init(operation: String, name: String, architecture: String) {
            self.operation = operation
            self.name = name
            self.architecture = architecture
        }

        package enum CodingKeys: String, CodingKey {
            case operation, name, architecture
            case fromVersion = "from_version"
            case toVersion = "to_version"
            case automatic
        }
    }

    package struct ServiceToRestart: Codable, Equatable, Sendable {
        /// The systemd unit, or the process name where there is none.
        package var service: String
        package var processes: Int
        package var files: [String]?

        package init(service: String, processes: Int) {
            self.service = service
            self.processes = processes
        }

        package enum CodingKeys: String, CodingKey {
            case service, processes, files
        }
    }
}
