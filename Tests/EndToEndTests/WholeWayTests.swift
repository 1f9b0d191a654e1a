import Foundation
import Glibc
import Testing

/// The way of a snapshot with the real programs: this machine in, answers out.
@Suite(.serialized)
struct WholeWayTests {
    @Test func thisMachineIsAnsweredBack() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        let enrolled = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        try #require(enrolled.status == 0, "\(enrolled.errors)")
        let once = try Program.run("vigie-agent", ["once", "--state-dir", state])
        try #require(once.status == 0, "\(once.errors)")

        let machines = try hub.ask("machines")
        let machine = try #require(machines.first)
        #expect(machines.count == 1)
        let name = try #require(machine["name"] as? String)
        #expect(name == ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) || !name.isEmpty)

        // What the hub says is what this machine says of itself.
        let os = try #require(try hub.ask("sql", "SELECT kernel, architecture FROM machine_os").first)
        var information = utsname()
        uname(&information)
        let release = withUnsafePointer(to: &information.release) {
            $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
        }
        #expect(os["kernel"] as? String == release)
        let installed = try hub.ask("sql", "SELECT count(*) AS n FROM apt_packages").first?["n"] as? Int ?? 0
        #expect(installed > 50)

        // A second visit: the inventory is unchanged and says so without its payload.
        let again = try Program.run("vigie-agent", ["once", "--state-dir", state])
        #expect(again.status == 0, "\(again.errors)")
        let results = try hub.ask(
            "sql", "SELECT result, count(*) AS n FROM snapshots WHERE kind = 'hardware' GROUP BY result")
        #expect(results.contains { $0["result"] as? String == "unchanged" }, "\(results)")

        // The archive gives back the bytes whose digest the agent sealed.
        let snapshots = try hub.ask("snapshots", name)
        let hardware = try #require(snapshots.last { $0["kind"] as? String == "hardware" })
        let id = try #require(hardware["snapshot_id"] as? String)
        let shown = try Program.run("vigie", ["snapshot", "show", id, "--socket", hub.socket])
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(shown.output.contains(id))
    }

    @Test func revokedMachineIsToldAndKeepsWhatItHas() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        _ = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        let name = try #require(try hub.ask("machines").first?["name"] as? String)
        let revoked = try Program.run("vigie-hub", ["machine", "revoke", name, "--data-dir", hub.dataDirectory])
        try #require(revoked.status == 0, "\(revoked.errors)")
        let once = try Program.run("vigie-agent", ["once", "--state-dir", state])
        #expect(once.status != 0)
        let spool = try FileManager.default.contentsOfDirectory(atPath: state + "/spool")
        #expect(!spool.isEmpty)
        #expect(once.errors.contains("enrol"), "it does not say what to do: \(once.errors)")
    }

    @Test func hubAwayMeansSpooledAndDeliveredLater() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        _ = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        hub.program.stop()
        let away = try Program.run("vigie-agent", ["once", "--state-dir", state])
        #expect(away.status != 0)
        let spool = try FileManager.default.contentsOfDirectory(atPath: state + "/spool")
        #expect(spool.count >= 4, "\(spool)")
        try hub.restart()
        let back = try Program.run("vigie-agent", ["once", "--state-dir", state])
        #expect(back.status == 0, "\(back.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: state + "/spool").isEmpty)
        let kinds = try hub.ask("sql", "SELECT DISTINCT kind FROM snapshots ORDER BY kind").compactMap {
            $0["kind"] as? String
        }
        #expect(kinds == ["apt", "docker", "hardware", "metrics"])
    }
}
