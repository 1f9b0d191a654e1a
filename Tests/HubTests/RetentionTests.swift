import Contracts
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Hub

@Suite struct RetentionTests {
    /// Everything that is older than two days goes, but for the hourly rollups.
    private static var twoDays: RetentionPolicy {
        var policy = RetentionPolicy()
        policy.hostMetricsDays = 2
        policy.rollup5mDays = 2
        policy.inventoryDays = 2
        policy.eventsDays = 2
        return policy
    }

    private struct Filled {
        let hub: TestHubStore
        let snapshots: [DeriverSnapshot]
        /// The moment before which everything is two days old at `now`.
        let middle: Int64
        var now: Timestamp { Timestamp(milliseconds: middle + 2 * 86_400_000) }
    }

    private func filled(seed: Int, count: Int = 80, keeping late: (Int) -> Bool = { _ in true }) throws -> Filled {
        var histories = DeriverHistories(seed: UInt64(seed))
        let snapshots = try histories.make(count: count)
        let hub = try TestHubStore()
        for (index, snapshot) in snapshots.enumerated() where late(index) { try hub.take(snapshot) }
        let middle = snapshots[count * 2 / 3].at
        return Filled(hub: hub, snapshots: snapshots, middle: middle)
    }

    private func retention(
        _ filled: Filled, _ policy: RetentionPolicy = twoDays, between: @escaping (Duration) throws -> Void = { _ in }
    ) throws -> Retention {
        let now = filled.now
        try Rollup(store: filled.hub.store, now: { now }).run()
        return Retention(store: filled.hub.store, policy: policy, now: now, between: between)
    }

    private func run(_ sql: String, in hub: TestHubStore) throws {
        _ = try hub.store.write { try $0.run(Statement("test.run", sql)) }
    }

