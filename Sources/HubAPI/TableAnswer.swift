/// A table that `vigie sql` can read, in words.
package struct TableAnswer: Codable, Equatable, Sendable {
    package var name: String
    /// `derived`, `observed`, `operator`.
    package var tableClass: String
    package var description: String
    package var columns: [ColumnAnswer]

    package init(name: String, tableClass: String, description: String, columns: [ColumnAnswer]) {
        self.name = name
        self.tableClass = tableClass
        self.description = description
        self.columns = columns
    }

    package enum CodingKeys: String, CodingKey {
        case name
        case tableClass = "class"
        case description, columns
    }
}

package struct ColumnAnswer: Codable, Equatable, Sendable {
    package var name: String
    /// As declared: `BIGINT`, `TEXT`, …
    package var type: String
    package var description: String
    /// False for a column that `vigie sql` refuses, such as archived bytes.
    package var readable: Bool

    package init(name: String, type: String, description: String, readable: Bool) {
        self.name = name
        self.type = type
        self.description = description
        self.readable = readable
    }
}
