import Contracts

/// Rows under titles, in columns as wide as they must be and no wider than the terminal lets them.
struct Table {
    struct Cell {
        var text: String
        var style: Style = .plain
        var alignsRight = false
    }

    var titles: [String]
    var rows: [[Cell]]
    /// Columns that may be left out where the terminal is too narrow, the last first.
    private var roomy: [Int] = []

    init(titles: [String], rows: [[Cell]]) {
        self.titles = titles
        self.rows = rows
    }

    init<Item>(_ items: [Item], columns: [Column<Item>], now: Timestamp) {
        let shown = columns.filter { $0.place != .csvOnly }
        titles = shown.map(\.title)
        roomy = shown.indices.filter { shown[$0].place == .roomy }
        rows = items.map { item in
            shown.map { column in
                let value = column.value(item)
                return Cell(text: value.human(now: now), style: column.style(item), alignsRight: value.isNumeric)
            }
        }
    }

    /// A column is not made narrower than this while another is wider.
    private static let narrowest = 8
    private static let gap = "  "

    func render(on terminal: Terminal, indent: String = "") -> String {
        let limit = terminal.width.map { $0 - indent.count }
        if let limit, let last = roomy.last, least > limit { return without(last).render(on: terminal, indent: indent) }
        let widths = widths(limit: limit)
        let rightAligned = titles.indices.map { column in
            rows.contains { $0[column].alignsRight }
                && rows.allSatisfy { $0[column].alignsRight || $0[column].text == "-" }
        }
        var result = ""
        if titles.contains(where: { !$0.isEmpty }) {
            result += indent
            result += line(
                titles.map { Cell(text: $0, style: .strong) }, widths: widths, rightAligned: rightAligned, on: terminal)
        }
        for row in rows {
            result += indent + line(row, widths: widths, rightAligned: rightAligned, on: terminal)
        }
        return result
    }

    private func line(_ cells: [Cell], widths: [Int], rightAligned: [Bool], on terminal: Terminal) -> String {
        var result = ""
        for (index, cell) in cells.enumerated() {
            let text = cell.text.fitted(widths[index])
            let padding = String(repeating: " ", count: widths[index] - text.columns)
            let isLast = index == cells.count - 1
            let painted = cell.style.paint(text, on: terminal)
            result += rightAligned[index] ? padding + painted : isLast ? painted : painted + padding
            if !isLast { result += Self.gap }
        }
        return result + "\n"
    }

    /// Columns that the table takes at its narrowest.
    private var least: Int {
        naturalWidths.reduce(0) { $0 + min($1, Self.narrowest) } + Self.gap.count * (titles.count - 1)
    }

    private func without(_ column: Int) -> Table {
        var narrower = self
        narrower.titles.remove(at: column)
        for row in rows.indices { narrower.rows[row].remove(at: column) }
        narrower.roomy.removeLast()
        return narrower
    }

    private var naturalWidths: [Int] {
        titles.indices.map { column in
            max(titles[column].columns, rows.lazy.map { $0[column].text.columns }.max() ?? 0)
        }
    }

    /// The natural widths, the widest made narrower until the line fits.
    private func widths(limit: Int?) -> [Int] {
        var widths = naturalWidths
        guard let limit, !widths.isEmpty else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 1 {
            // Below the narrowest nothing can be read: a terminal that small wraps the lines.
            if widths[widest] <= Self.narrowest { break }
            let next = widths.indices.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
            let step = min(excess, max(1, widths[widest] - max(next, Self.narrowest)))
            widths[widest] -= step
            excess -= step
        }
        return widths
    }
}
