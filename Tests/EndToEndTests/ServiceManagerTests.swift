import Foundation
import Glibc
import TestSupport
import Testing

/// The hub under a service manager, and a machine's look at its hub, with the real programs.
@Suite(.serialized)
struct ServiceManagerTests {
    @Test(.timeLimit(.minutes(5)))
    func hubTellsReadinessLifeAndEnd() async throws {
        let scratch = try Scratch()
        let manager = try NotifySocket(scratch.path("notify"))
        let hub = try Program.start(
            "vigie-hub", ["serve", "--listen", "127.0.0.1:0", "--data-dir", scratch.path("hub")],
            log: scratch.url.appendingPathComponent("hub.log"),
            environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"])
        defer { if hub.isRunning { hub.killNow() } }
        var messages: [String] = []
        while messages.count(where: { $0 == "WATCHDOG=1" }) < 3
            || !messages.contains(where: { $0.hasPrefix("READY=1") })
        {
            let message = await manager.next()
            try #require(!message.isEmpty, "nothing more was said after \(messages)")
            messages.append(message)
        }
        #expect(messages.contains { $0.hasPrefix("READY=1\nSTATUS=serving https://") })
        kill(hub.id, SIGTERM)
        while true {
            let message = await manager.next()
            try #require(!message.isEmpty, "it did not say that it stops")
            if message == "STOPPING=1" { break }
        }
        #expect(hub.waitUntilExit() == 0)
    }

    @Test func agentChecksItsToken() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        let enrolled = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        try #require(enrolled.status == 0, "\(enrolled.errors)")
        func check() throws -> (status: Int32, hub: [String: Any], errors: String) {
            let outcome = try Program.run("vigie-agent", ["check", "--state-dir", state, "-o", "json"])
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            return (outcome.status, (report?["hubs"] as? [[String: Any]])?.first ?? [:], outcome.errors)
        }
        let good = try check()
        #expect(good.status == 0, "\(good.errors)")
        #expect(good.hub["reachable"] as? Bool == true)
        #expect(good.hub["accepted"] as? Bool == true)

        let name = try #require(try hub.ask("machines").first?["name"] as? String)
        #expect(good.hub["detail"] as? String == "knows this machine as \(name)")
        let revoked = try Program.run("vigie-hub", ["machine", "revoke", name, "--data-dir", hub.dataDirectory])
        try #require(revoked.status == 0, "\(revoked.errors)")
        let bad = try check()
        #expect(bad.status == 77)
        #expect(bad.hub["accepted"] as? Bool == false)
        #expect(bad.errors.contains("enrollment create"), "\(bad.errors)")

        hub.program.stop()
        #expect(try check().status == 69)
    }
}
