package import Contracts

/// What every question with many answers is answered with.
package struct ListAnswer<Item: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    package var items: [Item]
    /// True where there is more than the limit of the question let through; narrow it, or raise `limit`.
    package var truncated: Bool
    /// Of which machines the answer is not, or not surely, the whole truth.
    package var notices: [MachineNotice]?

    package init(items: [Item], truncated: Bool) {
        self.items = items
        self.truncated = truncated
    }

    /// Takes rows of a query that was asked for one more than the limit.
    package init(items: [Item], limit: Int) {
        truncated = items.count > limit
        self.items = truncated ? Array(items.prefix(limit)) : items
    }
}

/// What an operator must know about a machine to read an answer rightly.
package struct MachineNotice: Codable, Sendable, Equatable {
    package var machine: String
    /// `updates_unknown`, `lists_stale`, `containers_unknown`.
    package var code: String
    package var message: String
    package var since: Timestamp?

    package init(machine: String, code: String, message: String, since: Timestamp? = nil) {
        self.machine = machine
        self.code = code
        self.message = message
        self.since = since
    }
}
