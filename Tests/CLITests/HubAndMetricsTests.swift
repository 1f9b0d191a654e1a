import Contracts
import HubAPI
import Testing

@testable import CLI

@Suite struct HubAndMetricsTests {
    private static func output(_ format: OutputFormat, width: Int? = nil) -> Output {
        Output(format: format, terminal: Terminal(width: width, hasColours: false), now: CLISamples.now)
    }

    private static var status: HubStatus {
        var status = HubStatus(
            version: "1.2.3", now: CLISamples.now,
            machines: MachineCounts(total: 3, ok: 2, late: 0, offline: 1, new: 0), schemaVersion: 3)
        var figures = HubFigures(at: CLISamples.ago(seconds: 20), intervalSeconds: 60)
        figures.snapshotsPerSecond = 16.5
        figures.answers = [.init(status: 201, count: 989), .init(status: 507, count: 1)]
        figures.commitMsP99 = 12.25
        figures.slowStatements = [.init(name: "machines.list", count: 2, longestMs: 41.6)]
        status.figures = figures
        var cleanup = CleanupSummary(
            startedAt: CLISamples.ago(seconds: 600), cause: "disk", rowsDeleted: 1200, bytesDeleted: 5,
            bytesReturned: 1 << 20)
        cleanup.error = "no room"
        status.lastCleanup = cleanup
        return status
    }

    @Test func `The hub's last minute is told in words`() throws {
        let text = try Self.output(.table).hub(Self.status, address: "hub")
        for words in [
            "201: 989, 507: 1", "machines.list 42 ms, 2 times", "16.5", "12.25", "10 min ago", "no room", "1.0 MiB",
        ] {
            #expect(text.contains(words), "\(words) is not in\n\(text)")
        }
    }

    @Test func `The columns of CSV do not depend on what is known`() throws {
        var young = Self.status
        young.figures = nil
        young.lastCleanup = nil
        func lines(_ status: HubStatus) throws -> [Substring] {
            try Self.output(.csv).hub(status, address: "hub").split(separator: "\n")
        }
        #expect(try lines(young).count == 2)
        #expect(try lines(young)[0] == lines(Self.status)[0])
        #expect(try lines(young)[0].contains("commit_ms_p99,"))
    }

    @Test func `Metrics say which history they are of, to people`() throws {
        var series = MetricsSeries(
            name: "load_1m", unit: "count",
            points: [
                .init(at: CLISamples.ago(seconds: 7200), value: 1), .init(at: CLISamples.ago(seconds: 3600), value: 3),
            ])
        series.last = 3
        let answer = MetricsAnswer(
            machine: "web-01", since: CLISamples.ago(seconds: 30 * 86_400), until: CLISamples.now, resolution: "1h",
            stepSeconds: 21_600, series: [series])
        let terminal = try Self.output(.table, width: 100).metrics(answer)
        #expect(terminal.contains("sums of an hour (1h), a point for 6 h"))
        #expect(terminal.contains("▇") || terminal.contains("█"))
        #expect(try !Self.output(.table).metrics(answer).contains("sums of"), "a pipe gets rows only")
        #expect(
            try Self.output(.csv).metrics(answer).split(separator: "\n").map(String.init) == [
                "at,name,unit,value", "2026-09-21T12:13:20.000Z,load_1m,count,1",
                "2026-09-21T13:13:20.000Z,load_1m,count,3",
            ])
    }
}
