extension Migrations {
    static let derivedDocker = """
        CREATE TABLE docker_engines (
          \(oneOfMachine),
          product {TEXT} NOT NULL,
          version {TEXT} NOT NULL,
          api_version {TEXT},
          storage_driver {TEXT},
          cgroup_version {TEXT},
          cgroup_driver {TEXT},
          swarm_state {TEXT},
          rootless BIGINT,
          warnings_json {TEXT},
          disk_measured_at BIGINT,
          images_bytes BIGINT,
          containers_bytes BIGINT,
          volumes_bytes BIGINT,
          build_cache_bytes BIGINT
        );
        CREATE TABLE docker_containers (
          \(ofMachine),
          container_id {TEXT} NOT NULL,
          name {TEXT} NOT NULL,
          image {TEXT},
          image_id {TEXT},
          repo_digests_json {TEXT},
          state {TEXT} NOT NULL,
          health {TEXT},
          exit_code BIGINT,
          oom_killed BIGINT,
          restart_count BIGINT,
          restart_policy {TEXT},
          created_at BIGINT,
          started_at BIGINT,
          finished_at BIGINT,
          ports_json {TEXT},
          networks_json {TEXT},
          mounts_json {TEXT},
          compose_project {TEXT},
          compose_service {TEXT},
          labels_json {TEXT},
          PRIMARY KEY (machine_id, container_id)
        );
        CREATE INDEX docker_containers_health ON docker_containers (health, state);
        CREATE INDEX docker_containers_image ON docker_containers (image);
        CREATE TABLE docker_images (
          \(ofMachine),
          image_id {TEXT} NOT NULL,
          tags_json {TEXT},
          digests_json {TEXT},
          size_bytes BIGINT,
          created_at BIGINT,
          dangling BIGINT NOT NULL,
          containers_count BIGINT NOT NULL,
          os {TEXT},
          architecture {TEXT},
          variant {TEXT},
          PRIMARY KEY (machine_id, image_id)
        );
        CREATE TABLE docker_volumes (
          \(ofMachine),
          name {TEXT} NOT NULL,
          driver {TEXT},
          mount_point {TEXT},
          created_at BIGINT,
          in_use BIGINT NOT NULL,
          compose_project {TEXT},
          PRIMARY KEY (machine_id, name)
        );
        CREATE TABLE docker_networks (
          \(ofMachine),
          network_id {TEXT} NOT NULL,
          name {TEXT} NOT NULL,
          driver {TEXT},
          scope {TEXT},
          internal BIGINT,
          subnets_json {TEXT},
          compose_project {TEXT},
          PRIMARY KEY (machine_id, network_id)
        );
        CREATE TABLE docker_compose_stacks (
          \(ofMachine),
          project {TEXT} NOT NULL,
          working_directory {TEXT},
          config_files_json {TEXT},
          source {TEXT} NOT NULL,
          status {TEXT} NOT NULL,
          services_count BIGINT NOT NULL,
          containers_wanted BIGINT NOT NULL,
          containers_running BIGINT NOT NULL,
          containers_healthy BIGINT NOT NULL,
          PRIMARY KEY (machine_id, project)
        );
        CREATE INDEX docker_compose_stacks_status ON docker_compose_stacks (status);
        CREATE TABLE docker_stack_services (
          \(ofMachine),
          project {TEXT} NOT NULL,
          service {TEXT} NOT NULL,
          image {TEXT},
          status {TEXT} NOT NULL,
          containers_wanted BIGINT NOT NULL,
          containers_running BIGINT NOT NULL,
          containers_healthy BIGINT NOT NULL,
          PRIMARY KEY (machine_id, project, service)
        );
        CREATE TABLE docker_container_events (
          \(ofMachine),
          at BIGINT NOT NULL,
          container_id {TEXT} NOT NULL,
          action {TEXT} NOT NULL,
          name {TEXT},
          image {TEXT},
          exit_code BIGINT,
          PRIMARY KEY (machine_id, at, container_id, action)
        ) {KEYED};
        CREATE INDEX docker_container_events_at ON docker_container_events (at);
        CREATE TABLE docker_image_events (
          \(ofMachine),
          at BIGINT NOT NULL,
          image {TEXT} NOT NULL,
          action {TEXT} NOT NULL,
          name {TEXT},
          PRIMARY KEY (machine_id, at, image, action)
        ) {KEYED};
        CREATE INDEX docker_image_events_at ON docker_image_events (at);

        """
}
