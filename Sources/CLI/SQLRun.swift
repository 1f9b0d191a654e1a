import ArgumentParser
import Contracts
import HubAPI

/// `vigie sql`
struct SQLRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Ask the hub's tables in SQL.",
        discussion: """
            One SELECT, on a connection that can only read, with limits on time and rows. Tokens, credentials and
            quarantined bytes are not there. Columns named …_at are printed as times; add 0 to one for milliseconds.

            EXAMPLES:
              vigie sql --tables
              vigie sql --describe apt_packages
              vigie sql "select kind, count(*) from snapshots group by kind" -o csv
              vigie sql - < question.sql
            """)

    @Argument(help: ArgumentHelp("The statement, or - to read it from standard input.", valueName: "select"))
    var statement: String?
    @Flag(help: "List the tables.") var tables = false
    @Option(help: ArgumentHelp("Describe the columns of a table.", valueName: "table")) var describe: String?
    @OptionGroup var options: ListOptions

    func validate() throws {
        guard [statement != nil, tables, describe != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("Give a SELECT, --tables, or --describe TABLE.")
        }
    }

    func run() async throws {
        let session = try options.session()
        if let statement {
            let sql = statement == "-" ? StandardInput.read() : statement
            let answer: SQLAnswer = try await session.hub.post(
                "/v1/sql", SQLRequest(sql: sql, rowLimit: options.limit))
            Printing.output(try session.output.rows(answer))
            if answer.truncated {
                Printing.error(
                    "vigie: only the first \(Units.counted(answer.rows.count, "row")) are shown: narrow the question\n")
            }
            return
        }
        let answer: ListAnswer<TableAnswer> = try await session.hub.get("/v1/tables")
        guard let describe else {
            return Printing.output(
                try session.output.list(answer.items, columns: Self.tableColumns, empty: "there are no tables"))
        }
        guard let table = answer.items.first(where: { $0.name == describe.lowercased() }) else {
            throw CLIFailure(.failure, "there is no table \"\(describe)\"", advice: "vigie sql --tables lists them")
        }
        if session.output.format == .table { Printing.output("\(table.name): \(table.description)\n\n") }
        Printing.output(try session.output.list(table.columns, columns: Self.columnColumns, empty: "no columns"))
    }

    static let tableColumns: [Column<TableAnswer>] = [
        Column("TABLE", "name") { .text($0.name) },
        Column("CLASS", "class") { .text($0.tableClass) },
        Column("WHAT IT HOLDS", "description") { .text($0.description) },
    ]

    static let columnColumns: [Column<ColumnAnswer>] = [
        Column("COLUMN", "name", style: { $0.readable ? .plain : .faint }) { .text($0.name) },
        Column("TYPE", "type") { .text($0.type) },
        Column("WHAT IT SAYS", "description") {
            .text($0.description + ($0.readable ? "" : " (not available in vigie sql)"))
        },
        .csv("readable") { .flag($0.readable) },
    ]
}

extension Output {
    /// Rows of a statement: JSON is an array of objects by column name.
    func rows(_ answer: SQLAnswer) throws -> String {
        switch format {
        case .json:
            let names = Self.unique(answer.columns)
            return try CanonicalJSON.pretty(
                answer.rows.map { row in
                    JSONValue.object(JSONObject(zip(names, row).map { JSONObject.Member($0, $1) }))
                })
        case .csv: return CSV.render(header: answer.columns, rows: answer.rows.map { $0.map { Self.text($0) ?? "" } })
        case .table:
            guard !answer.rows.isEmpty else { return "no rows\n" }
            let rows = answer.rows.map { row in
                row.map { value -> Table.Cell in
                    guard let text = Self.text(value) else { return Table.Cell(text: "-", style: .faint) }
                    return Table.Cell(text: text.printable, alignsRight: value.isNumber)
                }
            }
            return Table(titles: answer.columns.map(\.printable), rows: rows).render(on: terminal)
        }
    }

    /// A second column of the same name becomes `name_2`.
    static func unique(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.map { name in
            var candidate = name
            var number = 2
            while !taken.insert(candidate).inserted {
                candidate = "\(name)_\(number)"
                number += 1
            }
            return candidate
        }
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .number(let number): Value.number(number).raw
        case .string(let text): text
        case .array, .object: (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

extension JSONValue {
    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .number: true
        default: false
        }
    }
}

/// Standard input, whole.
enum StandardInput {
    static func read() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }
}
