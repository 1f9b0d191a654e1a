import Contracts
import HubAPI
import Testing

@testable import CLI

@Suite struct EventFollowerTests {
    private struct Over: Error {}

    private static func event(_ number: Int, _ machine: String = "web-01") -> EventAnswer {
        var event = EventAnswer(
            machine: machine, at: Timestamp(milliseconds: 1_790_000_000_000 + Int64(number) * 1000), type: "rebooted",
            severity: "info", message: "event \(number)")
        event.id = "id-\(number)"
        return event
    }

    /// A hub with a feed that grows between two looks, and fails where it is told to.
    private final class Feed {
        var entries: [EventAnswer] = []
        var arrivals: [[EventAnswer]]
        var failures: [Int: CLIFailure] = [:]
        var asked = 0
        var shown: [String] = []
        var warnings: [String] = []
        let page: Int

        init(_ arrivals: [[EventAnswer]], page: Int = 100) {
            self.arrivals = arrivals
            self.page = page
        }

        func ask(_ after: Int?) throws -> EventFeedAnswer {
            asked += 1
            if let failure = failures[asked] { throw failure }
            guard let after else { return EventFeedAnswer(items: [], cursor: entries.count, missed: false) }
            let items = Array(entries[after...].prefix(page))
            return EventFeedAnswer(items: items, cursor: after + items.count, missed: false)
        }

        func follower(earlier: @escaping () throws -> [EventAnswer] = { [] }) -> EventFollower {
            EventFollower(
                ask: { try self.ask($0) },
                earlier: { ListAnswer(items: try earlier(), truncated: false) },
                pause: {
                    guard !self.arrivals.isEmpty else { throw Over() }
                    self.entries += self.arrivals.removeFirst()
                },
                show: { self.shown += $0.map { "\($0.machine) \($0.message)" } }, warn: { self.warnings.append($0) })
        }
    }

    @Test func `Each event is shown once, in the order in which it comes`() async throws {
        let feed = Feed([[Self.event(1)], [], [Self.event(3), Self.event(2)], [Self.event(4)]])
        await #expect(throws: Over.self) { try await feed.follower().run() }
        #expect(feed.shown == [1, 3, 2, 4].map { "web-01 event \($0)" })
        #expect(feed.warnings.isEmpty)
    }

    @Test func `What is entered while the earlier ones are read is shown once`() async throws {
        let feed = Feed([[Self.event(4)]])
        feed.entries = [Self.event(1), Self.event(2)]
        let follower = feed.follower(earlier: {
            feed.entries.append(Self.event(3))
            return [Self.event(3), Self.event(2), Self.event(1)]
        })
        await #expect(throws: Over.self) { try await follower.run() }
        #expect(feed.shown == (1...4).map { "web-01 event \($0)" })
    }

    @Test func `One id on two machines is two events`() async throws {
        let feed = Feed([[Self.event(1, "web-02")]])
        let follower = feed.follower(earlier: { [Self.event(1)] })
        await #expect(throws: Over.self) { try await follower.run() }
        #expect(feed.shown == ["web-01 event 1", "web-02 event 1"])
    }

    @Test func `Full pages are read without waiting`() async throws {
        let feed = Feed([(1...7).map { Self.event($0) }], page: 3)
        await #expect(throws: Over.self) { try await feed.follower().run() }
        #expect(feed.shown.count == 7)
        #expect(feed.asked == 6, "where it is, nothing, three pages, nothing more")
    }

    @Test func `While the hub is away it waits, says so once, and loses nothing`() async throws {
        let feed = Feed([[Self.event(1)], [Self.event(2)], [Self.event(3)]])
        for number in [3, 4] { feed.failures[number] = CLIFailure(.unreachable, "unable to reach the hub") }
        await #expect(throws: Over.self) { try await feed.follower().run() }
        #expect(feed.shown == (1...3).map { "web-01 event \($0)" })
        #expect(feed.warnings == ["unable to reach the hub; waiting for it", "the hub answers again"])
    }

    @Test func `A refusal ends it`() async throws {
        let feed = Feed([[], []])
        feed.failures[3] = CLIFailure(.notAllowed, "the token was revoked")
        let failure = await #expect(throws: CLIFailure.self) { try await feed.follower().run() }
        #expect(failure?.status == .notAllowed)
    }

    @Test func `What was missed is said`() async throws {
        let feed = Feed([])
        var follower = feed.follower()
        follower.ask = { after in
            EventFeedAnswer(
                items: after == nil ? [] : [Self.event(9)], cursor: after == nil ? 1 : 900, missed: after == 1)
        }
        follower.show = { _ in if feed.warnings.count > 0 { throw Over() } }
        await #expect(throws: Over.self) { try await follower.run() }
        #expect(feed.warnings == ["the hub has forgotten some events that came in between"])
    }

    @Test func `Events are one line each in every format`() throws {
        var evil = Self.event(2)
        evil.message = "two\nlines, \u{1B}[31mred"
        func lines(_ format: OutputFormat, width: Int? = nil, isFirst: Bool = true) throws -> [String] {
            try Output(format: format, terminal: Terminal(width: width, hasColours: false), now: CLISamples.now)
                .eventLines([Self.event(1), evil], isFirst: isFirst).split(separator: "\n").map(String.init)
        }
        let json = try lines(.json)
        #expect(json.count == 2)
        let items = try json.map {
            try JSONTreeDecoder.decode(EventAnswer.self, from: StrictJSON.read(Array($0.utf8)).root)
        }
        #expect(items == [Self.event(1), evil])
        #expect(try lines(.table)[1].hasSuffix("rebooted  two lines, \u{FFFD}[31mred"))
        #expect(try lines(.table, width: 40).allSatisfy { $0.columns <= 40 })
        #expect(try lines(.csv).first?.hasPrefix("at,machine") == true)
        #expect(try lines(.csv, isFirst: false).first?.hasPrefix("2026-") == true)
    }
}