    @Test(arguments: 1...10) func `What is left is whole, and derived again it is the same`(seed: Int) throws {
        let lateOnes: Set<Int> = [10 + seed, 20 + seed, 30 + seed]
        let filled = try filled(seed: seed + 700) { !lateOnes.contains($0) }
        let hub = filled.hub
        let kept = try hub.dump()
        let report = try retention(filled).apply(cause: .command)
        #expect(report.rows[.metricsSnapshots, default: 0] > 0)
        #expect(report.rows[.inventorySnapshots, default: 0] > 0)
        #expect(report.isEnough)

        // Only what has a time went, and only of the time before.
        let after = try hub.dump()
        #expect(Set(after).subtracting(kept).allSatisfy { $0.contains("_1h: ") || $0.contains("_5m: ") })
        let current = kept.filter { row in DerivedTables.current.contains { row.hasPrefix("\($0): ") } }
        #expect(Set(current).subtracting(after).isEmpty)
        #expect(try hub.value("SELECT count(*) FROM machine_events WHERE at < \(filled.middle)") == .integer(0))
        #expect(
            try hub.value("SELECT count(*) FROM apt_applied_packages WHERE started_at < \(filled.middle)")
                == .integer(0))
        #expect(
            try hub.value(
                """
                SELECT count(*) FROM snapshots s WHERE kind = 'metrics' AND received_at < \(filled.middle)
                  AND snapshot_uuid NOT IN (SELECT snapshot_uuid FROM machine_kinds)
                """) == .integer(0))
        #expect(
            try hub.value(
                "SELECT count(*) FROM machine_kinds WHERE snapshot_uuid NOT IN (SELECT snapshot_uuid FROM snapshots)")
                == .integer(0))
        let check = try StoreCheck(store: hub.store).run(isFull: true, comparesDerived: true)
        #expect(check.isSound, "\(check.findings)")

        // Late ones of the time that was cut, and of the time after.
        for index in lateOnes.sorted() { try hub.take(filled.snapshots[index]) }
        let now = filled.now
        try Rollup(store: hub.store, now: { now }).run()
        let before = try hub.dump()
        let again = try StoreCheck(store: hub.store).run(isFull: true, comparesDerived: true)
        #expect(again.isSound, "\(again.findings)")
        try Rederive(store: hub.store).run()
        try Rollup(store: hub.store, now: { now }).run()
        #expect(Set(try hub.dump()).symmetricDifference(before).sorted() == [])
        // A second run finds what came late, and a third one nothing.
        _ = try retention(filled).apply(cause: .command)
        let last = try retention(filled).apply(cause: .command)
        #expect(last.rowsInAll == 0, "\(last.rows)")
    }

    @Test(arguments: 1...5) func `A dry run says what a run deletes`(seed: Int) throws {
        let filled = try filled(seed: seed + 800)
        try run("INSERT INTO quarantine VALUES (1, 1, 5, 422, 'x', 'y', 3, X'010203')", in: filled.hub)
        try run("INSERT INTO audit_log VALUES (1, 5, 'a', 'b', 'c', 'd')", in: filled.hub)
        let retention = try retention(filled)
        let measured = try retention.measure()
        let bytes = measured.reduce(0) { $0 + $1.bytes }
        #expect(measured.map(\.rule) == RetentionRule.allCases)
        #expect(measured.allSatisfy { ($0.entries > 0) == ($0.oldest != nil) })
        let before = try filled.hub.value("SELECT count(*) FROM snapshots")
        let report = try retention.apply(cause: .command)
        for measure in measured { #expect(report.rows[measure.rule] ?? 0 == measure.entries, "\(measure.rule)") }
        #expect(report.bytes == bytes)
        #expect(report.rows[.quarantine] == 1)
        #expect(report.rows[.audit] == 1)
        #expect(try filled.hub.value("SELECT count(*) FROM snapshots") != before)
        #expect(try retention.measure().allSatisfy { $0.entries == 0 })
        let runs = try filled.hub.rows("SELECT * FROM cleanup_runs")
        #expect(runs.count == 1)
        #expect(runs.first?["cause"].text == "command")
        #expect(runs.first?["rows_deleted"].integer == report.rowsInAll)
        #expect(runs.first?["rules_json"].text?.contains("\"metrics_snapshots\"") == true)
    }

    @Test func `Held snapshots and carriers of kept ones stay`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.packages = []
        let first = DeriverSnapshot(payload, at: 1000, sequence: 1)
        var changed = payload
        changed.packages = [APTV1.Package(name: "bash", architecture: "amd64", version: "1")]
        let other = DeriverSnapshot(changed, at: 2000, sequence: 2)
        var old = DeriverSnapshot(payload, at: 3000, sequence: 3)
        old.sameAs = first.id
        var held = DeriverSnapshot(payload, at: 4000, sequence: 4)
        held.schemaVersion = 2
        var newest = DeriverSnapshot(payload, at: 90 * 86_400_000, sequence: 5)
        newest.sameAs = first.id
        try hub.take([first, other, old, held, newest])
        let now = Timestamp(milliseconds: 120 * 86_400_000)
        let retention = Retention(store: hub.store, policy: RetentionPolicy(), now: now)
        #expect(try retention.apply(cause: .schedule).rows[.inventorySnapshots] == 2)
        #expect(try hub.rows("SELECT sequence FROM snapshots ORDER BY id").compactMap { $0[0].integer } == [1, 4, 5])
        // Of the oldest one that is left after the deleted ones nothing is told anew.
        #expect(try hub.value("SELECT at FROM archive_baselines") == .integer(newest.at))
        #expect(try StoreCheck(store: hub.store).run(isFull: true, comparesDerived: true).isSound)
        // The machine says something new: the carrier is of no use once what names it is old.
        try hub.take(DeriverSnapshot(changed, at: 121 * 86_400_000, sequence: 6))
        let later = Timestamp(milliseconds: 300 * 86_400_000)
        #expect(
            try Retention(store: hub.store, policy: RetentionPolicy(), now: later).apply(cause: .schedule)
                .rows[.inventorySnapshots] == 2)
        #expect(try hub.rows("SELECT sequence FROM snapshots ORDER BY id").compactMap { $0[0].integer } == [4, 6])
    }

    @Test func `A run that is stopped leaves a whole database, and the next one goes on`() throws {
        let filled = try filled(seed: 42, count: 200)
        var transactions = 0
        let stopped = try retention(filled) { _ in
            transactions += 1
            if transactions == 3 { throw CancellationError() }
        }
        #expect(throws: CancellationError.self) { _ = try stopped.apply(cause: .schedule) }
        #expect(try StoreCheck(store: filled.hub.store).run(isFull: true, comparesDerived: true).isSound)
        #expect(try retention(filled).apply(cause: .schedule).rowsInAll > 0)
        #expect(try StoreCheck(store: filled.hub.store).run(isFull: true, comparesDerived: true).isSound)
        #expect(try retention(filled).apply(cause: .schedule).rowsInAll == 0)
    }

    @Test func `Raw metrics that are not rolled up are not deleted`() throws {
        let filled = try filled(seed: 5)
        let retention = Retention(store: filled.hub.store, policy: Self.twoDays, now: filled.now)
        #expect(try retention.apply(cause: .schedule).rows[.rawMetrics] == nil)
        #expect(try filled.hub.value("SELECT count(*) FROM host_metrics WHERE at < \(filled.middle)") != .integer(0))
        #expect(try self.retention(filled).apply(cause: .schedule).rows[.rawMetrics, default: 0] > 0)
    }

    @Test func `A budget lets the oldest metrics go first, and never the last`() throws {
        var histories = DeriverHistories(seed: 6)
        let snapshots = try histories.make(count: 20) + histories.make(count: 400, kinds: [.metrics])
        let hub = try TestHubStore()
        try hub.take(snapshots)
        let filled = Filled(hub: hub, snapshots: snapshots, middle: snapshots.last?.at ?? 0)
        var policy = RetentionPolicy()
        let used = try filled.hub.store.pages().usedBytes
        policy.databaseBytes = Int(used) - 100_000
        let retention = try retention(filled, policy)
        #expect(try retention.isShort())
        let report = try retention.apply(cause: .disk)
        #expect(report.isEnough)
        #expect(try !retention.isShort())
        #expect(report.rows[.metricsSnapshots, default: 0] > 0)
        #expect(report.rows[.inventorySnapshots] == nil)
        #expect(try filled.hub.value("SELECT cause FROM cleanup_runs") == .text("disk"))
        // The oldest went: what is left is newer.
        let oldest = try #require(
            try filled.hub.value("SELECT min(sequence) FROM snapshots WHERE kind = 'metrics'").integer)
        let newest = filled.snapshots.filter { $0.kind == .metrics && $0.failure == nil }.map(\.sequence).max()
        #expect(oldest > filled.snapshots.filter { $0.kind == .metrics }.map(\.sequence).min() ?? 0)

        policy.databaseBytes = 1
        let hopeless = try self.retention(filled, policy).apply(cause: .disk)
        #expect(!hopeless.isEnough)
        #expect(
            try filled.hub.rows("SELECT sequence FROM snapshots WHERE kind = 'metrics' ORDER BY sequence")
                .compactMap { $0[0].integer }.last == newest.map(Int64.init))
        #expect(try StoreCheck(store: filled.hub.store).run(isFull: true, comparesDerived: true).isSound)
    }

    @Test func `The disk's free space counts, with what is free in the database`() throws {
        let hub = try TestHubStore()
        func isShort(available: Int64, total: Int64) throws -> Bool {
            try Retention(
                store: hub.store, policy: RetentionPolicy(), now: Clock.now(),
                disk: { DiskSpace(available: available, total: total) }
            ).isShort()
        }
        // A new database has a few free pages of its own.
        #expect(try isShort(available: 500 << 20, total: 1 << 40))
        #expect(try !isShort(available: 512 << 20, total: 1 << 40))
        // Of a small disk a twentieth.
        #expect(try !isShort(available: 60 << 20, total: 1 << 30))
        #expect(try isShort(available: 40 << 20, total: 1 << 30))
    }

    @Test func `Free pages are given back to the disk`() throws {
        let hub = try TestHubStore()
        for id in 1...40 {
            try run("INSERT INTO quarantine VALUES (\(id), 1, 5, 422, 'x', 'y', 1, randomblob(500000))", in: hub)
        }
        let before = try hub.store.pages()
        #expect(before.canShrink)
        let report = try Retention(store: hub.store, policy: RetentionPolicy(), now: Clock.now()).apply(
            cause: .schedule)
        #expect(report.rows[.quarantine] == 40)
        #expect(report.bytes == 20_000_000)
        #expect(report.bytesReturned > 10_000_000)
        let after = try hub.store.pages()
        #expect(after.count < before.count / 2)
        #expect(after.free >= 500, "some stay for what comes next")
    }

    @Test func `A database made without auto_vacuum is used, and does not shrink`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("old.sqlite")
        SQLiteLibrary.configure()
        let queue = try DatabaseQueue(path: path)
        try queue.inDatabase { try $0.execute(sql: "CREATE TABLE t (x); DROP TABLE t") }
        try queue.close()
        let store = try SQLiteStore(path: path)
        #expect(try !store.pages().canShrink)
        let report = try Retention(store: store, policy: RetentionPolicy(), now: Clock.now()).apply(cause: .command)
        #expect(report.bytesReturned == 0)
    }

    @Test(.enabled(if: SmallFileSystem.isPermitted, "no tmpfs may be mounted here: that needs root"))
    func `On a full disk the reserve lets retention make room`() throws {
        let disk = try SmallFileSystem(mebibytes: 128)
        defer { disk.unmount() }
        let mount = disk.path
        let store = try SQLiteStore(path: "\(mount)/hub.sqlite")
        defer { try? store.close() }
        let reserve = DiskReserve(path: "\(mount)/hub.reserve", total: DiskSpace.of(mount)?.total)
        #expect(reserve.take(available: DiskSpace.of(mount)?.available))
        #expect(reserve.bytes == (128 << 20) / 40)
        // Refused bodies of long ago, until nothing goes in any more; then the rest of the disk as well.
        let insert = Statement(
            "t",
            "INSERT INTO quarantine (received_at, status, code, reason, body_bytes, body) "
                + "VALUES (5, 422, 'x', 'y', 1, randomblob(?1))")
        func isFull(_ bytes: Int) -> Bool {
            do {
                _ = try store.write { try $0.run(insert, bytes) }
                return false
            } catch { return (error as? StoreFailure)?.code == .storageFull }
        }
        var count = 0
        while !isFull(200_000) {
            count += 1
            try #require(count < 1000)
        }
        #expect(count > 50)
        disk.fill()
        // What room the log has left.
        while !isFull(100_000) {
            count += 1
            try #require(count < 1000)
        }

        reserve.release()
        let retention = Retention(
            store: store, policy: RetentionPolicy(), now: Clock.now(), disk: { DiskSpace.of(mount) })
        let report = try retention.apply(cause: .disk, needsRoom: true)
        #expect(report.rows[.quarantine] == Int64(count))
        #expect(!isFull(5_000_000))
        #expect(try StoreCheck(store: store).run().isSound)
        disk.free()
        #expect(reserve.take(available: DiskSpace.of(mount)?.available))
    }
}
