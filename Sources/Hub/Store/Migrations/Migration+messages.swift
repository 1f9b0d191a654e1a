extension Migrations {
    /// Messages and their acknowledgements; what the hub notes of a machine's presence and of copies of it; rules that
    /// give tags.
    static let messages = Migration(
        version: 4, name: "messages",
        sql: """
            CREATE TABLE important_messages (
              \(ofMachine),
              message_id {TEXT} NOT NULL,
              source {TEXT} NOT NULL CHECK (source IN ('snapshot', 'hub')),
              category {TEXT} NOT NULL,
              code {TEXT} NOT NULL,
              component {TEXT} NOT NULL,
              severity {TEXT} NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
              message {TEXT} NOT NULL,
              section {TEXT},
              first_seen_at BIGINT NOT NULL,
              first_sequence BIGINT,
              first_snapshot {TEXT},
              last_seen_at BIGINT,
              closed_at BIGINT,
              closed_sequence BIGINT,
              closed_snapshot {TEXT},
              PRIMARY KEY (machine_id, message_id)
            ) {KEYED};
            CREATE INDEX important_messages_category ON important_messages (machine_id, category, closed_at);
            CREATE INDEX important_messages_id ON important_messages (message_id);
            CREATE INDEX important_messages_open ON important_messages (first_seen_at) WHERE closed_at IS NULL;
            CREATE INDEX important_messages_closed ON important_messages (closed_at) WHERE closed_at IS NOT NULL;
            CREATE TABLE message_acknowledgements (
              \(ofMachine),
              category {TEXT} NOT NULL,
              code {TEXT} NOT NULL,
              component {TEXT} NOT NULL,
              severity {TEXT} NOT NULL,
              first_seen_at BIGINT NOT NULL,
              acknowledged_at BIGINT NOT NULL,
              acknowledged_by {TEXT} NOT NULL,
              note {TEXT},
              PRIMARY KEY (machine_id, category, code, component, severity, first_seen_at)
            ) {KEYED};
            ALTER TABLE machine_kinds ADD COLUMN has_messages BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE machines ADD COLUMN split_at BIGINT;
            CREATE TABLE machine_boots (
              \(ofMachine),
              boot_id {TEXT} NOT NULL,
              first_seen_at BIGINT NOT NULL,
              superseded_at BIGINT,
              returned_at BIGINT,
              refused_at BIGINT,
              hostname {TEXT},
              machine_id_hint {TEXT},
              product_uuid_hint {TEXT},
              remote_address {TEXT},
              PRIMARY KEY (machine_id, boot_id)
            ) {KEYED};
            CREATE TABLE machine_clone_signs (
              \(oneOfMachine),
              alternated_at BIGINT,
              repeated_at BIGINT,
              repeated_sequence BIGINT
            );
            CREATE TABLE tag_rules (
              id {ID},
              tag {TEXT} NOT NULL,
              expression {TEXT} NOT NULL,
              created_at BIGINT NOT NULL,
              created_by {TEXT} NOT NULL,
              UNIQUE (tag, expression)
            );

            """)
}
