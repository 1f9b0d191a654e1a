import Contracts

/// `docker` into the engine's latest state and its event windows.
enum DockerDeriver: KindDeriver {
    static let engines = DerivedTable(
        "docker_engines", section: "/engine", keys: [],
        columns: [
            "product", "version", "api_version", "storage_driver", "cgroup_version", "cgroup_driver", "swarm_state",
            "rootless", "warnings_json",
        ].map { .row($0) }
            + ["disk_measured_at", "images_bytes", "containers_bytes", "volumes_bytes", "build_cache_bytes"].map {
                .section($0, "/disk_usage")
            })
    static let containers = DerivedTable(
        "docker_containers", section: "/containers", keys: ["container_id"],
        columns: [
            .row("name"), .item("image", "image"), .item("image_id", "image_id"),
            .item("repo_digests_json", "repo_digests"), .row("state"), .item("health", "health"),
            .item("exit_code", "exit_code"), .item("oom_killed", "oom_killed"),
            .item("restart_count", "restart_count"), .item("restart_policy", "restart_policy"),
            .item("created_at", "created_at"), .item("started_at", "started_at"), .item("finished_at", "finished_at"),
            .item("ports_json", "ports"), .item("networks_json", "networks"), .item("mounts_json", "mounts"),
            .item("compose_project", "compose_project"), .item("compose_service", "compose_service"),
            .item("labels_json", "labels"), .row("restart_loop_count"), .row("restart_loop_since_at"),
        ])
    static let images = DerivedTable(
        "docker_images", section: "/images", keys: ["image_id"],
        columns: [
            "tags_json", "digests_json", "size_bytes", "created_at", "dangling", "containers_count", "os",
            "architecture", "variant",
        ].map { .row($0) })
    static let references = DerivedTable(
        "docker_image_references", section: "/images", keys: ["reference", "image_id"],
        columns: [
            "registry", "repository", "tag", "pinned", "has_digest", "digests_json", "os", "architecture", "variant",
            "containers_count",
        ].map { .row($0) })
    static let volumes = DerivedTable(
        "docker_volumes", section: "/volumes", keys: ["name"],
        columns: ["driver", "mount_point", "created_at", "in_use", "compose_project"].map { .row($0) })
    static let networks = DerivedTable(
        "docker_networks", section: "/networks", keys: ["network_id"],
        columns: ["name", "driver", "scope", "internal", "subnets_json", "compose_project"].map { .row($0) })
    static let stacks = DerivedTable(
        "docker_compose_stacks", section: "/stacks", keys: ["project"],
        columns: [
            "working_directory", "config_files_json", "source", "status", "services_count", "containers_wanted",
            "containers_running", "containers_healthy",
        ].map { .row($0) })
    static let services = DerivedTable(
        "docker_stack_services", section: "/stacks", keys: ["project", "service"],
        columns: ["image", "status", "containers_wanted", "containers_running", "containers_healthy"].map { .row($0) })
    static let tags = DerivedTable(
        "machine_automatic_tags", section: "", keys: ["tag"], columns: [], kind: .docker, rowPointer: { _ in "/engine" }
    )
    static let tables = [engines, containers, images, references, volumes, networks, stacks, services, tags]

    static let state = StateColumns(
        .docker,
        [
            .init("engine", "/engine"), .init("containers_total", "/containers"),
            .init("containers_running", "/containers"), .init("containers_unhealthy", "/containers"),
            .init("stacks_count", "/stacks"),
        ])

    static func derive(_ payload: DockerV1, of snapshot: ArchivedSnapshot) throws -> Derived {
        let containers = payload.containers
        var derived = Derived()
        derived.tables = [
            .init(engines, payload.engine.map { [DockerRows.engine($0, payload.diskUsage)] } ?? []),
            .init(Self.containers, try (containers ?? []).map(DockerRows.container)),
            .init(images, (payload.images ?? []).map(DockerRows.image)),
            .init(references, DockerReferences.rows(payload)),
            .init(volumes, (payload.volumes ?? []).map(DockerRows.volume)),
            .init(networks, (payload.networks ?? []).map(DockerRows.network)),
            .init(stacks, (payload.stacks ?? []).map(DockerRows.stack)),
            .init(services, (payload.stacks ?? []).flatMap(DockerRows.services)),
            .init(tags, payload.engine.map { [DerivedRow(keys: [$0.product], [])] } ?? []),
        ]
        let state: [any SQLBindable] = [
            payload.engine?.product, containers?.count, containers?.count { $0.state == "running" },
            containers?.count { $0.health == "unhealthy" }, payload.stacks?.count,
        ]
        derived.state = state.map { $0.sqlValue }
        derived.warnings = warnings(payload)
        derived.itemNames = ["/containers": (containers ?? []).map(\.id)]
        return derived
    }

    static func warnings(_ payload: DockerV1) -> [StateWarning] {
        DockerWarnings.of(payload) + DockerStackWarnings.of(payload)
    }

    static func enterHistories(
        _ payload: DockerV1, of snapshot: ArchivedSnapshot, into connection: any SQLConnection
    ) throws {
        for event in payload.events ?? [] {
            switch event.type {
            case "container":
                try connection.run(
                    containerEvent, snapshot.machineID, event.at, event.actorID ?? event.name ?? "", event.action,
                    event.name, event.image, event.exitCode)
            case "image":
                try connection.run(
                    imageEvent, snapshot.machineID, event.at, event.actorID ?? event.name ?? "", event.action,
                    event.name)
            default: continue
            }
        }
    }

    static let containerEvent = Statement(
        "derive.docker_container_events",
        """
        INSERT INTO docker_container_events (machine_id, at, container_id, action, name, image, exit_code)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE CAST(?2 AS BIGINT) >= \(EventStore.cut)
        ON CONFLICT (machine_id, at, container_id, action) DO NOTHING
        """)
    static let imageEvent = Statement(
        "derive.docker_image_events",
        """
        INSERT INTO docker_image_events (machine_id, at, image, action, name)
        SELECT ?1, ?2, ?3, ?4, ?5 WHERE CAST(?2 AS BIGINT) >= \(EventStore.cut)
        ON CONFLICT (machine_id, at, image, action) DO NOTHING
        """)
    static let historyStatements = [containerEvent, imageEvent]
}
