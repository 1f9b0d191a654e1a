/// `docker` v1: engine, containers, images, volumes, networks and compose stacks. At start, within seconds of an
/// engine event, else every 15 min. Field names follow the Engine API where it has them.
package struct DockerV1: SnapshotPayload {
    package static let kind = Kind.docker
    package static let schemaVersion = 1

    package var engine: Engine?
    package var containers: [Container]?
    package var images: [Image]?
    package var volumes: [Volume]?
    package var networks: [Network]?
    package var stacks: [Stack]?
    /// The window of the last 24 hours, oldest first, bounded in count.
    package var events: [Event]?
    package var diskUsage: DiskUsage?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case engine, containers, images, volumes, networks, stacks, events
        case diskUsage = "disk_usage"
    }
}

extension DockerV1 {
    package struct Engine: Codable, Equatable, Sendable {
        /// `docker` or `podman`.
        package var product: String
        package var version: String
        package var apiVersion: String?
        package var storageDriver: String?
        package var cgroupVersion: String?
        package var cgroupDriver: String?
        /// `inactive`, `pending`, `active`, `error`, `locked`.
        package var swarmState: String?
        package var rootless: Bool?
        package var warnings: [String]?

        package init(product: String, version: String) {
            self.product = product
            self.version = version
        }

        package enum CodingKeys: String, CodingKey {
            case product, version
            case apiVersion = "api_version"
            case storageDriver = "storage_driver"
            case cgroupVersion = "cgroup_version"
            case cgroupDriver = "cgroup_driver"
            case swarmState = "swarm_state"
            case rootless, warnings
        }
    }

    package struct Container: Codable, Equatable, Sendable {
        package var id: String
        /// Without the leading slash.
        package var name: String
        /// The reference the container was made from, as `nginx:1.27`.
        package var image: String?
        package var imageID: String?
        package var repoDigests: [String]?
        /// `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`.
        package var state: String
        /// `healthy`, `unhealthy`, `starting`; absent without a health check.
        package var health: String?
        /// Negative where the engine could not tell.
        package var exitCode: Int64?
        package var oomKilled: Bool?
        package var restartCount: Int?
        /// `no`, `always`, `unless-stopped`, `on-failure`.
        package var restartPolicy: String?
        /// Present while the container restarts again and again.
        package var restartLoop: RestartLoop?
        package var createdAt: Timestamp?
        package var startedAt: Timestamp?
        package var finishedAt: Timestamp?
        package var ports: [Port]?
        package var networks: [Endpoint]?
        package var mounts: [Mount]?
        package var composeProject: String?
        package var composeService: String?
        /// After redaction; switched off by `labels = false`.
        package var labels: [String: String]?

        package init(id: String, name: String, state: String) {
            self.id = id
            self.name = name
            self.state = state
        }

        package enum CodingKeys: String, CodingKey {
            case id, name, image
            case imageID = "image_id"
            case repoDigests = "repo_digests"
            case state, health
            case exitCode = "exit_code"
            case oomKilled = "oom_killed"
            case restartCount = "restart_count"
            case restartPolicy = "restart_policy"
            case restartLoop = "restart_loop"
            case createdAt = "created_at"
            case startedAt = "started_at"
            case finishedAt = "finished_at"
            case ports, networks, mounts
            case composeProject = "compose_project"
            case composeService = "compose_service"
            case labels
        }
    }

    /// Restarts that nobody asked for, many within a short while; the agent counts them in the engine's events.
    package struct RestartLoop: Codable, Equatable, Sendable {
        /// Within the last `windowSeconds`.
        package var restarts: Int
        package var windowSeconds: Int
        /// The first of them that is known; a pause longer than the window begins a new loop.
        package var since: Timestamp

        package init(restarts: Int, windowSeconds: Int, since: Timestamp) {
            self.restarts = restarts
            self.windowSeconds = windowSeconds
            self.since = since
        }

        package enum CodingKeys: String, CodingKey {
            case restarts
            case windowSeconds = "window_seconds"
            case since
        }
    }

    package struct Port: Codable, Equatable, Sendable {
        package var containerPort: Int
        /// `tcp`, `udp`, `sctp`.
        package var transport: String
        package var hostAddress: String?
        /// Absent for a port that is exposed and not published.
        package var hostPort: Int?

        package init(containerPort: Int, transport: String) {
            self.containerPort = containerPort
            self.transport = transport
        }

        package enum CodingKeys: String, CodingKey {
            case containerPort = "container_port"
            case transport = "protocol"
            case hostAddress = "host_address"
            case hostPort = "host_port"
        }
    }

