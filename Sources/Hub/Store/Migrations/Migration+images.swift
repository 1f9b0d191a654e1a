extension Migrations {
    /// What machines name their images, what registries answer about those names, and restart loops of containers.
    static let images = Migration(
        version: 5, name: "images",
        sql: """
            ALTER TABLE docker_containers ADD COLUMN restart_loop_count BIGINT;
            ALTER TABLE docker_containers ADD COLUMN restart_loop_since_at BIGINT;
            CREATE TABLE docker_image_references (
              \(ofMachine),
              reference {TEXT} NOT NULL,
              image_id {TEXT} NOT NULL,
              registry {TEXT} NOT NULL,
              repository {TEXT} NOT NULL,
              tag {TEXT} NOT NULL,
              pinned BIGINT NOT NULL,
              has_digest BIGINT NOT NULL,
              digests_json {TEXT},
              os {TEXT} NOT NULL,
              architecture {TEXT} NOT NULL,
              variant {TEXT} NOT NULL,
              containers_count BIGINT NOT NULL,
              PRIMARY KEY (machine_id, reference, image_id)
            );
            CREATE INDEX docker_image_references_name ON docker_image_references (registry, repository, tag);
            CREATE TABLE image_candidates (
              registry {TEXT} NOT NULL,
              repository {TEXT} NOT NULL,
              tag {TEXT} NOT NULL,
              os {TEXT} NOT NULL,
              architecture {TEXT} NOT NULL,
              variant {TEXT} NOT NULL,
              answer {TEXT} NOT NULL CHECK (answer IN ('unknown', 'found', 'no_digest', 'unauthorized', 'gone',
                'unreachable', 'rate_limited', 'not_allowed')),
              answer_since_at BIGINT,
              asked_at BIGINT,
              next_ask_at BIGINT NOT NULL,
              index_digest {TEXT},
              manifest_digest {TEXT},
              image_id {TEXT},
              digest_since_at BIGINT,
              last_error {TEXT},
              PRIMARY KEY (registry, repository, tag, os, architecture, variant)
            ) {KEYED};
            CREATE INDEX image_candidates_next_ask ON image_candidates (next_ask_at);
            CREATE TABLE image_registries (
              registry {TEXT} NOT NULL PRIMARY KEY,
              blocked_until_at BIGINT,
              window_started_at BIGINT,
              window_requests BIGINT NOT NULL,
              last_error {TEXT}
            );

            """)
}
