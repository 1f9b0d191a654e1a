extension Migrations {
    /// Machines, trust, the archive and upkeep: the hub's own records and the operator's; nothing here is derived.
    static let core = Migration(
        version: 1, name: "core",
        sql: """
            CREATE TABLE machines (
              id {ID},
              machine_uuid {TEXT} NOT NULL UNIQUE,
              created_at BIGINT NOT NULL,
              last_seen_at BIGINT,
              next_due_at BIGINT,
              agent_version {TEXT},
              hostname {TEXT},
              machine_id_hint {TEXT},
              product_uuid_hint {TEXT},
              boot_id {TEXT},
              highest_sequence BIGINT NOT NULL DEFAULT 0,
              clock_skew_ms BIGINT,
              remote_address {TEXT},
              spool_files BIGINT,
              spool_bytes BIGINT,
              spool_dropped_total BIGINT,
              clone_suspected_at BIGINT,
              requested_kinds {TEXT} NOT NULL DEFAULT ''
            );
            CREATE INDEX machines_hints ON machines (machine_id_hint);
            CREATE TABLE machine_settings (
              machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
              name {TEXT} NOT NULL UNIQUE,
              retired_at BIGINT,
              notes {TEXT}
            );
            CREATE TABLE machine_tags (
              machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
              tag {TEXT} NOT NULL,
              PRIMARY KEY (machine_id, tag)
            );
            CREATE INDEX machine_tags_tag ON machine_tags (tag, machine_id);
            CREATE TABLE machine_credentials (
              token_hash {TEXT} PRIMARY KEY,
              machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
              created_at BIGINT NOT NULL,
              revoked_at BIGINT,
              revoked_reason {TEXT}
            );
            CREATE INDEX machine_credentials_machine ON machine_credentials (machine_id);
            CREATE TABLE enrollment_tokens (
              id {ID},
              token_hash {TEXT} NOT NULL UNIQUE,
              created_at BIGINT NOT NULL,
              expires_at BIGINT NOT NULL,
              uses_left BIGINT NOT NULL CHECK (uses_left >= 0),
              uses_total BIGINT NOT NULL,
              tags {TEXT} NOT NULL DEFAULT '',
              for_machine_id BIGINT REFERENCES machines (id) ON DELETE CASCADE,
              revoked_at BIGINT,
              last_used_at BIGINT
            );
            CREATE TABLE api_clients (
              id {ID},
              name {TEXT} NOT NULL UNIQUE,
              token_hash {TEXT} NOT NULL UNIQUE,
              scope {TEXT} NOT NULL CHECK (scope IN ('read', 'operate', 'admin')),
              created_at BIGINT NOT NULL,
              expires_at BIGINT,
              revoked_at BIGINT,
              last_seen_at BIGINT
            );
            CREATE TABLE audit_log (
              id {ID},
              at BIGINT NOT NULL,
              actor {TEXT} NOT NULL,
              action {TEXT} NOT NULL,
              subject {TEXT},
              detail {TEXT}
            );
            CREATE INDEX audit_log_at ON audit_log (at);
            CREATE TABLE app_settings (
              name {TEXT} PRIMARY KEY,
              value {TEXT} NOT NULL,
              updated_at BIGINT NOT NULL
            );
            CREATE TABLE snapshots (
              id {ID},
              machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
              snapshot_uuid {TEXT} NOT NULL,
              kind {TEXT} NOT NULL,
              schema_version BIGINT NOT NULL,
              sequence BIGINT NOT NULL,
              boot_id {TEXT} NOT NULL,
              collected_at BIGINT NOT NULL,
              received_at BIGINT NOT NULL,
              effective_at BIGINT NOT NULL,
              collection_status {TEXT} NOT NULL,
              result {TEXT} NOT NULL CHECK (result IN ('derived', 'unchanged', 'stale', 'held', 'failed')),
              payload_digest {TEXT},
              same_as {TEXT},
              body_digest {TEXT} NOT NULL,
              inflated_bytes BIGINT NOT NULL,
              body {BYTES} NOT NULL,
              UNIQUE (machine_id, snapshot_uuid)
            );
            CREATE INDEX snapshots_order ON snapshots (machine_id, kind, effective_at, sequence);
            CREATE INDEX snapshots_received ON snapshots (received_at);
            CREATE INDEX snapshots_held ON snapshots (machine_id) WHERE result = 'held';
            CREATE TABLE quarantine (
              id {ID},
              machine_id BIGINT REFERENCES machines (id) ON DELETE CASCADE,
              received_at BIGINT NOT NULL,
              status BIGINT NOT NULL,
              code {TEXT} NOT NULL,
              reason {TEXT} NOT NULL,
              body_bytes BIGINT NOT NULL,
              body {BYTES} NOT NULL
            );
            CREATE INDEX quarantine_received ON quarantine (received_at);

            """)
}
