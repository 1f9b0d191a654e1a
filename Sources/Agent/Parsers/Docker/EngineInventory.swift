import Contracts

/// `/info` and `/version`.
enum EngineInformation {
    /// Nil where neither answer tells a version.
    static func engine(info: JSONValue, version: JSONValue) -> DockerV1.Engine? {
        guard let number = version["Version"]?.text ?? info["ServerVersion"]?.text else { return nil }
        let components = (version["Components"]?.arrayValue ?? []).compactMap { $0["Name"]?.text?.lowercased() }
        let isPodman = components.contains { $0.contains("podman") }
        var engine = DockerV1.Engine(product: isPodman ? "podman" : "docker", version: number)
        engine.apiVersion = version["ApiVersion"]?.text
        engine.storageDriver = info["Driver"]?.text
        engine.cgroupVersion = info["CgroupVersion"]?.text
        engine.cgroupDriver = info["CgroupDriver"]?.text
        engine.swarmState = info["Swarm"]?["LocalNodeState"]?.text
        let options = info["SecurityOptions"]?.texts ?? []
        engine.rootless = options.contains { $0.contains("name=rootless") } ? true : nil
        engine.warnings = info["Warnings"]?.texts
        return engine
    }
}

/// `/images/json` and `/images/{id}/json`.
enum EngineImages {
    struct Platform: Equatable, Sendable {
        var os: String?
        var architecture: String?
        var variant: String?
    }

    /// Podman leaves out the algorithm.
    static func identifier(_ id: String) -> String { id.contains(":") || id.utf8.count != 64 ? id : "sha256:" + id }

    /// - Parameter uses: containers by image id.
    static func list(_ json: JSONValue, uses: [String: Int]) -> [DockerV1.Image]? {
        json.arrayValue?.compactMap { item -> DockerV1.Image? in
            guard let id = item["Id"]?.text.map(identifier) else { return nil }
            let tags = (item["RepoTags"]?.texts ?? []).filter { $0 != "<none>:<none>" }.sorted()
            let digests = (item["RepoDigests"]?.texts ?? []).filter { !$0.hasPrefix("<none>@") }.sorted()
            var image = DockerV1.Image(id: id, dangling: tags.isEmpty, containers: uses[id] ?? 0)
            image.tags = tags.isEmpty ? nil : tags
            image.digests = digests.isEmpty ? nil : digests
            image.sizeBytes = item["Size"]?.count
            image.createdAt = item["Created"]?.count.map { Timestamp(seconds: Int64($0)) }
            return image
        }.sorted { $0.id < $1.id }
    }

    static func platform(_ json: JSONValue) -> Platform {
        Platform(os: json["Os"]?.text, architecture: json["Architecture"]?.text, variant: json["Variant"]?.text)
    }
}

/// `/volumes`.
enum EngineVolumes {
    static func list(_ json: JSONValue, used: Set<String>) -> [DockerV1.Volume]? {
        // An engine without volumes answers null in place of an empty list.
        guard case .object = json else { return nil }
        return (json["Volumes"]?.arrayValue ?? []).compactMap { item -> DockerV1.Volume? in
            guard let name = item["Name"]?.text else { return nil }
            var volume = DockerV1.Volume(name: name, inUse: used.contains(name))
            volume.driver = item["Driver"]?.text
            volume.mountPoint = item["Mountpoint"]?.text
            volume.createdAt = item["CreatedAt"]?.moment
            volume.composeProject = ComposeLabels.project(item["Labels"]?.map ?? [:])
            return volume
        }.sorted { $0.name < $1.name }
    }
}

/// `/networks`.
enum EngineNetworks {
    static func list(_ json: JSONValue) -> [DockerV1.Network]? {
        json.arrayValue?.compactMap { item -> DockerV1.Network? in
            guard let id = item["Id"]?.text, let name = item["Name"]?.text else { return nil }
            var network = DockerV1.Network(id: id, name: name)
            network.driver = item["Driver"]?.text
            network.scope = item["Scope"]?.text
            network.isInternal = item["Internal"]?.flag
            let subnets = (item["IPAM"]?["Config"]?.arrayValue ?? []).compactMap { $0["Subnet"]?.text }
            network.subnets = subnets.isEmpty ? nil : subnets
            network.composeProject = ComposeLabels.project(item["Labels"]?.map ?? [:])
            return network
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
}

/// `/events`.
enum EngineEvents {
    /// What is worth a place on a timeline. `exec_…` is left out: it quotes command lines and comes with every health
    /// check; so are `attach`, `top`, `resize`, `mount` and the like.
    private static let actions: [String: Set<String>] = [
        "container": [
            "create", "start", "die", "died", "stop", "kill", "oom", "restart", "pause", "unpause", "destroy", "remove",
            "rename", "update", "health_status",
        ],
        "image": ["pull", "tag", "untag", "delete", "remove", "load", "import", "prune"],
        "volume": ["create", "destroy", "remove", "prune"],
        "network": ["create", "destroy", "remove", "connect", "disconnect", "prune"],
        "daemon": ["reload"],
    ]

    static func isInteresting(type: String, action: String) -> Bool {
        actions[type]?.contains(String(action.prefix { $0 != ":" })) ?? false
    }

    static func event(_ json: JSONValue) -> DockerV1.Event? {
        guard let type = json["Type"]?.text, let action = (json["Action"] ?? json["status"])?.text,
            isInteresting(type: type, action: action)
        else { return nil }
        let nanoseconds = json["timeNano"]?.integerValue
        guard let milliseconds = nanoseconds.map({ $0 / 1_000_000 }) ?? json["time"]?.integerValue.map({ $0 &* 1000 }),
            milliseconds > 0, milliseconds < 253_402_300_800_000
        else { return nil }
        var event = DockerV1.Event(at: Timestamp(milliseconds: milliseconds), type: type, action: action)
        let actor = json["Actor"]
        event.actorID = actor?["ID"]?.text
        let attributes = actor?["Attributes"]?.map ?? [:]
        event.name = attributes["name"].flatMap { $0.isEmpty ? nil : $0 }
        event.image = attributes["image"].flatMap { $0.isEmpty ? nil : $0 }
        // Podman puts a code on every event; it is one where something has ended.
        if action == "die" || action == "died" {
            event.exitCode = (attributes["exitCode"] ?? attributes["containerExitCode"]).flatMap { Int64($0) }
                .flatMap(EngineContainers.onWire)
        }
        return event
    }
}
