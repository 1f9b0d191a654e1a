extension Migrations {
    /// What may stand in `snapshots.result` is checked by comparing it with each word. For a list SQLite makes a table of
    /// the words, fills and drops it with each snapshot that is archived.
    ///
    /// The rows are not touched: a check is only words in the table's own statement, which SQLite has one change in this
    /// way (https://www.sqlite.org/lang_altertable.html, "Removing CHECK").
    static let checks = Migration(
        version: 13, name: "checks", sql: "",
        only: [
            .sqlite: [
                "PRAGMA writable_schema = ON",
                """
                UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (result IN (''derived'', ''unchanged'', ''stale'', ''held'', ''failed''))',
                  'CHECK (result = ''derived'' OR result = ''unchanged'' OR result = ''stale'' OR result = ''held'' OR result = ''failed'')')
                WHERE type = 'table' AND name = 'snapshots'
                """,
                "PRAGMA writable_schema = RESET",
            ]
        ])
}
