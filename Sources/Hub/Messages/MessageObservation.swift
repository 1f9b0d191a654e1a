/// What a message is about; at most one message of a machine and kind is open for it.
struct MessageKey: Hashable, Comparable, Sendable {
    /// As `filesystem_full`.
    var code: String
    /// As `/srv`.
    var component: String

    static func < (left: MessageKey, right: MessageKey) -> Bool {
        (left.code, left.component) < (right.code, right.component)
    }
}

/// What one snapshot says about every possible message: how severe it is at least, and at most.
///
/// Both are mostly the same. They differ where the snapshot leaves it open: a section that could not be read says nothing
/// (from `ok` to `critical`), and a value a little below its limit keeps a message open without opening one, so that a
/// value that dances about its limit is one message. Pure, and so is `next`: messages are a fold over the snapshots in
/// their order.
struct MessageObservation: Equatable, Sendable {
    private struct Said: Equatable, Sendable {
        var floor: StateWarning?
        var ceiling: StateWarning
    }

    private var said: [MessageKey: Said] = [:]
    private let unknown: Set<String>

    /// - Parameters:
    ///   - warnings: what the payload shows.
    ///   - lingering: what it would show if it was so before; see `KindDeriver.lingering`.
    ///   - unknown: `collection.unknown`; what is said of an unknown section counts as not said.
    init(warnings: [StateWarning], lingering: [StateWarning] = [], unknown: [String] = []) {
        self.unknown = Set(unknown)
        for warning in warnings where !Taking.covers(self.unknown, warning.section) {
            if let known = said[warning.messageKey], known.ceiling.severity >= warning.severity { continue }
            said[warning.messageKey] = Said(floor: warning, ceiling: warning)
        }
        for warning in lingering where !Taking.covers(self.unknown, warning.section) {
            guard let known = said[warning.messageKey] else {
                said[warning.messageKey] = Said(floor: nil, ceiling: warning)
                continue
            }
            if known.ceiling.severity < warning.severity { said[warning.messageKey]?.ceiling = warning }
        }
    }

    /// The keys that it says something about; all others are `ok`, or unknown.
    var keys: [MessageKey] { Array(said.keys) }

    /// True where it opens no message, whatever was before.
    var isQuiet: Bool { said.values.allSatisfy { $0.floor == nil } }

    /// How severe it is after this snapshot.
    ///
    /// - Parameter section: JSON pointer of the section that the open message came from.
    func next(_ key: MessageKey, after previous: Severity, section: String?) -> Severity {
        guard let said = said[key] else {
            return previous > .ok && Taking.covers(unknown, section ?? "") ? previous : .ok
        }
        return min(max(previous, said.floor?.severity ?? .ok), said.ceiling.severity)
    }

    /// What the snapshot says of a severity that it has raised, or lowered, the message to.
    func words(_ key: MessageKey, _ severity: Severity) -> StateWarning? {
        guard let said = said[key] else { return nil }
        return said.floor?.severity == severity ? said.floor : said.ceiling
    }
}

extension StateWarning {
    var messageKey: MessageKey { MessageKey(code: code, component: subject) }
}
