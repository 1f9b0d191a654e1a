import TestSupport
import Testing

@testable import Hub

/// Decision 4: one SQL for two engines, proven on both.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL 15 is not installed; make setup installs it"))
struct PostgreSQLTests {
    @Test func `PostgreSQL takes every migration and prepares every statement`() throws {
        let server = try PostgreSQLServer()
        for migration in Migrations.all {
            let script = migration.statements(for: .postgresql).joined(separator: ";\n") + ";\n"
            try server.psql(script, stopsAtError: true)
        }
        var script = ""
        for (index, statement) in Statement.registry.enumerated() {
            script += "\\warn @@ \(statement.name)\n"
            script +=
                statement.sql.hasPrefix("CREATE")
                ? "\(statement.postgreSQL);\n" : "PREPARE s\(index) AS \(statement.postgreSQL);\n"
        }
        let answers = try server.psql(script, stopsAtError: false).split(separator: "@@ ")
        #expect(answers.count == Statement.registry.count)
        let failures = answers.filter { $0.contains("ERROR") }
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    @Test func `What PostgreSQL refuses is told`() throws {
        let answer = try PostgreSQLServer().psql("PREPARE x AS SELECT strftime('%s', 1);\n", stopsAtError: false)
        #expect(answer.contains("ERROR"))
    }
}
