extension Migrations {
    /// The indexes of a machine's state and of messages as questions need them: one that none used, and that every metrics
    /// snapshot wrote, is gone; open messages are found in the order in which they are listed, and the hub's own without
    /// all the others.
    static let state = Migration(
        version: 10, name: "state",
        sql: """
            DROP INDEX machine_state_status;

            DROP INDEX important_messages_open;

            CREATE INDEX important_messages_open ON important_messages (severity, first_seen_at DESC, message_id)
              WHERE closed_at IS NULL;

            CREATE INDEX important_messages_hub ON important_messages (code, category, machine_id, component)
              WHERE source = 'hub' AND closed_at IS NULL;

            """)
}
