/// One statement of the hub, written once in the SQL that SQLite ≥ 3.40 and PostgreSQL ≥ 15 share.
///
/// Placeholders are `?1`, `?2`, …: SQLite takes them as they are, PostgreSQL gets `$1`, `$2`, … An untyped parameter that
/// PostgreSQL cannot infer is written as `CAST(?1 AS BIGINT)`. Every statement stands in the `all` of its file, and so in
/// `Statement.registry`, which the tests prepare on a real PostgreSQL and explain on a filled SQLite.
struct Statement: Sendable, Equatable {
    /// Unique, as `machines.list`; what the logs and `vigie hub status` call it.
    let name: String
    let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }

    /// The same with PostgreSQL's placeholders.
    var postgreSQL: String {
        var result = ""
        var inLiteral = false
        for character in sql {
            if character == "'" { inLiteral.toggle() }
            result.append(character == "?" && !inLiteral ? "$" : character)
        }
        return result
    }
}

extension Statement: Hashable {
    /// The name is enough to find it by, and shorter.
    func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
