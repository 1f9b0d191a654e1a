import Contracts

/// Containers of `/containers/json` and `/containers/{id}/json`. Never environment variables or commands.
enum EngineContainers {
    /// What the list tells of one container; labels are still whole.
    struct Listed: Equatable {
        var container: DockerV1.Container
        var labels: [String: String]
    }

    /// Nil where the answer is no list. Entries without an id are left out.
    static func list(_ json: JSONValue) -> [Listed]? {
        json.arrayValue?.compactMap(listed)
    }

    private static func listed(_ json: JSONValue) -> Listed? {
        guard let id = json["Id"]?.text else { return nil }
        let name = json["Names"]?.texts?.first.map(withoutSlash) ?? String(id.prefix(12))
        var container = DockerV1.Container(id: id, name: name, state: json["State"]?.text?.lowercased() ?? "unknown")
        container.image = json["Image"]?.text
        container.imageID = json["ImageID"]?.text.map(EngineImages.identifier)
        container.health = health(inStatus: json["Status"]?.text ?? "")
        container.createdAt = json["Created"]?.count.map { Timestamp(seconds: Int64($0)) }
        let ports = (json["Ports"]?.arrayValue ?? []).compactMap(port)
        container.ports = ports.isEmpty ? nil : sorted(ports)
        container.mounts = mounts(json["Mounts"])
        let labels = json["Labels"]?.map ?? [:]
        container.composeProject = ComposeLabels.project(labels)
        container.composeService = ComposeLabels.service(labels)
        return Listed(container: container, labels: labels)
    }

    /// Adds what only the inspection tells.
    static func inspect(_ json: JSONValue, into container: inout DockerV1.Container) {
        if let name = json["Name"]?.text { container.name = withoutSlash(name) }
        if let image = json["Image"]?.text { container.imageID = EngineImages.identifier(image) }
        // The list shows an image's id where its tag went to another image; this is what was asked for.
        if let reference = json["Config"]?["Image"]?.text { container.image = reference }
        container.createdAt = json["Created"]?.moment ?? container.createdAt
        container.restartCount = json["RestartCount"]?.count
        let policy = json["HostConfig"]?["RestartPolicy"]?["Name"]?.text
        container.restartPolicy = policy ?? "no"
        if let state = json["State"] { readState(state, into: &container) }
        container.networks = networks(json["NetworkSettings"]?["Networks"])
        if let mounts = mounts(json["Mounts"]) { container.mounts = mounts }
    }

    private static func readState(_ state: JSONValue, into container: inout DockerV1.Container) {
        if let status = state["Status"]?.text { container.state = status.lowercased() }
        // Podman calls it `Healthcheck` in older versions.
        let health = (state["Health"] ?? state["Healthcheck"])?["Status"]?.text
        container.health = health == "none" ? nil : health
        container.oomKilled = state["OOMKilled"]?.flag
        container.startedAt = state["StartedAt"]?.moment
        container.finishedAt = state["FinishedAt"]?.moment
        // A running container has the exit code 0 of nothing: only the last end of a stopped one means something.
        if ["exited", "dead", "restarting", "stopped"].contains(container.state) {
            container.exitCode = state["ExitCode"]?.integerValue.flatMap(onWire)
        }
        if container.startedAt.map({ started in container.finishedAt.map { $0 < started } ?? true }) ?? true,
            container.state == "running"
        {
            container.finishedAt = nil
        }
    }

    /// Nil for what no number on the wire may be: it would have the whole snapshot refused.
    static func onWire(_ value: Int64) -> Int64? {
        abs(Double(value)) <= Double(JSONTreeDecoder.largestInteger) ? value : nil
    }

    /// "Up 3 minutes (healthy)", where the inspection is not to be had. Podman's list does not say it.
    static func health(inStatus text: String) -> String? {
        if text.hasSuffix("(healthy)") { return "healthy" }
        if text.hasSuffix("(unhealthy)") { return "unhealthy" }
        return text.hasSuffix("(health: starting)") ? "starting" : nil
    }

    private static func withoutSlash(_ name: String) -> String { name.first == "/" ? String(name.dropFirst()) : name }

    private static func port(_ json: JSONValue) -> DockerV1.Port? {
        guard let number = json["PrivatePort"]?.count, number <= 65_535 else { return nil }
        var port = DockerV1.Port(containerPort: number, transport: json["Type"]?.text ?? "tcp")
        if let published = json["PublicPort"]?.count, published > 0, published <= 65_535 {
            port.hostPort = published
            port.hostAddress = json["IP"]?.text
        }
        return port
    }

    private static func sorted(_ ports: [DockerV1.Port]) -> [DockerV1.Port] {
        func key(_ port: DockerV1.Port) -> (Int, String, String, Int) {
            (port.containerPort, port.transport, port.hostAddress ?? "", port.hostPort ?? 0)
        }
        return ports.sorted { key($0) < key($1) }
    }

    private static func mounts(_ json: JSONValue?) -> [DockerV1.Mount]? {
        let found = (json?.arrayValue ?? []).compactMap { item -> DockerV1.Mount? in
            guard let destination = item["Destination"]?.text else { return nil }
            var mount = DockerV1.Mount(
                type: item["Type"]?.text ?? "bind", destination: destination, readOnly: item["RW"]?.flag == false)
            mount.name = item["Name"]?.text
            mount.source = item["Source"]?.text
            return mount
        }
        return found.isEmpty ? nil : found.sorted { $0.destination < $1.destination }
    }

    private static func networks(_ json: JSONValue?) -> [DockerV1.Endpoint]? {
        guard case .object(let object)? = json, !object.members.isEmpty else { return nil }
        return object.members.map { member in
            var endpoint = DockerV1.Endpoint(network: member.name)
            endpoint.address = member.value["IPAddress"]?.text ?? member.value["GlobalIPv6Address"]?.text
            return endpoint
        }.sorted { $0.network < $1.network }
    }
}

/// Labels that compose tools put on what they make: Compose v1 and v2, and podman-compose.
enum ComposeLabels {
    static func project(_ labels: [String: String]) -> String? {
        nonEmpty(labels["com.docker.compose.project"]) ?? nonEmpty(labels["io.podman.compose.project"])
    }

    static func service(_ labels: [String: String]) -> String? {
        nonEmpty(labels["com.docker.compose.service"]) ?? nonEmpty(labels["io.podman.compose.service"])
    }

    /// Of `compose run`: beside the service, not part of it.
    static func isOneOff(_ labels: [String: String]) -> Bool {
        labels["com.docker.compose.oneoff"]?.lowercased() == "true"
    }

    static func workingDirectory(_ labels: [String: String]) -> String? {
        nonEmpty(labels["com.docker.compose.project.working_dir"])
    }

    /// Compose v1 names them relative to the working directory.
    static func configFiles(_ labels: [String: String]) -> [String]? {
        let files = nonEmpty(labels["com.docker.compose.project.config_files"])?.split(separator: ",")
        return files?.map { file in
            guard file.first != "/", let directory = workingDirectory(labels) else { return String(file) }
            return "\(directory)/\(file)"
        }
    }

    private static func nonEmpty(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }
}
