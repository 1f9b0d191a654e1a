import Contracts
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Hub

/// Offline and back, by an injected clock.
@Suite struct MachineWatchTests {
    private static let start = QueryFleet.start
    private static let minute = QueryFleet.minute

    /// A hub's clock that a test moves.
    private final class Hands: Sendable {
        private let value: Mutex<Int64>
        init(_ now: Int64) { value = Mutex(now) }
        var now: Int64 { value.withLock { $0 } }
        func move(to moment: Int64) { value.withLock { $0 = moment } }
    }

    private func watch(_ fleet: QueryFleet, _ hands: Hands) -> MachineWatch {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return MachineWatch(store: fleet.store, logger: logger, now: { Timestamp(milliseconds: hands.now) })
    }

    /// Looks every 15 seconds until a moment.
    private func look(_ watch: MachineWatch, _ hands: Hands, until moment: Int64) async throws {
        while hands.now < moment {
            hands.move(to: min(moment, hands.now + 15_000))
            try await watch.look()
        }
    }

    private func report(_ fleet: QueryFleet, _ name: String, at moment: Int64, sequence: Int) throws {
        try fleet.take(DeriverSnapshot(QueryPayloads.metrics(load: 1), at: moment, sequence: sequence), from: name)
    }

    private func events(_ fleet: QueryFleet, _ name: String = "web-01") throws -> [String] {
        try fleet.read {
            try $0.rows(
                Statement(
                    "test.events",
                    """
                    SELECT type FROM machine_events WHERE source = 'hub' AND machine_id = \(fleet.id(name))
                      AND type <> 'first_seen' ORDER BY at
                    """))
        }.compactMap { $0[0].text }
    }

    private func retire(_ fleet: QueryFleet, at moment: Int64) throws {
        _ = try fleet.store.write {
            try MachineAdministration(connection: $0).retire("web-01", at: Timestamp(milliseconds: moment))
        }
    }

    private func open(_ fleet: QueryFleet) throws -> [String] {
        try fleet.read {
            try $0.rows(
                Statement(
                    "test.open",
                    """
                    SELECT s.name, m.code FROM important_messages m JOIN machine_settings s ON s.machine_id = m.machine_id
                    WHERE m.closed_at IS NULL AND m.source = 'hub' ORDER BY s.name, m.code
                    """))
        }.map { "\($0[0].words) \($0[1].words)" }
    }

    @Test func `Three missed reports are offline, one event, and back is back`() async throws {
        let fleet = try QueryFleet("web-01", "web-02")
        let hands = Hands(Self.start)
        let watch = watch(fleet, hands)
        for number in 0..<20 {
            let moment = Self.start + Int64(number) * Self.minute
            try await look(watch, hands, until: moment)
            try report(fleet, "web-02", at: moment, sequence: number + 1)
            if number <= 10 { try report(fleet, "web-01", at: moment, sequence: number + 1) }
            // The last report came at minute 10: 11 and 12 are missed, 13 is, and then a quarter of a minute.
            #expect(try open(fleet) == (number >= 14 ? ["web-01 offline"] : []), "minute \(number)")
        }
        #expect(try events(fleet) == ["offline"])
        #expect(try events(fleet, "web-02").isEmpty)

        // One report is back, and stays it.
        try report(fleet, "web-01", at: Self.start + 20 * Self.minute, sequence: 30)
        try await look(watch, hands, until: Self.start + 21 * Self.minute)
        #expect(try events(fleet) == ["offline", "back"])
        #expect(try open(fleet).isEmpty)
        let message = try #require(
            try fleet.read { try $0.rows(Statement("test.m", "SELECT * FROM important_messages WHERE source = 'hub'")) }
                .first)
        #expect(message["severity"] == .text("critical"))
        #expect(!message["closed_at"].isNull)

