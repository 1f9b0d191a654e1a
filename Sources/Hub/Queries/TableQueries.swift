import HubAPI

/// `vigie sql --tables` and `--describe`: the tables of the migrations, without those that hold secrets.
enum TableQueries {
    /// Read from the text of the migrations, which is the same for both engines.
    static let readable: [TableDescription] = tables(of: Migrations.all.map(\.sql).joined(separator: "\n"))
        .filter { !SQLAuthorizer.secretTables.contains($0.name) }

    /// Reads `CREATE TABLE name (` … `)` with one column a line, as the migrations are written.
    static func tables(of sql: String) -> [TableDescription] {
        var tables: [TableDescription] = []
        var isInside = false
        for line in sql.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.starts(with: ["CREATE", "TABLE"]), words.count > 2 {
                let name = String(words[2])
                tables.append(TableDescription(name: name, tableClass: "", description: "", columns: []))
                isInside = true
            } else if line.hasPrefix(")") || line.contains(");") {
                isInside = false
            } else if isInside, words.count > 1, words[0].allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "_" }) {
                let table = tables.count - 1
                let name = String(words[0])
                let isSecret = SQLAuthorizer.secretColumns[tables[table].name]?.contains(name) == true
                tables[table].columns.append(
                    ColumnDescription(name: name, type: type(words), description: "", readable: !isSecret))
            }
        }
        return tables
    }

    private static func type(_ words: [Substring]) -> String {
        switch words[1] {
        case "{TEXT}", "{TEXT},": "TEXT"
        case "{BYTES}", "{BYTES},": "BLOB"
        case "{ID}", "{ID},": "BIGINT"
        case "DOUBLE": "DOUBLE PRECISION"
        default: String(words[1].prefix { $0 != "," })
        }
    }
}