    /// A container's place in a network.
    package struct Endpoint: Codable, Equatable, Sendable {
        package var network: String
        package var address: String?

        package init(network: String) {
            self.network = network
        }

        package enum CodingKeys: String, CodingKey {
            case network, address
        }
    }

    package struct Mount: Codable, Equatable, Sendable {
        /// `bind`, `volume`, `tmpfs`, `npipe`.
        package var type: String
        /// The volume's name.
        package var name: String?
        package var source: String?
        package var destination: String
        package var readOnly: Bool

        package init(type: String, destination: String, readOnly: Bool) {
            self.type = type
            self.destination = destination
            self.readOnly = readOnly
        }

        package enum CodingKeys: String, CodingKey {
            case type, name, source, destination
            case readOnly = "read_only"
        }
    }

    package struct Image: Codable, Equatable, Sendable {
        package var id: String
        package var tags: [String]?
        /// Repo digests, as `nginx@sha256:…`.
        package var digests: [String]?
        package var sizeBytes: Int?
        package var createdAt: Timestamp?
        /// Untagged, and no container refers to it by tag.
        package var dangling: Bool
        /// How many containers, in any state, use it.
        package var containers: Int
        package var os: String?
        package var architecture: String?
        package var variant: String?

        package init(id: String, dangling: Bool, containers: Int) {
            self.id = id
            self.dangling = dangling
            self.containers = containers
        }

        package enum CodingKeys: String, CodingKey {
            case id, tags, digests
            case sizeBytes = "size_bytes"
            case createdAt = "created_at"
            case dangling, containers, os, architecture, variant
        }
    }

    package struct Volume: Codable, Equatable, Sendable {
        package var name: String
        package var driver: String?
        package var mountPoint: String?
        package var createdAt: Timestamp?
        package var inUse: Bool
        package var composeProject: String?

        package init(name: String, inUse: Bool) {
            self.name = name
            self.inUse = inUse
        }

        package enum CodingKeys: String, CodingKey {
            case name, driver
            case mountPoint = "mount_point"
            case createdAt = "created_at"
            case inUse = "in_use"
            case composeProject = "compose_project"
        }
    }

    package struct Network: Codable, Equatable, Sendable {
        package var id: String
        package var name: String
        package var driver: String?
        package var scope: String?
        package var isInternal: Bool?
        package var subnets: [String]?
        package var composeProject: String?

        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }

        package enum CodingKeys: String, CodingKey {
            case id, name, driver, scope
            case isInternal = "internal"
            case subnets
            case composeProject = "compose_project"
        }
    }

    /// A compose project, from container labels, from files below `compose_roots`, or both.
    package struct Stack: Codable, Equatable, Sendable {
        package var project: String
        package var workingDirectory: String?
        package var configFiles: [String]?
        /// `labels`, `files`, `both`.
        package var source: String
        package var services: [Service]

        package init(project: String, source: String, services: [Service]) {
            self.project = project
            self.source = source
            self.services = services
        }

        package enum CodingKeys: String, CodingKey {
            case project
            case workingDirectory = "working_directory"
            case configFiles = "config_files"
            case source, services
        }
    }

    package struct Service: Codable, Equatable, Sendable {
        package var name: String
        package var image: String?
        /// Containers that exist for it, or that its file asks for.
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

        package enum CodingKeys: String, CodingKey {
            case name, image, wanted, running, healthy
        }
    }

    /// One engine event; natural key: time, type, action and actor.
    package struct Event: Codable, Equatable, Sendable {
        package var at: Timestamp
        /// `container`, `image`, `volume`, `network`, `daemon`.
        package var type: String
        /// `start`, `die`, `oom`, `pull`, …
        package var action: String
        package var actorID: String?
        package var name: String?
        package var image: String?
        package var exitCode: Int64?

        package init(at: Timestamp, type: String, action: String) {
            self.at = at
            self.type = type
            self.action = action
        }

        package enum CodingKeys: String, CodingKey {
            case at, type, action
            case actorID = "actor_id"
            case name, image
            case exitCode = "exit_code"
        }
    }

    /// Of `/system/df`, at most daily.
    package struct DiskUsage: Codable, Equatable, Sendable {
        package var measuredAt: Timestamp
        package var imagesBytes: Int?
        package var containersBytes: Int?
        package var volumesBytes: Int?
        package var buildCacheBytes: Int?

        package init(measuredAt: Timestamp) {
            self.measuredAt = measuredAt
        }

        package enum CodingKeys: String, CodingKey {
            case measuredAt = "measured_at"
            case imagesBytes = "images_bytes"
            case containersBytes = "containers_bytes"
            case volumesBytes = "volumes_bytes"
            case buildCacheBytes = "build_cache_bytes"
        }
    }
}
