import Foundation
import Glibc
import Testing

/// `vigie events --follow` as a user runs it, in a pipe.
@Suite(.serialized)
struct FollowTests {
    @Test func whatHappensIsPrintedOnceAndCtrlCEndsIt() throws {
        let hub = try HubProcess()
        let state = hub.scratch.path("agent")
        let enrolled = try Program.run(
            "vigie-agent", ["enroll", "-", "--state-dir", state], input: try hub.enrollmentString())
        try #require(enrolled.status == 0, "\(enrolled.errors)")
        let name = try #require(try hub.ask("machines").first?["name"] as? String)
        let log = hub.scratch.url.appendingPathComponent("follow.log")
        let follower = try Program.start(
            "vigie", ["events", "--follow", "--since", "1d", "-o", "json", "--socket", hub.socket], log: log)
        defer { if follower.isRunning { follower.killNow() } }
        func lines() throws -> [String] { try hub.scratch.text("follow.log").split(separator: "\n").map(String.init) }

        // Another process than the hub's enters this one.
        let retired = try Program.run("vigie-hub", ["machine", "retire", name, "--data-dir", hub.dataDirectory])
        try #require(retired.status == 0, "\(retired.errors)")
        try #require(try eventually { try lines().contains { $0.contains("\"type\":\"retired\"") } })

        // The hub goes, and comes back: the follower has said so, and goes on.
        hub.program.stop()
        try #require(try eventually { try lines().contains { $0.contains("waiting for it") } })
        try hub.restart()
        try #require(try eventually { try lines().contains { $0.contains("answers again") } })

        kill(follower.id, SIGINT)
        #expect(follower.waitUntilExit() == 0)
        let events = try lines().filter { $0.hasPrefix("{") }
        #expect(events.count { $0.contains("\"type\":\"retired\"") } == 1)
        for line in events { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
}