        // What the hub observed is nothing that rederive could know.
        let before = try events(fleet)
        try Rederive(store: fleet.store).run()
        #expect(try events(fleet) == before)
        #expect(
            try fleet.read { try $0.rows(Statement("test.m", "SELECT * FROM important_messages WHERE source = 'hub'")) }
                .first?.values == message.values)
    }

    @Test func `A hub that was away calls nobody offline when it is back`() async throws {
        let fleet = try QueryFleet("web-01", "web-02")
        for name in ["web-01", "web-02"] { try report(fleet, name, at: Self.start, sequence: 1) }
        // An hour later it starts again: everybody is long overdue.
        let hands = Hands(Self.start + 60 * Self.minute)
        let watch = watch(fleet, hands)
        try await look(watch, hands, until: Self.start + 65 * Self.minute)
        #expect(try open(fleet).isEmpty)
        try report(fleet, "web-01", at: Self.start + 65 * Self.minute, sequence: 2)
        // Whoever does not come back in the time that an agent may wait between two attempts is offline indeed.
        try await look(watch, hands, until: Self.start + 67 * Self.minute)
        #expect(try open(fleet) == ["web-02 offline"])
    }

    @Test func `A hub that slept has heard nobody, and knows it`() async throws {
        let fleet = try QueryFleet("web-01")
        try report(fleet, "web-01", at: Self.start, sequence: 1)
        let hands = Hands(Self.start)
        let watch = watch(fleet, hands)
        try await look(watch, hands, until: Self.start + Self.minute)
        hands.move(to: Self.start + 600 * Self.minute)
        try await watch.look()
        try await look(watch, hands, until: Self.start + 605 * Self.minute)
        #expect(try open(fleet).isEmpty)
        try await look(watch, hands, until: Self.start + 607 * Self.minute)
        #expect(try open(fleet) == ["web-01 offline"])
    }

    @Test func `A machine that never reported is offline after a while; a retired one never is`() async throws {
        let fleet = try QueryFleet("web-01", "web-02")
        try fleet.run("UPDATE machine_settings SET retired_at = 1 WHERE name = 'web-02'")
        let hands = Hands(Self.start)
        let watch = watch(fleet, hands)
        try await look(watch, hands, until: Self.start + 15 * Self.minute)
        #expect(try open(fleet).isEmpty)
        try await look(watch, hands, until: Self.start + 16 * Self.minute)
        #expect(try open(fleet) == ["web-01 offline"])
        try retire(fleet, at: hands.now)
        #expect(try open(fleet).isEmpty)
        #expect(try events(fleet) == ["offline", "retired"])
    }

    @Test func `A clock that goes wrong, and package lists that grow old`() async throws {
        let fleet = try QueryFleet("web-01")
        var apt = DeriverSnapshot(
            QueryPayloads.apt(listsAt: Self.start - 7 * QueryFleet.day + 5 * Self.minute), at: Self.start, sequence: 1)
        apt.nextDueSeconds = 86_400
        try fleet.take(apt, from: "web-01")
        let hands = Hands(Self.start)
        let watch = watch(fleet, hands)
        try await look(watch, hands, until: Self.start + 4 * Self.minute)
        #expect(try open(fleet).isEmpty)
        try fleet.run("UPDATE machine_state SET clock_skew_ms = -45000")
        try await look(watch, hands, until: Self.start + 6 * Self.minute)
        #expect(try open(fleet) == ["web-01 clock_skewed", "web-01 lists_stale"])
        #expect(try events(fleet) == ["lists_stale"])
        try fleet.run("UPDATE machine_state SET clock_skew_ms = -20000")
        try await look(watch, hands, until: Self.start + 7 * Self.minute)
        #expect(try open(fleet).contains("web-01 clock_skewed"), "not yet far enough below")
        try fleet.run("UPDATE machine_state SET clock_skew_ms = -2000")
        try await look(watch, hands, until: Self.start + 8 * Self.minute)
        #expect(try open(fleet) == ["web-01 lists_stale"])
    }

    @Test func `A kind that fails again and again is a message until it works`() async throws {
        let fleet = try QueryFleet("web-01")
        let hands = Hands(Self.start)
        let watch = watch(fleet, hands)
        func attempt(_ number: Int, fails: Bool) async throws {
            let at = Self.start + Int64(number) * Self.minute
            var apt = DeriverSnapshot(QueryPayloads.apt(listsAt: Self.start), at: at, sequence: number)
            if fails { apt.failure = "dpkg is locked" }
            try fleet.take(apt, from: "web-01")
            hands.move(to: at + 1000)
            try await watch.look()
        }
        try await attempt(1, fails: false)
        for number in 2...3 {
            try await attempt(number, fails: true)
            #expect(try open(fleet).isEmpty, "attempt \(number)")
        }
        try await attempt(4, fails: true)
        #expect(try open(fleet) == ["web-01 collection_failed"])
        try await attempt(5, fails: true)
        let rows = try fleet.read {
            try $0.rows(Statement("test.m", "SELECT * FROM important_messages WHERE source = 'hub'"))
        }
        #expect(rows.count == 1)
        #expect(rows.first?["component"] == .text("apt"))
        #expect(rows.first?["severity"] == .text("warning"))
        #expect(rows.first?["message"].text?.contains("dpkg is locked") == true)
        // Retention takes the attempts that failed: that is no cure.
        try fleet.run("DELETE FROM snapshots WHERE collection_status = 'failed' AND sequence < 5")
        hands.move(to: hands.now + 1000)
        try await watch.look()
        #expect(try open(fleet) == ["web-01 collection_failed"])
        try await attempt(6, fails: false)
        #expect(try open(fleet).isEmpty)
        // The next failures are counted from here.
        for number in 7...8 { try await attempt(number, fails: true) }
        #expect(try open(fleet).isEmpty)
        try await attempt(9, fails: true)
        #expect(try open(fleet) == ["web-01 collection_failed"])
    }

    @Test func `The service looks, and stops when the hub stops`() async throws {
        let fleet = try QueryFleet("web-01")
        try report(fleet, "web-01", at: Self.start, sequence: 1)
        let hands = Hands(Self.start + Self.minute)
        let (waits, continuation) = AsyncStream.makeStream(of: Duration.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let watch = MachineWatch(
            store: fleet.store, logger: logger, now: { Timestamp(milliseconds: hands.now) },
            sleep: { duration in
                try Task.checkCancellation()
                hands.move(to: hands.now + 15_000)
                continuation.yield(duration)
                await Task.yield()
            })
        let service = Task { try await watch.run() }
        for await wait in waits {
            #expect(wait == MachineWatch.period)
            if try !open(fleet).isEmpty { break }
        }
        service.cancel()
        try await service.value
        #expect(try events(fleet) == ["offline"])
    }

    @Test func `Skew is smoothed, and a clock that was set is believed at once`() {
        var skew: Int64?
        for jitter in [300, -400, 100, 450, -300, 0, -450, 200] as [Int64] {
            skew = ClockSkew.smoothed(skew, 10_000 + jitter)
        }
        #expect((9_800...10_400).contains(skew ?? 0))
        #expect(ClockSkew.smoothed(skew, 90_000) == 90_000)
        #expect(ClockSkew.smoothed(skew, nil) == skew)
        #expect(ClockSkew.smoothed(nil, 7) == 7)
        #expect(
            ClockSkew.measured(date: Timestamp(milliseconds: 5000), receivedAt: Timestamp(milliseconds: 5500)) == 0)
    }
}
