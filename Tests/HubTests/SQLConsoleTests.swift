import Contracts
import HubAPI
import Testing

@testable import Hub

@Suite struct SQLConsoleTests {
    private static func ask(
        _ sql: String, limits: SQLConsole.Limits = .init(), rowLimit: Int? = nil
    ) async throws -> SQLAnswer {
        let fleet = try QueryFleet.filled()
        return try await SQLConsole(path: fleet.store.path, limits: limits).run(sql, rowLimit: rowLimit)
    }

    private static func refusal(_ sql: String, limits: SQLConsole.Limits = .init()) async throws -> SQLConsole.Failure?
    {
        let fleet = try QueryFleet.filled()
        do {
            let answer = try await SQLConsole(path: fleet.store.path, limits: limits).run(sql)
            Issue.record("answered: \(answer)")
            return nil
        } catch { return error }
    }

    @Test func `A SELECT answers columns and rows`() async throws {
        let answer = try await Self.ask(
            "SELECT s.name, count(*) AS packages FROM apt_packages p JOIN machine_settings s USING (machine_id) GROUP BY 1"
        )
        #expect(answer.columns == ["name", "packages"])
        #expect(answer.rows == [[.string("web-01"), .integer(3)], [.string("web-02"), .integer(3)]])
        #expect(!answer.truncated)
    }

