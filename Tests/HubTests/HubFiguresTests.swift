import Contracts
import HubAPI
import Logging
import Testing
import Transport

@testable import Hub

@Suite struct HubFiguresTests {
    @Test func `Percentiles are at most a tenth too long`() {
        var times = TimeHistogram()
        #expect(times.percentile(0.5) == nil)
        for milliseconds in 1...1000 { times.add(.milliseconds(milliseconds)) }
        #expect(times.count == 1000)
        #expect(times.longest == 1000)
        let half = times.percentile(0.5) ?? 0
        #expect((500...550).contains(half))
        let most = times.percentile(0.99) ?? 0
        #expect((990...1000).contains(most))
        times.add(.seconds(3600))
        #expect(times.percentile(1) != nil)
    }

    @Test func `Slow statements are named, the slowest first`() {
        let times = StatementTimes()
        let now = ContinuousClock.now
        times.note("quick", since: now)
        times.note("slow", since: now - .milliseconds(20))
        times.note("slower", since: now - .milliseconds(500))
        times.note("slower", since: now - .milliseconds(40))
        let taken = times.take(10)
        #expect(taken.map(\.name) == ["slower", "slow"])
        #expect(taken.first?.slow.count == 2)
        #expect((taken.first?.slow.longest ?? .zero) >= .milliseconds(500))
        #expect(times.take(10).isEmpty)
    }

    @Test func `A hub that serves writes its figures and tells them`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            #expect(try await hub.post(try SentSnapshot(.docker, of: machine), machine).status == 201)
            var broken = try SentSnapshot(.docker, of: machine, sequence: 2).compressed()
            broken.removeLast(8)
            #expect(try await hub.post(broken, token: machine.token).status == 400)
            try hub.server.recorder.record()
            let row = try #require(try hub.rows("SELECT * FROM hub_metrics ORDER BY at DESC LIMIT 1").first)
            #expect(row["snapshots_taken"].integer == 1)
            #expect(row["answers_json"].text == #"[{"status":201,"count":1},{"status":400,"count":1}]"#)
            #expect(row["commits"].integer ?? 0 > 0)
            #expect(row["commit_ms_p50"].real ?? 0 > 0)
            #expect(row["database_bytes"].integer ?? 0 > 0)
            #expect(row["resident_bytes"].integer ?? 0 > 1 << 20)
            #expect(row["connections_open"].integer ?? 0 > 0)
            let status = try await hub.store.read { try HubQueries.status($0, now: Clock.now()) }
            #expect(status.figures?.answers == [.init(status: 201, count: 1), .init(status: 400, count: 1)])
            #expect(status.figures?.commits == row["commits"].integer.map { Int($0) })
            // Figures of long ago are not those of a hub that serves.
            let later = Clock.now().adding(milliseconds: 3_600_000)
            #expect(try await hub.store.read { try HubQueries.status($0, now: later) }.figures == nil)
        }
    }
}
