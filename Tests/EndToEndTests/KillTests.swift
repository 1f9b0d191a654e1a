import Foundation
import Testing

/// `kill -9` at random moments under load: what was answered is there, and nothing is there twice.
///
/// Ten rounds by default; VIGIE_KILL_ROUNDS asks for more.
@Suite(.serialized)
struct KillTests {
    static var rounds: Int { ProcessInfo.processInfo.environment["VIGIE_KILL_ROUNDS"].flatMap(Int.init) ?? 10 }

    @Test func hubKilledUnderLoadKeepsWhatItAnswered() throws {
        let hub = try HubProcess()
        let string = try hub.enrollmentString(uses: 8 * Self.rounds)
        var answers = 0
        var allAnswered = ""
        for round in 0..<Self.rounds {
            let answered = hub.scratch.path("answered-\(round)")
            let started = hub.scratch.path("started-\(round)")
            let load = try Program.start(
                "LoadGenerator",
                [
                    "run", string, "--machines", "8", "--connections", "8", "--seconds", "5", "--limit", "4000",
                    "--answered", answered, "--started", started,
                ], log: hub.scratch.url.appendingPathComponent("load.log"))
            // Under load means that snapshots are being posted, not that machines are being enrolled.
            try #require(eventually { FileManager.default.fileExists(atPath: started) || !load.isRunning })
            let moment = Date().addingTimeInterval(.random(in: 0.05...0.8))
            _ = eventually(seconds: 2) { Date() >= moment }
            hub.program.killNow()
            let ended = load.waitUntilExit()
            let log = try hub.scratch.text("load.log")
            try #require(ended == 0, "\(log)")
            let text = try String(contentsOfFile: answered, encoding: .utf8)
            allAnswered += text
            answers += text.split(separator: "\n").count
            try hub.restart()
        }
        #expect(answers > 20 * Self.rounds, "the hub answered too little to prove anything: \(answers)")
        hub.program.stop()
        let all = hub.scratch.path("answered")
        try allAnswered.write(toFile: all, atomically: true, encoding: .utf8)
        let verified = try Program.run(
            "LoadGenerator", ["verify", "--data-dir", hub.dataDirectory, "--answered", all])
        #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
    }

    @Test func agentKilledAnywhereLosesNothing() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        let enrolled = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        try #require(enrolled.status == 0, "\(enrolled.errors)")
        for _ in 0..<Self.rounds {
            let agent = try Program.start(
                "vigie-agent", ["once", "--state-dir", state], log: hub.scratch.url.appendingPathComponent("agent.log"))
            let moment = Date().addingTimeInterval(.random(in: 0.02...2.5))
            _ = eventually(seconds: 4) { Date() >= moment || !agent.isRunning }
            agent.killNow()
        }
        let last = try Program.run("vigie-agent", ["once", "--state-dir", state])
        #expect(last.status == 0, "\(last.errors)")
        let status = try Program.run("vigie-agent", ["status", "--state-dir", state, "-o", "json"])
        #expect(status.status == 0, "\(status.errors)")
        let left = (try? FileManager.default.contentsOfDirectory(atPath: state + "/spool")) ?? []
        #expect(left.isEmpty, "still in the spool: \(left)")
        let aside = FileManager.default.enumerator(atPath: state + "/rejected")?.compactMap { $0 as? String } ?? []
        #expect(aside.filter { $0.contains(".json") }.isEmpty, "moved aside: \(aside)")
        let rows = try hub.ask(
            "sql", "SELECT kind, count(*) AS n, count(DISTINCT snapshot_uuid) AS ids FROM snapshots GROUP BY kind")
        #expect(rows.count == 4)
        for row in rows { #expect(row["n"] as? Int == row["ids"] as? Int) }
    }
}
