extension Migrations {
    static let aptFindings = Migration(
        version: 7, name: "apt_findings",
        sql: """
            ALTER TABLE apt_sources ADD COLUMN signature {TEXT};
            ALTER TABLE apt_sources ADD COLUMN key_expires_at BIGINT;
            ALTER TABLE apt_sources ADD COLUMN problem_code {TEXT};
            ALTER TABLE apt_errors ADD COLUMN lines_json {TEXT};

            """)
}
