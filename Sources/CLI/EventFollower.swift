import Contracts
import HubAPI

/// Shows events as the hub learns of them: each once, and none is left out.
///
/// It goes along the hub's feed, which is in the order of entering: an event of an hour ago that arrives now is shown
/// now. While the hub is away it waits, and goes on from where it was.
struct EventFollower {
    /// The feed after a place; without one, where it is now.
    var ask: (_ after: Int?) async throws -> EventFeedAnswer
    /// What is shown before the following begins, the newest first.
    var earlier: () async throws -> ListAnswer<EventAnswer>
    /// Between two looks. Throws where following is to end.
    var pause: () async throws -> Void
    var show: ([EventAnswer]) throws -> Void
    var warn: (String) -> Void

    /// Ends with what `pause` throws, or where the hub refuses to answer.
    func run() async throws {
        // The place comes first: what is entered while the earlier events are read is in both, and shown once.
        var cursor = try await ask(nil).cursor
        let earlier = try await earlier()
        if earlier.truncated { warn("of the earlier events only the newest \(earlier.items.count) are shown") }
        try show(earlier.items.reversed())
        var shown = Set(earlier.items.map(Key.init))
        var isAway = false
        while true {
            do {
                let answer = try await ask(cursor)
                if isAway { warn("the hub answers again") }
                isAway = false
                if answer.missed { warn("the hub has forgotten some events that came in between") }
                try show(answer.items.filter { shown.remove(Key($0)) == nil })
                let hasMore = answer.cursor != cursor && !answer.items.isEmpty
                cursor = answer.cursor
                if hasMore { continue }
            } catch let failure as CLIFailure where failure.status == .unreachable {
                if !isAway { warn("\(failure.message); waiting for it") }
                isAway = true
            }
            try await pause()
        }
    }

    /// An event's id is unique with its machine.
    private struct Key: Hashable {
        var machine: String
        var id: String

        init(_ event: EventAnswer) {
            machine = event.machine
            id = event.id ?? "\(event.at) \(event.type) \(event.subject ?? "")"
        }
    }
}

extension Output {
    /// Events one by one: a line each, in JSON too (JSON Lines), so that a reader in a pipe has each at once.
    ///
    /// - Parameter isFirst: whether a header is still to be written.
    func eventLines(_ events: [EventAnswer], isFirst: Bool) throws -> String {
        switch format {
        case .json:
            return String(
                decoding: try events.flatMap { try CanonicalJSON.encode($0) + [0x0A] }, as: UTF8.self)
        case .csv:
            let text = CSV.render(events, columns: EventColumns.list)
            guard !isFirst, let end = text.firstIndex(of: "\n") else { return text }
            return String(text[text.index(after: end)...])
        case .table:
            return events.map { event in
                let words = "\(event.at)  \(event.machine)  \(event.severity)  \(event.type)  \(event.message)"
                    .printable
                let text = terminal.width.map { words.fitted($0) } ?? words
                return EventColumns.style(event.severity).paint(text, on: terminal) + "\n"
            }.joined()
        }
    }
}
