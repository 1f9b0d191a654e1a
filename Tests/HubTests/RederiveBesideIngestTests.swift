import Contracts
import TestSupport
import Testing

@testable import Hub

/// A rebuild that is stopped, or beside which snapshots come in, ends in the same tables as one that has the hub to itself.
@Suite struct RederiveBesideIngestTests {
    /// Which row of the archive, and which of two equal payloads came first, is the order of arrival itself.
    private static let ofArrival = DeriverPropertyTests.ofArrival

    private struct Stopped: Error {}

    private func run(_ sql: String, in hub: TestHubStore) throws {
        _ = try hub.store.write { try $0.run(Statement("test.run", sql)) }
    }

    /// As if an older version had derived less, and something else: everything that the archive tells is wrong.
    private func damage(_ hub: TestHubStore) throws {
        for sql in [
            "UPDATE machine_state SET load_1m = 99, load_5m = 99, containers_total = 99, updates_count = 99",
            "DELETE FROM apt_packages", "DELETE FROM machine_disks",
            "UPDATE docker_containers SET state = 'odd'", "UPDATE machine_state SET filesystems_json = NULL",
            "UPDATE machine_events SET message = 'odd' WHERE source = 'snapshot'",
            "UPDATE host_metrics SET load_1m = 99",
            "DELETE FROM container_metrics", "DELETE FROM docker_container_events", "DELETE FROM docker_image_events",
            "DELETE FROM apt_applied_packages",
        ] { try run(sql, in: hub) }
        try run(
            """
            DELETE FROM machine_events WHERE source = 'snapshot' AND event_id IN (
              SELECT event_id FROM machine_events WHERE source = 'snapshot' ORDER BY event_id LIMIT 20)
            """, in: hub)
    }

    private func difference(_ found: [String], _ expected: [String]) -> [String] {
        Set(expected).subtracting(found).sorted().map { "- \($0)" }
            + Set(found).subtracting(expected).sorted().map { "+ \($0)" }
    }

    @Test(arguments: 1...4) func `Whatever went wrong is made right`(seed: Int) throws {
        var histories = DeriverHistories(seed: UInt64(seed) + 200)
        let hub = try TestHubStore()
        try hub.take(histories.make(count: 60))
        let before = try hub.dump()
        try damage(hub)
        #expect(try hub.dump() != before)
        let checked = try Rederive(store: hub.store, isCheck: true).run()
        #expect(checked.differences.count >= 6)
        let report = try Rederive(store: hub.store, pause: { _ in }).run()
        #expect(report.changedRows > 0)
        let wrong = difference(try hub.dump(), before)
        #expect(wrong.isEmpty, "seed \(seed): \(wrong)")
    }

    @Test(arguments: 1...3) func `Snapshots that come in between end in the same tables`(seed: Int) throws {
        var histories = DeriverHistories(seed: UInt64(seed) + 300)
        let all = try histories.make(count: 70)
        let expected = try TestHubStore()
        try expected.take(all)

        for round in 0..<3 {
            // Some of those that come in between are late.
            var shuffled = all
            if round > 0 { shuffled.shuffle(using: &histories.random) }
            let hub = try TestHubStore()
            try hub.take(Array(shuffled.prefix(50)))
            try damage(hub)
            var coming = Array(shuffled.dropFirst(50))
            let step = [1, 3, 7][round]
            var calls = 0
            let report = try Rederive(store: hub.store, slice: .zero) { _ in
                calls += 1
                guard calls % step == 0, !coming.isEmpty else { return }
                try hub.take(coming.removeFirst())
            }.run()
            #expect(report.skipped.isEmpty)
            #expect(coming.count < 20, "seed \(seed), round \(round): something came in between")
            try hub.take(coming)
            let found = try hub.dump(without: Self.ofArrival)
            let wrong = difference(found, try expected.dump(without: Self.ofArrival))
            #expect(wrong.isEmpty, "seed \(seed), round \(round): \(wrong)")
        }
    }

