import Foundation
import Testing

/// Backup and restore with the real programs: under load, with an agent that goes on.
@Suite(.serialized)
struct BackupCommandTests {
    @Test func aHubIsMadeAgainOfItsBackup() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        let enrolled = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        try #require(enrolled.status == 0, "\(enrolled.errors)")
        try #require(try Program.run("vigie-agent", ["once", "--state-dir", state]).status == 0)

        let load = { (rate: String, seconds: String, answered: String, started: String) in
            [
                "run", try hub.enrollmentString(uses: 8), "--machines", "8", "--connections", "8", "--rate", rate,
                "--seconds", seconds, "--answered", answered, "--started", started,
            ]
        }
        let answered = hub.scratch.path("answered")
        let before = try Program.run("LoadGenerator", try load("500", "2", answered, hub.scratch.path("started-1")))
        try #require(before.status == 0, "\(before.errors)")
        let started = hub.scratch.path("started-2")
        let during = try Program.start(
            "LoadGenerator", try load("100", "60", hub.scratch.path("answered-2"), started),
            log: hub.scratch.url.appendingPathComponent("load.log"))
        try #require(eventually(seconds: 60) { FileManager.default.fileExists(atPath: started) || !during.isRunning })
        let backups = hub.scratch.path("backups")
        let backup = try Program.run("vigie-hub", ["backup", backups, "--data-dir", hub.dataDirectory, "--keep", "1"])
        #expect(during.isRunning, "the load ended before the backup did: it proves nothing")
        during.stop()
        try #require(backup.status == 0, "\(backup.errors)")
        let path = backup.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(path.hasPrefix(backups + "/vigie-hub-"))
        #expect(!backup.errors.contains("\r"), "progress in a pipe: \(backup.errors)")
        hub.program.stop()

        let target = hub.scratch.path("restored")
        let restored = try Program.run("vigie-hub", ["restore", path, "--data-dir", target])
        try #require(restored.status == 0, "\(restored.errors)")
        let verified = try Program.run("LoadGenerator", ["verify", "--data-dir", target, "--answered", answered])
        #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
        let again = try Program.run("vigie-hub", ["restore", path, "--data-dir", target])
        #expect(again.status == 73, "\(again.errors)")

        let second = try HubProcess(dataDirectory: target, port: hub.port)
        let once = try Program.run("vigie-agent", ["once", "--state-dir", state])
        #expect(once.status == 0, "the agent does not go on: \(once.errors)")
        let soundness = try Program.run("vigie-hub", ["check", "--full", "--data-dir", target])
        #expect(soundness.status == 0, "\(soundness.output)")
        #expect(try second.ask("machines").count == 17)
    }
}