    @Test func `Values keep their meaning`() async throws {
        let answer = try await Self.ask(
            "SELECT 1.5 AS a, NULL AS b, x'00ff' AS c, 1790000000000 AS seen_at, 5 AS short_at, 'a' || char(0) AS d, 9e999 AS e"
        )
        #expect(
            answer.rows == [
                [
                    .number(1.5), .null, .string("00ff"), .string("2026-09-21T14:13:20.000Z"), .integer(5),
                    .string("a\u{FFFD}"), .null,
                ]
            ])
    }

    @Test(arguments: [
        "WITH t AS (SELECT machine_id FROM machines) SELECT * FROM t",
        "WITH t AS (SELECT 1 AS n) SELECT count(*) FROM t",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n",
        "SELECT name FROM sqlite_master WHERE type = 'table'",
        "SELECT value FROM json_each('[1,2]')",
        "SELECT snapshot_uuid, inflated_bytes FROM snapshots LIMIT 3",
        "SELECT row_number() OVER (ORDER BY name) FROM machine_settings",
        "SELECT actor FROM audit_log",
        "SELECT 1; -- and nothing more",
        "SELECT 1 ; /* nothing */ ; ;",
        "VALUES (1), (2)",
        "EXPLAIN QUERY PLAN SELECT name FROM machine_settings",
        "SELECT (SELECT count(*) FROM docker_containers), strftime('%Y', 'now'), upper('a') LIKE 'A'",
    ])
    func `Reading works`(sql: String) async throws {
        // The first has a column that is not there: only what SQLite says of it counts.
        if sql.contains("machine_id FROM machines") {
            let failure = try await Self.refusal(sql)
            #expect(failure?.message.contains("no such column: machine_id") == true)
        } else {
            let answer = try await Self.ask(sql)
            #expect(!answer.columns.isEmpty)
        }
    }

    @Test(arguments: [
        "DELETE FROM machines", "UPDATE machines SET hostname = 'x'", "INSERT INTO machine_tags VALUES (1, 'x')",
        "INSERT INTO machine_tags VALUES (1, 'x') RETURNING tag", "DROP TABLE machines", "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)", "CREATE TEMP VIEW v AS SELECT 1", "ALTER TABLE machines ADD COLUMN x",
        "REPLACE INTO machine_tags VALUES (1, 'x')", "REINDEX", "ANALYZE", "VACUUM", "VACUUM INTO '/tmp/stolen.db'",
        "BEGIN", "BEGIN EXCLUSIVE", "COMMIT", "SAVEPOINT s", "ATTACH '/etc/passwd' AS p", "DETACH main",
        "PRAGMA query_only = OFF", "PRAGMA writable_schema = ON", "PRAGMA table_info(machines)",
        "EXPLAIN DELETE FROM machines", "WITH t AS (SELECT 1) DELETE FROM machines",
    ])
    func `Nothing but reading works`(sql: String) async throws {
        let failure = try await Self.refusal(sql)
        #expect(failure?.reason == .refused)
        #expect(failure?.message.contains("only reads") == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [
        "SELECT * FROM machine_credentials", "SELECT token_hash FROM enrollment_tokens", "SELECT * FROM API_CLIENTS",
        "SELECT count(*) FROM machine_credentials", "SELECT count(*) FROM Machine_Credentials AS m",
        "SELECT 1 FROM main.machine_credentials", "SELECT t.token_hash FROM (SELECT * FROM machine_credentials) t",
        "WITH x AS (SELECT token_hash AS h FROM enrollment_tokens) SELECT h FROM x",
        "SELECT (SELECT token_hash FROM api_clients LIMIT 1)",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM machine_credentials WHERE token_hash LIKE 'sha256:0%')",
        "SELECT m.id FROM machines m JOIN machine_credentials c ON c.machine_id = m.id",
        "SELECT id FROM machines ORDER BY (SELECT max(token_hash) FROM machine_credentials)",
        "SELECT 1 UNION ALL SELECT token_hash FROM machine_credentials",
        "SELECT * FROM app_settings", "SELECT body FROM quarantine", "SELECT reason FROM quarantine",
        "SELECT body FROM snapshots", "SELECT * FROM snapshots", "SELECT length(body) FROM snapshots",
        "SELECT s.BODY FROM snapshots s", "SELECT detail FROM audit_log", "SELECT rowid FROM enrollment_tokens",
        "SELECT * FROM machines NATURAL JOIN api_clients", "SELECT \"token_hash\" FROM [machine_credentials]",
        "SELECT max(id) OVER (ORDER BY body) FROM snapshots", "SELECT id FROM snapshots GROUP BY body",
    ])
    func `Secrets are not there, by whatever name`(sql: String) async throws {
        let failure = try await Self.refusal(sql)
        #expect(failure?.reason == .refused)
        #expect(failure?.message.contains("not available in vigie sql") == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [
        "SELECT * FROM pragma_table_info('machines')", "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_function_list", "SELECT count(*) FROM pragma_database_list",
        "SELECT * FROM sqlite_stat1", "SELECT * FROM sqlite_sequence", "SELECT * FROM sqlite_dbpage",
        "SELECT data FROM sqlite_dbpage WHERE pgno = 1", "SELECT * FROM dbstat", "SELECT count(*) FROM dbstat",
        "SELECT * FROM bytecode('SELECT 1')", "SELECT load_extension('/tmp/x.so')", "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')", "SELECT randomblob(1000000000)", "SELECT zeroblob(1000000000)",
        "SELECT sqlite_version()", "SELECT fts3_tokenizer('simple')", "SELECT edit('x')", "SELECT last_insert_rowid()",
    ])
    func `Side doors are shut`(sql: String) async throws {
        let failure = try await Self.refusal(sql)
        #expect(failure?.reason == .refused)
    }

    @Test(arguments: [
        "SELECT 1; SELECT 2", "SELECT 1; DELETE FROM machines", "SELECT 1;; SELECT 2 -- x", "SELECT 1; nonsense",
    ])
    func `One statement at a time`(sql: String) async throws {
        let failure = try await Self.refusal(sql)
        #expect(failure?.message == "one statement at a time, please")
    }

    @Test(arguments: [
        ("", "no statement"), (" -- nothing", "no statement"), ("SELEC 1", "syntax error"),
        ("SELECT missing FROM machines", "no such column"), ("SELECT ?1", "placeholders"),
        ("SELECT 1 \0; DELETE FROM machines", "NUL"), ("SELECT * FROM nowhere", "no such table"),
        (#"SELECT "no such name" FROM machines"#, "no such column"),
    ])
    func `Errors are told in words`(sql: String, words: String) async throws {
        let failure = try await Self.refusal(sql)
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test func `A statement without end is stopped`() async throws {
        let failure = try await Self.refusal(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
            limits: .init(seconds: 0.2))
        #expect(failure?.reason == .timedOut)
        let cross = "SELECT count(*) FROM " + (0..<16).map { "apt_packages a\($0)" }.joined(separator: ", ")
        let crossed = try await Self.refusal(cross, limits: .init(seconds: 0.2))
        #expect(crossed?.reason == .timedOut)
    }

    @Test func `A statement that fills the memory is stopped`() async throws {
        let failure = try await Self.refusal(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
            SELECT i, hex(i) || printf('%.1000c', 'x') AS t FROM n ORDER BY t
            """, limits: .init(seconds: 30, workingBytes: 16 << 20))
        #expect(failure?.message.contains("too much memory") == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [
        "SELECT hex(printf('%.200000c', 'x'))",
        "SELECT replace(printf('%.100000c', 'x'), 'x', printf('%.100000c', 'y'))",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 90000) SELECT group_concat(i || 'abc') FROM n",
    ])
    func `A value that is too large is refused`(sql: String) async throws {
        let failure = try await Self.refusal(sql)
        #expect(failure?.message.contains("too big") == true, "\(failure?.message ?? "")")
    }

    @Test func `Trimming is SQLite's, but for a bound on what it compares`() async throws {
        let answer = try await Self.ask(
            """
            SELECT trim('xyaxbyx', 'yx'), ltrim('xxaxx', 'x'), rtrim('xxaxx', 'x'), trim('éaé', 'é'), trim('  a '),
              trim(NULL, 'x'), trim('aa', 'a')
            """)
        #expect(
            answer.rows == [
                [.string("axb"), .string("axx"), .string("xxa"), .string("a"), .string("a"), .null, .string("")]
            ])
        let many =
            "WITH RECURSIVE n (i) AS (SELECT 33 UNION ALL SELECT i + 1 FROM n LIMIT 300) "
            + "SELECT trim('x', (SELECT group_concat(char(i), '') FROM n))"
        let failure = try await Self.refusal(many)
        #expect(failure?.message == "trim takes at most 100 different characters to remove")
    }

    @Test func `Rows and bytes are cut, and the answer says so`() async throws {
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT i FROM n"
        let cut = try await Self.ask(many, rowLimit: 10)
        #expect(cut.rows.count == 10)
        #expect(cut.truncated)
        let whole = try await Self.ask(many, rowLimit: 50)
        #expect(whole.rows.count == 50)
        #expect(!whole.truncated)
        let long =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT printf('%.1000c', 'x') FROM n"
        let bytes = try await Self.ask(long, limits: .init(answerBytes: 10_000))
        #expect(bytes.truncated)
        #expect(bytes.rows.count == 10)
    }

    @Test func `Only so many statements run at once`() async throws {
        let fleet = try QueryFleet.filled()
        let console = SQLConsole(path: fleet.store.path, limits: .init(seconds: 0.5, concurrent: 2))
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        let reasons = await withTaskGroup(of: SQLConsole.Failure.Reason?.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    do throws(SQLConsole.Failure) {
                        _ = try await console.run(endless)
                        return nil
                    } catch { return error.reason }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reasons.contains(.busy))
        #expect(reasons.contains(.timedOut))
        let after = try await console.run("SELECT 1")
        #expect(after.rows.count == 1)
    }

    @Test func `Every table and column that is described can be read, the others not`() async throws {
        let fleet = try QueryFleet.filled()
        let console = SQLConsole(path: fleet.store.path)
        #expect(TableQueries.readable.count > 25)
        for table in TableQueries.readable {
            #expect(!table.description.isEmpty)
            #expect(table.columns.allSatisfy { !$0.description.isEmpty }, "\(table.name)")
            let types = Set(table.columns.map(\.type))
            #expect(types.subtracting(["TEXT", "BIGINT", "DOUBLE PRECISION", "BLOB"]) == [], "\(table.name)")
            let names = table.columns.filter(\.readable).map(\.name)
            let answer = try await console.run("SELECT \(names.joined(separator: ", ")) FROM \(table.name)")
            #expect(answer.columns == names)
            for column in table.columns where !column.readable {
                let refused = await #expect(throws: SQLConsole.Failure.self) {
                    try await console.run("SELECT \(column.name) FROM \(table.name)")
                }
                #expect(refused?.reason == .refused)
            }
        }
        let inDatabase = try fleet.read {
            try $0.rows(Statement("test.tables", "SELECT name FROM sqlite_master WHERE type = 'table'"))
        }.compactMap { $0[0].text }.filter { !$0.hasPrefix("sqlite_") }
        let described = Set(TableQueries.readable.map(\.name)).union(SQLAuthorizer.secretTables)
        #expect(Set(inDatabase).subtracting(described).isEmpty)
    }
}
