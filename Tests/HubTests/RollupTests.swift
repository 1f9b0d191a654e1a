import Contracts
import TestSupport
import Testing

@testable import Hub

/// Rollups against what their raw rows say, counted in Swift.
@Suite struct RollupTests {
    private static func rollup(_ hub: TestHubStore, at now: Int64, slice: Duration = .milliseconds(10)) -> Rollup {
        Rollup(store: hub.store, now: { Timestamp(milliseconds: now) }, slice: slice)
    }

    private static let end = DeriverHistories.start + 40 * 86_400_000

    /// Least, mean, most and number of a figure's values in each bucket; the mean to six places.
    private static func words(_ bucket: Int64, _ figure: String, _ values: [Double]) -> String {
        let mean = (values.reduce(0, +) / Double(values.count) * 1e6).rounded() / 1e6
        return "\(bucket) \(figure) \(values.min() ?? 0) \(mean) \(values.max() ?? 0)"
    }

    private static func direct(_ hub: TestHubStore, _ span: RollupSpan) throws -> Set<String> {
        var values: [Int64: [String: [Double]]] = [:]
        var samples: [Int64: Int] = [:]
        for row in try hub.rows("SELECT * FROM host_metrics") {
            let bucket = span.bucket(of: row["at"].integer ?? 0)
            samples[bucket, default: 0] += 1
            for figure in RollupStatements.figures {
                if let value = row[figure].real { values[bucket, default: [:]][figure, default: []].append(value) }
            }
        }
        var result = Set(samples.map { "\($0) samples \($1)" })
        for (bucket, figures) in values {
            for (figure, values) in figures { result.insert(words(bucket, figure, values)) }
        }
        return result
    }

    private static func stored(_ hub: TestHubStore, _ span: RollupSpan) throws -> Set<String> {
        var result: Set<String> = []
        for row in try hub.rows("SELECT * FROM \(span.table)") {
            let bucket = row["bucket_at"].integer ?? 0
            #expect(row["block_at"].integer == bucket - bucket % span.block)
            result.insert("\(bucket) samples \(row["samples"].integer ?? 0)")
            for figure in RollupStatements.figures {
                guard let least = row["\(figure)_min"].real, let mean = row["\(figure)_avg"].real,
                    let most = row["\(figure)_max"].real
                else { continue }
                result.insert("\(bucket) \(figure) \(least) \((mean * 1e6).rounded() / 1e6) \(most)")
            }
        }
        return result
    }

    @Test(arguments: 1...8) func `Rollups equal a direct computation, whatever comes late`(seed: Int) throws {
        var histories = DeriverHistories(seed: UInt64(seed) + 300)
        let snapshots = try histories.make(count: 60, kinds: [.metrics])
        var arriving = snapshots
        if seed > 1 { arriving.shuffle(using: &histories.random) }
        let hub = try TestHubStore()
        for (index, snapshot) in arriving.enumerated() {
            try hub.take(snapshot)
            // Rolled up at any moment, also in the middle of a bucket and of the work.
            guard Int.random(in: 0..<4, using: &histories.random) == 0 else { continue }
            let now = snapshots[index].at + Int64.random(in: 0...7_200_000, using: &histories.random)
            let rollup = Self.rollup(hub, at: now, slice: .zero)
            for _ in 0..<Int.random(in: 1...30, using: &histories.random) where try !rollup.step() { break }
        }
        try Self.rollup(hub, at: Self.end).run()
        for span in RollupSpan.allCases {
            let direct = try Self.direct(hub, span)
            #expect(direct.count > 10)
            #expect(try Self.stored(hub, span) == direct)
        }
        #expect(try hub.value("SELECT count(*) FROM history_late") == .integer(0))

        let before = try hub.dump()
        #expect(try !Self.rollup(hub, at: Self.end).step(), "there is nothing left to do")
        let checked = try Rederive(store: hub.store, isCheck: true).run()
        #expect(checked.differences.isEmpty, "\(checked.differences)")
        try Rederive(store: hub.store).run()
        try Self.rollup(hub, at: Self.end).run()
        #expect(try hub.dump() == before)
    }

