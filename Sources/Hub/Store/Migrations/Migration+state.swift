extension Migrations {
    /// An index that no question used, and that every metrics snapshot wrote: the status is set with each.
    static let state = Migration(
        version: 10, name: "state",
        sql: """
            DROP INDEX machine_state_status;

            """)
}
