import HubAPI

/// `vigie sql --tables` and `--describe`: the described tables, without those that hold secrets, and their columns'
/// types.
enum TableQueries {
    static let readable: [TableAnswer] = TableDescriptions.all
        .filter { !SQLAuthorizer.secretTables.contains($0.name) }
        .map { table in
            let secret = SQLAuthorizer.secretColumns[table.name] ?? []
            let types = types[table.name] ?? [:]
            return TableAnswer(
                name: table.name, tableClass: table.tableClass.rawValue, description: table.text,
                columns: table.columns.map { column in
                    ColumnAnswer(
                        name: column.name, type: types[column.name] ?? "", description: column.text,
                        readable: !secret.contains(column.name))
                })
        }
        .sorted { $0.name < $1.name }

    /// By table and column, from the text of the migrations, which is the same for both engines, and of the one table
    /// that must be there before them.
    static let types: [String: [String: String]] = types(of: Migrations.all.map(\.sql).joined(separator: "\n"))
        .merging(["schema_migrations": ["version": "BIGINT", "name": "TEXT", "applied_at": "BIGINT"]]) { found, _ in
            found
        }

    /// Reads `CREATE TABLE name (`, then one column a line up to `)`, and on one line `ALTER TABLE name ADD COLUMN` and
    /// `ALTER TABLE name RENAME TO`, as the migrations are written; columns of views are those of the tables that they
    /// are of.
    static func types(of sql: String) -> [String: [String: String]] {
        var types: [String: [String: String]] = [:]
        var table: String?
        for line in sql.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.starts(with: ["CREATE", "TABLE"]), words.count > 2 {
                table = String(words[2])
            } else if words.starts(with: ["ALTER", "TABLE"]), words.count > 6, words[3] == "ADD" {
                types[String(words[2]), default: [:]][String(words[5])] = type(words[6].prefix { $0 != ";" })
            } else if words.starts(with: ["ALTER", "TABLE"]), words.count > 5, words[3] == "RENAME" {
                types[String(words[5].prefix { $0 != ";" })] = types.removeValue(forKey: String(words[2]))
            } else if line.hasPrefix(")") {
                table = nil
            } else if let table, words.count > 1, words[0].allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "_" }) {
                types[table, default: [:]][String(words[0])] = type(words[1].prefix { $0 != "," })
            }
        }
        for statement in sql.split(separator: ";\n") where statement.contains("CREATE VIEW ") {
            let words = statement.split { $0.isWhitespace || $0 == "," }.drop { $0 != "VIEW" }.map(String.init)
            // `VIEW name AS SELECT column, column AS name FROM table`
            guard let end = words.firstIndex(of: "FROM"), words.indices.contains(end + 1), words.count > 4 else {
                continue
            }
            var columns = words[4..<end]
            while let column = columns.popFirst() {
                var name = column
                if columns.first == "AS" {
                    name = columns.dropFirst().first ?? column
                    columns = columns.dropFirst(2)
                }
                types[words[1], default: [:]][name] = types[words[end + 1]]?[column]
            }
        }
        return types
    }

    private static func type(_ word: Substring) -> String {
        switch word {
        case "{TEXT}": "TEXT"
        case "{BYTES}": "BLOB"
        case "{ID}", "{ONE}": "BIGINT"
        case "DOUBLE": "DOUBLE PRECISION"
        default: String(word)
        }
    }
}