    @Test(arguments: 1...4) func `File systems by the hour are what the snapshots said`(seed: Int) throws {
        var histories = DeriverHistories(seed: UInt64(seed) + 500)
        let snapshots = try histories.make(count: 60, kinds: [.metrics])
        let hub = try TestHubStore()
        try hub.take(snapshots.shuffled(using: &histories.random))
        try Self.rollup(hub, at: Self.end).run()
        var direct: [String: [Double]] = [:]
        for snapshot in snapshots where snapshot.failure == nil {
            guard let payload = snapshot.payload as? MetricsV1 else { continue }
            for filesystem in payload.filesystems ?? [] {
                let key = "\(RollupSpan.hour.bucket(of: snapshot.at)) \(filesystem.mountPoint)"
                direct[key, default: []].append(filesystem.usedPercent?.value ?? -1)
            }
        }
        let rows = try hub.rows("SELECT * FROM filesystem_metrics_1h")
        #expect(rows.count == direct.count)
        for row in rows {
            let key = "\(row["bucket_at"].integer ?? 0) \(row["mount_point"].text ?? "")"
            let values = try #require(direct[key])
            #expect(row["samples"].integer == Int64(values.count))
            #expect(row["used_percent_min"].real == values.min())
            #expect(row["used_percent_max"].real == values.max())
            #expect(abs((row["used_percent_avg"].real ?? 0) - values.reduce(0, +) / Double(values.count)) < 1e-9)
            #expect(row["inodes_used_percent_max"].isNull)
        }
        let containers = try hub.rows(
            """
            SELECT bucket_at - bucket_at % 3600000 AS hour, container_id, count(*) AS samples FROM container_metrics
            GROUP BY 1, 2 ORDER BY 1, 2
            """)
        #expect(!containers.isEmpty)
        #expect(
            try hub.rows(
                "SELECT bucket_at, container_id, samples FROM container_metrics_1h ORDER BY bucket_at, container_id"
            ).map(\.values) == containers.map(\.values))
    }

    @Test func `A bucket in progress and one just late are no difference to a check`() throws {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: 9)
        var snapshots = try histories.make(count: 40, kinds: [.metrics])
        snapshots.removeAll { $0.failure != nil }
        let late = snapshots.remove(at: 3)
        try hub.take(snapshots)
        _ = try hub.store.write {
            try $0.run(Statement("t", "INSERT INTO machines (id, machine_uuid, created_at) VALUES (2, 'two', 0)"))
        }
        // Stopped after the first machine of the first bucket.
        #expect(try Self.rollup(hub, at: Self.end, slice: .zero).step())
        #expect(try hub.value("SELECT at FROM history_marks WHERE name = '5m.machine'") == .integer(1))
        #expect(try Rederive(store: hub.store, isCheck: true).run().differences.isEmpty)
        try Self.rollup(hub, at: Self.end).run()
        try hub.take(late)
        #expect(try hub.value("SELECT span FROM history_late") == .text("5m"))
        #expect(try Rederive(store: hub.store, isCheck: true).run().differences.isEmpty)
        #expect(try hub.value("SELECT count(*) FROM history_late") == .integer(1), "a check writes nothing")
        // A rollup that went wrong is found.
        _ = try hub.store.write { try $0.run(Statement("t", "UPDATE host_metrics_1h SET load_1m_max = 99")) }
        let checked = try Rederive(store: hub.store, isCheck: true).run()
        #expect(checked.differences.map(\.table) == ["host_metrics_1h"])
        try Rederive(store: hub.store).run()
        #expect(try Self.stored(hub, .hour) == Self.direct(hub, .hour))
    }

    @Test func `Nothing is entered or summed up where the history was cut`() throws {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: 10)
        let snapshots = try histories.make(count: 60, kinds: [.metrics]).filter { $0.failure == nil }
        let middle = snapshots[snapshots.count / 2].at
        let cut = middle - middle % 3_600_000
        let late = try #require(snapshots.first { $0.at < cut })
        try hub.take(snapshots.filter { $0.id != late.id })
        try Self.rollup(hub, at: Self.end).run()
        let before = try Self.stored(hub, .hour)
        try hub.store.write { connection in
            try connection.run(Statement("t", "DELETE FROM host_metrics WHERE bucket_at < ?1"), cut)
            try connection.run(Statement("t", "DELETE FROM container_metrics WHERE bucket_at < ?1"), cut)
            try HistoryMark.cut.set(cut, connection)
        }
        try hub.take(late)
        #expect(try hub.value("SELECT min(bucket_at) >= \(cut) FROM host_metrics") == .integer(1))
        try Self.rollup(hub, at: Self.end).run()
        try Rederive(store: hub.store).run()
        try Self.rollup(hub, at: Self.end).run()
        #expect(try Self.stored(hub, .hour) == before)
        #expect(try hub.value("SELECT min(bucket_at) >= \(cut) FROM host_metrics") == .integer(1))
        #expect(try Rederive(store: hub.store, isCheck: true).run().differences.isEmpty)
    }
}
