import Testing

@testable import Agent

struct KindPaceTests {
    @Test func isDueAtOnceAndThenAnIntervalLater() {
        var pace = KindPace(intervalSeconds: 60, now: 1000)
        #expect(pace.due == 1000)
        pace.start(now: 1000) { $0.upperBound }
        #expect(pace.due == 64_000)
        pace.start(now: 64_000) { $0.lowerBound }
        #expect(pace.due == 121_000)
    }

    @Test func aChangeIsCollectedAtOnceButNotAgainAndAgain() {
        var pace = KindPace(intervalSeconds: 3600, now: 0)
        pace.start(now: 0) { _ in 0 }
        pace.request(now: 100_000)
        #expect(pace.due == 100_000)
        pace.start(now: 100_000) { _ in 0 }
        pace.request(now: 101_000)
        #expect(pace.due == 110_000)
        pace.request(now: 109_000)
        #expect(pace.due == 110_000)
    }

    @Test func aChangeNeverDelays() {
        var pace = KindPace(intervalSeconds: 10, now: 0)
        pace.start(now: 0) { $0.lowerBound }
        pace.request(now: 100)
        #expect(pace.due == 9500)
    }
}
