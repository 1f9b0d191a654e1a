extension TableDescriptions {
    static let docker = [
        DocumentedTable(
            "docker_engines", .derived, "container engines",
            [
                "machine_id": machineID, "product": "docker or podman", "version": "version of the engine",
                "api_version": "version of its API", "storage_driver": "as overlay2", "cgroup_version": "1 or 2",
                "cgroup_driver": "systemd or cgroupfs", "swarm_state": "inactive, pending, active, error, locked",
                "rootless": "1 where it runs without root", "warnings_json": "what the engine warns of",
                "disk_measured_at": "when disk usage was measured", "images_bytes": "bytes of images",
                "containers_bytes": "bytes written by containers", "volumes_bytes": "bytes in volumes",
                "build_cache_bytes": "bytes of build cache",
            ]),
        DocumentedTable(
            "docker_containers", .derived, "containers in every state",
            [
                "machine_id": machineID, "container_id": "the engine's id", "name": "name",
                "image": "reference it was made from", "image_id": "id of the image",
                "repo_digests_json": "the image's digests in registries",
                "state": "created, running, paused, restarting, removing, exited, dead",
                "health": "healthy, unhealthy, starting; null without a check", "exit_code": "of its last end",
                "oom_killed": "1 where it was killed for want of memory", "restart_count": "restarts by the engine",
                "restart_policy": "no, always, unless-stopped, on-failure", "created_at": "when it was made",
                "started_at": "when it last started", "finished_at": "when it last ended",
                "ports_json": "ports, published or exposed", "networks_json": "networks and addresses",
                "mounts_json": "mounts", "compose_project": "its compose stack", "compose_service": "its service",
                "labels_json": "labels after redaction",
                "restart_loop_count": "restarts within ten minutes while it restarts again and again, else null",
                "restart_loop_since_at": "since when it does",
            ]),
        DocumentedTable(
            "docker_images", .derived, "images",
            [
                "machine_id": machineID, "image_id": "the engine's id", "tags_json": "tags",
                "digests_json": "digests in registries", "size_bytes": "size", "created_at": "when it was built",
                "dangling": "1 where nothing names it", "containers_count": "containers that use it",
                "os": "as linux", "architecture": "as amd64", "variant": "as v7",
            ]),
        DocumentedTable(
            "docker_image_references", .derived, "what machines call their images: tags, and what containers ask for",
            [
                "machine_id": machineID, "reference": "as nginx:1.27", "image_id": "the engine's id",
                "registry": "host of the registry, as docker.io", "repository": "as library/nginx",
                "tag": "tag; empty where only a digest is named", "pinned": "1 where it names a digest",
                "has_digest": "1 where the image has a digest of this repository: it was pulled or pushed there",
                "digests_json": "all digests of the image", "os": "as linux", "architecture": "as amd64",
                "variant": "as v7", "containers_count": "containers made from it by this name",
            ]),
        DocumentedTable(
            "image_candidates", .observed, "what registries have, asked once for each tag and platform of the fleet",
            [
                "registry": "host of the registry, as docker.io", "repository": "as library/nginx", "tag": "tag",
                "os": "as linux", "architecture": "as amd64", "variant": "as v7",
                "answer":
                    "unknown, found, no_digest, unauthorized, gone, unreachable, rate_limited, not_allowed",
                "answer_since_at": "since when the answer is this", "asked_at": "when the registry was last asked",
                "next_ask_at": "when it will be asked again", "index_digest": "digest of the tag",
                "manifest_digest": "digest of the platform's manifest; null while nobody had to know",
                "image_id": "digest of the image's configuration: its id with most engines",
                "digest_since_at": "when the hub first saw this digest", "last_error": "why the answer is none",
            ]),
        DocumentedTable(
            "image_registries", .observed, "how much registries were asked of late",
            [
                "registry": "host of the registry", "blocked_until_at": "it wants no request before",
                "window_started_at": "begin of the hour that is counted", "window_requests": "requests within it",
                "last_error": "what went wrong last",
            ]),
        DocumentedTable(
            "docker_volumes", .derived, "volumes",
            [
                "machine_id": machineID, "name": "name", "driver": "driver", "mount_point": "where its files are",
                "created_at": "when it was made", "in_use": "1 where a container uses it",
                "compose_project": "its compose stack",
            ]),
        DocumentedTable(
            "docker_networks", .derived, "networks",
            [
                "machine_id": machineID, "network_id": "the engine's id", "name": "name", "driver": "driver",
                "scope": "local, swarm", "internal": "1 without a way out", "subnets_json": "subnets",
                "compose_project": "its compose stack",
            ]),
        DocumentedTable(
            "docker_compose_stacks", .derived, "compose stacks, running or only on disk",
            [
                "machine_id": machineID, "project": "name of the project", "working_directory": "its directory",
                "config_files_json": "its files", "source": "labels, files or both",
                "status": "running, partial, unhealthy, stopped", "services_count": "services",
                "containers_wanted": "containers that exist or are asked for", "containers_running": "that run",
                "containers_healthy": "that run and are not unhealthy",
            ]),
        DocumentedTable(
            "docker_stack_services", .derived, "services of compose stacks",
            [
                "machine_id": machineID, "project": "name of the project", "service": "name of the service",
                "image": "image reference", "status": "running, partial, unhealthy, stopped",
                "containers_wanted": "containers that exist or are asked for", "containers_running": "that run",
                "containers_healthy": "that run and are not unhealthy",
            ]),
        DocumentedTable(
            "docker_container_events", .derived, "history of the engine's container events",
            [
                "machine_id": machineID, "at": "when", "container_id": "the container", "action": "start, die, oom, …",
                "name": "its name", "image": "its image", "exit_code": "of a die",
            ]),
        DocumentedTable(
            "docker_image_events", .derived, "history of the engine's image events",
            [
                "machine_id": machineID, "at": "when", "image": "the image", "action": "pull, tag, delete, …",
                "name": "its name",
            ]),
    ]
}
