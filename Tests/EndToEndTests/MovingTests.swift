import Foundation
import Testing

/// A hub that moves to another place, and one whose authority changes: machines follow by themselves.
@Suite(.serialized)
struct MovingTests {
    private func urls(_ state: String) throws -> [String] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: state + "/identity.json"))
        let identity = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        return identity?["hub_urls"] as? [String] ?? []
    }

    private func certificates(_ state: String) throws -> Int {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: state + "/identity.json"))
        let identity = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        let bundle = identity?["ca_bundle"] as? String ?? ""
        return bundle.components(separatedBy: "-----BEGIN CERTIFICATE-----").count - 1
    }

    private func run(_ arguments: String...) throws -> String {
        let outcome = try Program.run(arguments[0], Array(arguments.dropFirst()))
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func enrolled(_ hub: HubProcess) throws -> String {
        let state = hub.scratch.path("agent")
        let outcome = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        try #require(outcome.status == 0, "\(outcome.errors)")
        _ = try run("vigie-agent", "once", "--state-dir", state)
        return state
    }

    @Test func machinesFollowToTheNextHub() throws {
        let old = try HubProcess()
        let state = try enrolled(old)
        #expect(try urls(state) == [old.url])

        // The place of the next one, tried out with a first backup.
        let backups = old.scratch.path("backups")
        let place = old.scratch.path("next")
        let first = try run("vigie-hub", "backup", backups, "--data-dir", old.dataDirectory)
        _ = try run("vigie-hub", "restore", first, "--data-dir", place)
        let new = try HubProcess(dataDirectory: place)
        new.program.stop()

        old.program.stop()
        old.configuration = "[announce]\nurls = [\"\(new.url)\"]\n"
        try old.restart()
        // The new one does not serve yet: the agent learns of it, and goes on with the old one.
        _ = try run("vigie-agent", "once", "--state-dir", state)
        #expect(try urls(state) == [new.url, old.url])

        // The move: nothing that was answered is left behind.
        old.program.stop()
        try FileManager.default.removeItem(atPath: place)
        let last = try run("vigie-hub", "backup", old.scratch.path("last"), "--data-dir", old.dataDirectory)
        _ = try run("vigie-hub", "restore", last, "--data-dir", place)
        try new.restart()
        let before = try #require(try new.ask("sql", "SELECT count(*) AS n FROM snapshots").first?["n"] as? Int)
        _ = try run("vigie-agent", "once", "--state-dir", state)
        let after = try #require(try new.ask("sql", "SELECT count(*) AS n FROM snapshots").first?["n"] as? Int)
        #expect(after == before + 4)
        #expect(try new.ask("machines").count == 1)

        // A daemon asks the new one at its start, and forgets the old one.
        let daemon = try Program.start(
            "vigie-agent", ["run", "--state-dir", state], log: old.scratch.url.appendingPathComponent("agent.log"))
        defer { daemon.stop() }
        #expect(try eventually(seconds: 60) { try urls(state) == [new.url] })
    }

    @Test func machinesFollowAChangeOfAuthority() throws {
        let hub = try HubProcess()
        let state = try enrolled(hub)
        #expect(try certificates(state) == 1)
        _ = try run("vigie-hub", "authority", "prepare", "--data-dir", hub.dataDirectory)
        hub.program.stop()
        try hub.restart()
        _ = try run("vigie-agent", "once", "--state-dir", state)
        #expect(try certificates(state) == 2)

        _ = try run("vigie-hub", "authority", "activate", "--data-dir", hub.dataDirectory)
        hub.program.stop()
        try hub.restart()
        // Trusted, since it was announced.
        _ = try run("vigie-agent", "once", "--state-dir", state)

        // A machine that was enrolled before, and has not heard of it, is told so and sends nothing.
        _ = try run("vigie-hub", "authority", "forget", "--data-dir", hub.dataDirectory)
        hub.program.stop()
        try hub.restart()
        let daemon = try Program.start(
            "vigie-agent", ["run", "--state-dir", state], log: hub.scratch.url.appendingPathComponent("agent.log"))
        defer { daemon.stop() }
        #expect(try eventually(seconds: 60) { try certificates(state) == 1 })
    }
}
