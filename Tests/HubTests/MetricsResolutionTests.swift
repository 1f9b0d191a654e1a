import Contracts
import HubAPI
import TestSupport
import Testing

@testable import Hub

@Suite struct MetricsResolutionTests {
    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    @Test func `The hub takes the finest history that is not too long and reaches far enough`() {
        let now = 1000 * Self.day
        let all = MetricsResolution.Reach(raw: now - 14 * Self.day, fiveMinutes: now - 90 * Self.day, hour: 0)
        func choice(_ length: Int64, _ reach: MetricsResolution.Reach) -> MetricsResolution {
            .of(since: now - length, until: now, reach: reach)
        }
        #expect(choice(Self.hour, all) == .raw)
        #expect(choice(24 * Self.hour, all) == .raw)
        #expect(choice(2 * Self.day, all) == .fiveMinutes)
        #expect(choice(14 * Self.day, all) == .fiveMinutes)
        #expect(choice(30 * Self.day, all) == .hour)
        #expect(choice(700 * Self.day, all) == .hour)
        // A day, long ago: what is finer is gone.
        let past = now - 200 * Self.day
        #expect(MetricsResolution.of(since: past - Self.day, until: past, reach: all) == .hour)
        let recent = now - 50 * Self.day
        #expect(MetricsResolution.of(since: recent - Self.day, until: recent, reach: all) == .fiveMinutes)
        // A new hub has nothing older, and one that is not rolled up yet has nothing else.
        let new = MetricsResolution.Reach(
            raw: now - 2 * Self.hour, fiveMinutes: now - 2 * Self.hour, hour: now - 20 * Self.hour)
        #expect(choice(24 * Self.hour, new) == .raw)
        #expect(choice(7 * Self.day, .init(raw: now, fiveMinutes: nil, hour: nil)) == .fiveMinutes)
        #expect(choice(Self.hour, .init(raw: nil, fiveMinutes: nil, hour: nil)) == .raw)
    }

    @Test func `A month of rollups and what came since gives the figures of the snapshots`() throws {
        let fleet = try QueryFleet("web-01")
        let start = QueryFleet.start - QueryFleet.start % Self.day
        var values: [Double] = []
        for index in 0..<200 {
            let load = Double(index % 7)
            values.append(load)
            try fleet.take(
                DeriverSnapshot(
                    QueryPayloads.metrics(load: load), at: start + Int64(index) * Self.hour / 4, sequence: index + 1),
                from: "web-01")
        }
        let until = start + 199 * Self.hour / 4
        // The last hours are not rolled up yet.
        let rolled = Timestamp(milliseconds: until - 5 * Self.hour)
        try Rollup(store: fleet.store, now: { rolled }).run()
        #expect(try fleet.read { try HistoryMark.done(.hour).read($0) } ?? 0 < until - 5 * Self.hour)
        for (since, name) in [(until - 30 * Self.day, "1h"), (start, "5m"), (until - 20 * Self.hour, "raw")] {
            let answer = try fleet.read {
                try MetricsQueries.series(
                    $0, machine: MachineLookup.find($0, "web-01"), since: Timestamp(milliseconds: since),
                    until: Timestamp(milliseconds: until), points: 50)
            }
            #expect(answer.resolution == name)
            let load = try #require(answer.series.first { $0.name == "load_1m" })
            let wanted = values.indices.filter { start + Int64($0) * Self.hour / 4 >= since }.map { values[$0] }
            #expect(load.mean == (wanted.reduce(0, +) / Double(wanted.count) * 100).rounded() / 100)
            #expect(load.minimum == 0)
            #expect(load.maximum == 6)
            #expect(load.last == values.last)
            #expect(load.points.count <= 52)
            #expect(load.points.contains { $0.minimum == 0 && $0.maximum == 6 })
        }
        let forced = try fleet.read {
            try MetricsQueries.series(
                $0, machine: MachineLookup.find($0, "web-01"), since: Timestamp(milliseconds: until - Self.hour),
                until: Timestamp(milliseconds: until), points: 50, resolution: .hour)
        }
        #expect(forced.resolution == "1h")
        #expect(forced.stepSeconds == 3600)
        #expect(!forced.series.isEmpty)
    }
}
