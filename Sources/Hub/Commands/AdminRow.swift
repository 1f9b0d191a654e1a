import Contracts

/// A row of an administrator's list: a table for people, JSON for programs.
struct AdminRow {
    enum Cell {
        case integer(Int64)
        case string(String)
        /// A text column; absent where it is null or empty.
        case text(SQLValue)
        /// A column of Unix milliseconds; absent where it is null.
        case time(SQLValue)

        var json: JSONValue? {
            switch self {
            case .integer(let value): .integer(value)
            case .string(let text): .string(text)
            case .text(let value): value.text.flatMap { $0.isEmpty ? nil : .string($0) }
            case .time(let value): value.integer.map { .string(Timestamp(milliseconds: $0).description) }
            }
        }

        var shown: String {
            switch json {
            case .integer(let value): String(value)
            case .string(let text): text
            default: "-"
            }
        }
    }

    let cells: [(name: String, cell: Cell)]

    init(_ cells: [(String, Cell)]) { self.cells = cells }

    static func show(_ rows: [AdminRow], _ format: OutputFormat) throws {
        switch format {
        case .json:
            let values = rows.map { row in
                JSONValue.object(
                    JSONObject(row.cells.compactMap { cell in cell.cell.json.map { .init(cell.name, $0) } }))
            }
            Terminal.say(String(decoding: try CanonicalJSON.encode(JSONValue.array(values)), as: UTF8.self))
        case .table:
            guard let first = rows.first else { return Terminal.complain("none") }
            Terminal.table(
                first.cells.map { $0.name.uppercased().replacing("_", with: " ") },
                rows.map { $0.cells.map(\.cell.shown) })
        }
    }
}
