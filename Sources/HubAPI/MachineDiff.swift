/// What differs between two states of a machine.
package struct MachineDiff: Codable, Equatable, Sendable {
    package var machine: String
    package var from: PastAnswer
    package var to: PastAnswer
    package var changes: [DiffChange]

    package init(machine: String, from: PastAnswer, to: PastAnswer, changes: [DiffChange]) {
        self.machine = machine
        self.from = from
        self.to = to
        self.changes = changes
    }
}

/// One thing that is there, is gone, or is another.
package struct DiffChange: Codable, Equatable, Sendable {
    package var kind: String
    /// What sort of thing, as `package`, `disk`, `container`.
    package var section: String
    /// Its name; empty where a machine has one of it.
    package var item: String
    /// `added`, `removed`, `changed`.
    package var change: String
    /// Of an added or removed one what it is or was, of a changed one what differs.
    package var fields: [DiffField]

    package init(kind: String, section: String, item: String, change: String, fields: [DiffField]) {
        self.kind = kind
        self.section = section
        self.item = item
        self.change = change
        self.fields = fields
    }
}

/// A value before and after; absent where there was or is none.
package struct DiffField: Codable, Equatable, Sendable {
    /// A column, as `vigie sql --describe` explains it.
    package var name: String
    package var from: String?
    package var to: String?

    package init(name: String, from: String?, to: String?) {
        self.name = name
        self.from = from
        self.to = to
    }
}
