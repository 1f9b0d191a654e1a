import Contracts
import HubAPI
import Testing

@testable import Hub

@Suite struct EventFeedTests {
    private static func boot(_ fleet: QueryFleet, _ number: Int, at: Int64, _ machine: String = "web-01") throws {
        var snapshot = DeriverSnapshot(QueryPayloads.hardware(), at: at, sequence: number)
        snapshot.bootID = "boot-\(number)"
        try fleet.take(snapshot, from: machine)
    }

    private static func feed(
        _ fleet: QueryFleet, after cursor: Int?, type: String? = nil, limit: Int = 100
    ) throws -> EventFeedAnswer {
        try fleet.read {
            try EventFeedQueries.list($0, .all, filter: .init(type: type), after: cursor, limit: limit)
        }
    }

    @Test func `The feed is in the order of entering, whatever the time`() throws {
        let fleet = try QueryFleet("web-01", "web-02")
        let start = QueryFleet.start
        try Self.boot(fleet, 1, at: start)
        try Self.boot(fleet, 1, at: start, "web-02")
        let begin = try Self.feed(fleet, after: nil)
        #expect(begin.items.isEmpty)
        try Self.boot(fleet, 5, at: start + 5000)
        let first = try Self.feed(fleet, after: begin.cursor)
        #expect(first.items.map(\.type) == ["rebooted"])
        #expect(first.items.allSatisfy { $0.id != nil })
        // A late one, of before: it is entered now.
        try Self.boot(fleet, 3, at: start + 3000, "web-02")
        let second = try Self.feed(fleet, after: first.cursor)
        #expect(second.items.map(\.machine) == ["web-02"])
        #expect(second.items.first?.at == Timestamp(milliseconds: start + 3000))
        let third = try Self.feed(fleet, after: second.cursor)
        #expect(third == EventFeedAnswer(items: [], cursor: second.cursor, missed: false))
        // Derived again, nothing is new.
        _ = try Rederive(store: fleet.store).run()
        #expect(try Self.feed(fleet, after: second.cursor).items.isEmpty)
    }

    @Test func `A full answer goes on from its last event, and nothing is lost or doubled`() throws {
        let fleet = try QueryFleet("web-01")
        for number in 1...8 { try Self.boot(fleet, number, at: QueryFleet.start + Int64(number) * 1000) }
        var cursor = 0
        var seen: [Timestamp] = []
        while true {
            let answer = try Self.feed(fleet, after: cursor, type: "rebooted", limit: 3)
            seen += answer.items.map(\.at)
            if answer.items.isEmpty { break }
            cursor = answer.cursor
        }
        #expect(seen == (2...8).map { Timestamp(milliseconds: QueryFleet.start + Int64($0) * 1000) })
    }

    @Test func `A withdrawn event that comes again is not told again`() throws {
        let fleet = try QueryFleet("web-01")
        try Self.boot(fleet, 1, at: QueryFleet.start)
        try Self.boot(fleet, 2, at: QueryFleet.start + 1000)
        let cursor = try Self.feed(fleet, after: nil).cursor
        let rows = try fleet.read { try $0.rows(Statement("test", "SELECT * FROM machine_events")) }
        try fleet.run("DELETE FROM machine_events WHERE source = 'snapshot'")
        _ = try Rederive(store: fleet.store).run()
        let again = try fleet.read { try $0.rows(Statement("test", "SELECT * FROM machine_events")) }
        #expect(again.map(\.values) == rows.map(\.values))
        #expect(try Self.feed(fleet, after: cursor).items.isEmpty)
    }

    @Test func `Who has fallen too far behind, or follows another database, is told`() throws {
        let fleet = try QueryFleet("web-01")
        try Self.boot(fleet, 1, at: QueryFleet.start)
        try Self.boot(fleet, 2, at: QueryFleet.start + 1000)
        let newest = try Self.feed(fleet, after: nil).cursor
        let other = try Self.feed(fleet, after: newest + 1)
        #expect(other == EventFeedAnswer(items: [], cursor: newest, missed: true))
        try fleet.run("UPDATE event_feed SET entry = entry + 200000")
        #expect(try Self.feed(fleet, after: newest).missed)
        #expect(try !Self.feed(fleet, after: newest + 199_999).missed)
    }

    @Test func `The feed stays bounded`() throws {
        let fleet = try QueryFleet("web-01")
        try Self.boot(fleet, 1, at: QueryFleet.start)
        try Self.boot(fleet, 2, at: QueryFleet.start + 1000)
        try fleet.run("DELETE FROM event_feed WHERE entry < (SELECT max(entry) FROM event_feed)")
        try fleet.run("UPDATE event_feed SET entry = 1")
        try fleet.run("INSERT INTO event_feed (entry, machine_id, event_id) VALUES (100001, 1, 'x')")
        try Self.boot(fleet, 3, at: QueryFleet.start + 2000)
        let left = try fleet.read { try $0.row(Statement("test", "SELECT min(entry) AS oldest FROM event_feed")) }
        #expect(left?.integer("oldest") == 100_001)
    }

    @Test func `A mistyped type is told, one that has not happened yet is not`() throws {
        let fleet = try QueryFleet.filled()
        let typo = #expect(throws: MissingName.self) {
            try fleet.read { try EventQueries.list($0, filter: .init(type: "kernel_change"), limit: 1) }
        }
        #expect(typo?.detail == #"there is no event type "kernel_change"; did you mean kernel_changed?"#)
        let quiet = try fleet.read { try EventQueries.list($0, filter: .init(type: "disk_failing"), limit: 1) }
        #expect(quiet.items.isEmpty)
    }
}
