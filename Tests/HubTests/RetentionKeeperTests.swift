import Contracts
import Foundation
import GRDB
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Hub

/// Retention as a service: when it runs, and what it does when the room is short.
@Suite struct RetentionKeeperTests {
    /// A store, a clock and a disk that a test sets.
    private final class World: Sendable {
        let store: SQLiteStore
        let writer: IngestWriter
        let keeper: RetentionKeeper
        let reserve: String
        let now: Mutex<Int64>
        let available: Mutex<Int64>
        private let holder: DiskHolder

        init(_ hub: TestHubStore) {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let store = hub.store
            self.store = store
            writer = IngestWriter(
                store: store, archive: hub.archive, quarantine: Quarantine(maximumEntries: 100, maximumBytes: 1 << 30),
                maximumCount: 100, maximumBytes: 1 << 30, logger: logger)
            reserve = hub.directory.file("hub.reserve")
            now = Mutex(2_000_000_000_000)
            available = Mutex(1 << 40)
            let disk = DiskHolder()
            holder = disk
            keeper = RetentionKeeper(
                store: store, policy: RetentionPolicy(), disk: { disk.space },
                reserve: DiskReserve(path: reserve, total: 1 << 29),
                writer: writer, now: { disk.now }, logger: logger)
        }

        func work() throws {
            holder.set(available: available.withLock { $0 }, now: now.withLock { $0 })
            #expect(try !keeper.work(StopSignal()))
        }

        /// A refused body of some time ago.
        func refuse(secondsAgo: Int64, bytes: Int = 10) throws {
            let at = now.withLock { $0 } - secondsAgo * 1000
            _ = try store.write {
                try $0.run(
                    Statement(
                        "t",
                        "INSERT INTO quarantine (received_at, status, code, reason, body_bytes, body) "
                            + "VALUES (?1, 422, 'x', 'y', 1, randomblob(?2))"), at, bytes)
            }
        }

        func value(_ sql: String) throws -> SQLValue {
            try store.read { try $0.row(Statement("t", sql)) }?[0] ?? .null
        }
    }

    private final class DiskHolder: Sendable {
        private let state = Mutex<(available: Int64, now: Int64)>((1 << 40, 2_000_000_000_000))

        var space: DiskSpace { DiskSpace(available: state.withLock { $0.available }, total: 1 << 41) }
        var now: Timestamp { Timestamp(milliseconds: state.withLock { $0.now }) }

        func set(available: Int64, now: Int64) { state.withLock { $0 = (available, now) } }
    }

    @Test func `All rules are applied every ten minutes`() throws {
        let hub = try TestHubStore()
        // Its directory lives as long as it does.
        defer { withExtendedLifetime(hub) {} }
        let world = World(hub)
        #expect(access(world.reserve, F_OK) == 0)
        try world.refuse(secondsAgo: 8 * 86_400)
        try world.work()
        #expect(try world.value("SELECT count(*) FROM quarantine") == .integer(0))
        try world.refuse(secondsAgo: 8 * 86_400)
        world.now.withLock { $0 += 590_000 }
        try world.work()
        #expect(try world.value("SELECT count(*) FROM quarantine") == .integer(1))
        world.now.withLock { $0 += 10_000 }
        try world.work()
        #expect(try world.value("SELECT count(*) FROM quarantine") == .integer(0))
        #expect(try world.value("SELECT group_concat(cause) FROM cleanup_runs") == .text("schedule,schedule"))
        // Nothing to do is nothing to record.
        world.now.withLock { $0 += 600_000 }
        try world.work()
        #expect(try world.value("SELECT count(*) FROM cleanup_runs") == .integer(2))
    }

    @Test func `Where the disk is short it does not wait, but for a minute after a vain attempt`() throws {
        let hub = try TestHubStore()
        // Its directory lives as long as it does.
        defer { withExtendedLifetime(hub) {} }
        let world = World(hub)
        try world.work()
        try world.refuse(secondsAgo: 60)
        world.available.withLock { $0 = 500 << 20 }
        world.now.withLock { $0 += 60_000 }
        try world.work()
        #expect(try world.value("SELECT count(*) FROM quarantine") == .integer(0))
        #expect(try world.value("SELECT cause FROM cleanup_runs") == .text("disk"))
        try world.refuse(secondsAgo: 60)
        world.now.withLock { $0 += 30_000 }
        try world.work()
        #expect(try world.value("SELECT count(*) FROM quarantine") == .integer(1))
        world.now.withLock { $0 += 30_000 }
        try world.work()
        #expect(try world.value("SELECT count(*) FROM quarantine") == .integer(0))
    }

    @Test func `After a write that found no room it makes some, and ingest goes on`() async throws {
        let hub = try TestHubStore()
        let world = World(hub)
        try world.work()
        for _ in 0..<100 { try world.refuse(secondsAgo: 60, bytes: 100_000) }
        let pages = try hub.store.pages().count
        try await hub.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        let running = Task { try await world.writer.run() }
        defer { world.writer.close() }
        var histories = DeriverHistories(seed: 1)
        var outcome = IngestOutcome.busy
        for snapshot in try histories.make(count: 200, kinds: [.hardware]) {
            outcome = await world.writer.submit(try hub.submission(snapshot))
            if case .storageFull = outcome { break }
        }
        guard case .storageFull = outcome else {
            Issue.record("the database took everything")
            return
        }
        try world.work()
        #expect(try world.value("SELECT cause FROM cleanup_runs") == .text("disk"))
        #expect(access(world.reserve, F_OK) == 0, "the reserve is made again")
        let next = try histories.make(count: 1, kinds: [.metrics])[0]
        guard case .accepted = await world.writer.submit(try hub.submission(next)) else {
            Issue.record("ingest does not go on")
            return
        }
        world.writer.setHoldingOff(true)
        guard case .storageFull = await world.writer.submit(try hub.submission(next)) else {
            Issue.record("something was taken while room was made")
            return
        }
        world.writer.close()
        try await running.value
    }

    @Test func `Periodic work begins at once, goes on while there is more, and ends when told to`() async throws {
        let calls = Mutex(0)
        let sawStop = Mutex(false)
        let service = Periodic(
            period: .seconds(3600), clock: ContinuousClock(), logger: Logger(label: "test"), name: "work"
        ) { stop in
            let count = calls.withLock { calls in
                calls += 1
                return calls
            }
            if count < 3 { return true }
            // Long work: until it is told to stop.
            while !stop.isSet { Thread.sleep(forTimeInterval: 0.001) }
            sawStop.withLock { $0 = true }
            return false
        }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service)], logger: Logger(label: "test")))
        let running = Task { try await group.run() }
        #expect(try await eventually { calls.withLock { $0 } == 3 })
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(sawStop.withLock { $0 })
        #expect(calls.withLock { $0 } == 3)
    }
}
