package import Contracts

/// All that is known of one container.
package struct ContainerDetail: Codable, Equatable, Sendable {
    package var container: ContainerAnswer
    package var imageID: String?
    package var repoDigests: [String]?
    package var createdAt: Timestamp?
    package var ports: [ContainerPortAnswer]
    package var networks: [DockerV1.Endpoint]
    package var mounts: [DockerV1.Mount]
    /// After redaction at the machine.
    package var labels: [String: String]
    /// What the engine said of it lately, the newest first.
    package var events: [DockerEventAnswer]

    package init(container: ContainerAnswer) {
        self.container = container
        ports = []
        networks = []
        mounts = []
        labels = [:]
        events = []
    }

    package enum CodingKeys: String, CodingKey {
        case container
        case imageID = "image_id"
        case repoDigests = "repo_digests"
        case createdAt = "created_at"
        case ports, networks, mounts, labels, events
    }
}

package struct ContainerPortAnswer: Codable, Equatable, Sendable {
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
        case transport
        case hostAddress = "host_address"
        case hostPort = "host_port"
    }
}

/// Something that a container engine did, from its own event stream.
package struct DockerEventAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var at: Timestamp
    /// `container` or `image`.
    package var type: String
    /// `start`, `die`, `oom`, `pull`, …
    package var action: String
    /// The engine's id of the container, or the image's reference or id.
    package var actor: String
    package var name: String?
    package var image: String?
    package var exitCode: Int64?

    package init(machine: String, at: Timestamp, type: String, action: String, actor: String) {
        self.machine = machine
        self.at = at
        self.type = type
        self.action = action
        self.actor = actor
    }

    package enum CodingKeys: String, CodingKey {
        case machine, at, type, action, actor, name, image
        case exitCode = "exit_code"
    }
}

/// An image that an engine has.
package struct ImageAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var id: String
    package var tags: [String]
    /// Repo digests, as `nginx@sha256:…`.
    package var digests: [String]?
    package var sizeBytes: Int?
    package var createdAt: Timestamp?
    /// Untagged, and no container refers to it.
    package var dangling: Bool
    /// Containers, in any state, that use it.
    package var containers: Int
    package var os: String?
    package var architecture: String?
    package var variant: String?
    /// What the machine calls it, and whether there is a newer one by that name.
    package var references: [ImageReferenceAnswer]?
    package var unknownSince: Timestamp?

    package init(machine: String, id: String, dangling: Bool, containers: Int) {
        self.machine = machine
        self.id = id
        self.dangling = dangling
        self.containers = containers
        tags = []
    }

    package enum CodingKeys: String, CodingKey {
        case machine, id, tags, digests
        case sizeBytes = "size_bytes"
        case createdAt = "created_at"
        case dangling, containers, os, architecture, variant, references
        case unknownSince = "unknown_since"
    }
}

/// A name that a machine has for an image, and what the registry says of it.
package struct ImageReferenceAnswer: Codable, Equatable, Sendable {
    /// As `nginx:1.27`.
    package var reference: String
    /// `up_to_date`, `update_available`, `pinned`, `local_only`, `unknown`, `not_allowed`, `unauthorized`, `gone`,
    /// `no_digest`, `rate_limited`, `unreachable`.
    package var update: String
    /// Since when it is so; absent where nobody can say.
    package var since: Timestamp?
    /// When the registry was last asked.
    package var askedAt: Timestamp?
    /// What the tag names in the registry.
    package var latestDigest: String?
    /// Containers made from it by this name.
    package var containers: Int

    package init(reference: String, update: String, containers: Int) {
        self.reference = reference
        self.update = update
        self.containers = containers
    }

    package enum CodingKeys: String, CodingKey {
        case reference, update, since
        case askedAt = "asked_at"
        case latestDigest = "latest_digest"
        case containers
    }
}

/// A volume of a container engine.
package struct VolumeAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var name: String
    package var driver: String?
    package var mountPoint: String?
    package var createdAt: Timestamp?
    package var inUse: Bool
    package var composeProject: String?
    package var unknownSince: Timestamp?

    package init(machine: String, name: String, inUse: Bool) {
        self.machine = machine
        self.name = name
        self.inUse = inUse
    }

    package enum CodingKeys: String, CodingKey {
        case machine, name, driver
        case mountPoint = "mount_point"
        case createdAt = "created_at"
        case inUse = "in_use"
        case composeProject = "compose_project"
        case unknownSince = "unknown_since"
    }
}

/// A network of a container engine.
package struct ContainerNetworkAnswer: Codable, Equatable, Sendable {
    package var machine: String
    package var id: String
    package var name: String
    package var driver: String?
    package var scope: String?
    /// Without a way out.
    package var isInternal: Bool?
    package var subnets: [String]
    package var composeProject: String?
    package var unknownSince: Timestamp?

    package init(machine: String, id: String, name: String) {
        self.machine = machine
        self.id = id
        self.name = name
        subnets = []
    }

    package enum CodingKeys: String, CodingKey {
        case machine, id, name, driver, scope
        case isInternal = "internal"
        case subnets
        case composeProject = "compose_project"
        case unknownSince = "unknown_since"
    }
}
