/// Comma-separated values (RFC 4180), with a header line; lines end with a line feed, as Unix tools expect.
enum CSV {
    static func render<Item>(_ items: [Item], columns: [Column<Item>]) -> String {
        let shown = columns.filter { $0.place != .tableOnly }
        return render(header: shown.map(\.name), rows: items.map { item in shown.map { $0.value(item).raw } })
    }

    static func render(header: [String], rows: [[String]]) -> String {
        ([header] + rows).map { $0.map(field).joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