    @Test(arguments: [401, 402] as [UInt64]) func `A run that is stopped anywhere is made good by the next`(
        seed: UInt64
    ) throws {
        var histories = DeriverHistories(seed: seed)
        let snapshots = try histories.make(count: 40)
        var stop = 1
        var isStopped = true
        while isStopped {
            let hub = try TestHubStore()
            try hub.take(snapshots)
            let before = try hub.dump()
            try damage(hub)
            var calls = 0
            isStopped = false
            do {
                try Rederive(store: hub.store, slice: .zero) { _ in
                    calls += 1
                    if calls == stop { throw Stopped() }
                }.run()
            } catch is Stopped { isStopped = true }
            try Rederive(store: hub.store, pause: { _ in }).run()
            let wrong = difference(try hub.dump(), before)
            #expect(wrong.isEmpty, "stopped after \(stop) transactions: \(wrong)")
            // A step that meets every sort of transaction, and not each of its kind.
            stop += stop < 4 ? 1 : 23
        }
        #expect(stop > 10)
    }

    @Test func `A machine that is deleted meanwhile leaves nothing`() throws {
        var histories = DeriverHistories(seed: 500)
        let hub = try TestHubStore()
        try hub.take(histories.make(count: 40))
        try damage(hub)
        var isDeleted = false
        try Rederive(store: hub.store, slice: .zero) { _ in
            guard !isDeleted else { return }
            isDeleted = true
            _ = try hub.store.write {
                try MetricsDeriver.erase(1, from: $0)
                try $0.run(Statement("test.delete", "DELETE FROM machines WHERE id = 1"))
            }
        }.run()
        #expect(isDeleted)
        #expect(try hub.dump() == [])
    }

    @Test func `What retention forgets meanwhile does not come again`() throws {
        var histories = DeriverHistories(seed: 501)
        let hub = try TestHubStore()
        let snapshots = try histories.make(count: 60)
        try hub.take(snapshots)
        try damage(hub)
        let cut = snapshots[30].at
        var isCut = false
        try Rederive(store: hub.store, slice: .zero) { _ in
            guard !isCut else { return }
            isCut = true
            _ = try hub.store.write { connection in
                try HistoryMark.eventsCut.raise(cut, connection)
                try connection.run(Statement("test.cut", "DELETE FROM machine_events WHERE at < \(cut)"))
            }
        }.run()
        #expect(try hub.value("SELECT min(at) FROM machine_events").integer ?? 0 >= cut)
        #expect(try hub.value("SELECT count(*) FROM machine_events").integer ?? 0 > 0)
    }

    @Test func `A check finds rollups that are not those of their rows`() throws {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: 502)
        let snapshots = try histories.make(count: 60)
        try hub.take(snapshots)
        let later = Timestamp(milliseconds: (snapshots.last?.at ?? 0) + 7_200_000)
        try Rollup(store: hub.store, now: { later }).run()
        func differences() throws -> [String] {
            try Rederive(store: hub.store, isCheck: true).run().differences.map(\.table)
        }
        #expect(try differences().isEmpty)
        let before = try hub.dump()
        try run("UPDATE host_metrics_5m SET load_1m_max = 99", in: hub)
        try run("DELETE FROM container_metrics_1h", in: hub)
        #expect(try differences() == ["container_metrics_1h", "host_metrics_5m"])
        try Rederive(store: hub.store, pause: { _ in }).run()
        #expect(try hub.dump() == before)
        #expect(try differences().isEmpty)
    }

    @Test func `A section that metrics never knew, and failures, are rebuilt as they were`() throws {
        let hub = try TestHubStore()
        var snapshots: [DeriverSnapshot] = []
        for index in 0..<80 {
            var payload = QueryPayloads.metrics(load: Double(index))
            payload.temperatures = nil
            var snapshot = DeriverSnapshot(
                payload, at: 1_790_000_000_000 + Int64(index) * 60_000, sequence: index + 1,
                unknown: ["/temperatures"])
            if index % 9 == 4 { snapshot.failure = "number \(index)" }
            snapshots.append(snapshot)
        }
        try hub.take(snapshots)
        let before = try hub.dump()
        try run("UPDATE host_metrics SET load_1m = 99", in: hub)
        try run("UPDATE machine_state SET load_1m = 99, load_5m = 99, failed_units_count = 99", in: hub)
        try Rederive(store: hub.store, pause: { _ in }).run()
        let wrong = difference(try hub.dump(), before)
        #expect(wrong.isEmpty, "\(wrong)")
    }
}
