/// One column of an answer: its title for people, its name for programs, and what stands in it.
struct Column<Item>: Sendable {
    enum Place: Sendable {
        case everywhere, tableOnly, csvOnly
        /// Everywhere, but the first to go where a terminal is too narrow for the table.
        case roomy
    }

    var title: String
    /// As in JSON.
    var name: String
    var place: Place
    var value: @Sendable (Item) -> Value
    var style: @Sendable (Item) -> Style

    init(
        _ title: String, _ name: String, _ place: Place = .everywhere,
        style: @escaping @Sendable (Item) -> Style = { _ in .plain },
        value: @escaping @Sendable (Item) -> Value
    ) {
        self.title = title
        self.name = name
        self.place = place
        self.value = value
        self.style = style
    }

    /// A column for programs only.
    static func csv(_ name: String, value: @escaping @Sendable (Item) -> Value) -> Column {
        Column("", name, .csvOnly, value: value)
    }
}
