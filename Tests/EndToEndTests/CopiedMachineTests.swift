import Foundation
import Testing

/// Two real agents with copies of one state directory, a real hub, and an administrator.
@Suite(.serialized)
struct CopiedMachineTests {
    /// An agent whose machine is a directory: two of them are two hosts in two boots.
    private struct Agent {
        let root: String
        let state: String

        init(_ hub: HubProcess, _ name: String, boot: String) throws {
            root = hub.scratch.path("root-\(name)")
            state = hub.scratch.path("state-\(name)")
            let kernel = root + "/proc/sys/kernel/random"
            try FileManager.default.createDirectory(atPath: kernel, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: root + "/etc", withIntermediateDirectories: true)
            try "\(boot)\n".write(toFile: kernel + "/boot_id", atomically: true, encoding: .utf8)
            try "\(name)\n".write(toFile: root + "/etc/hostname", atomically: true, encoding: .utf8)
        }

        func run(_ command: String..., input: String? = nil) throws -> Program.Outcome {
            try Program.run("vigie-agent", command + ["--root", root, "--state-dir", state], input: input)
        }
    }

    @Test func aCopyIsNoticedSplitOffAndEnrolledAsItself() throws {
        let hub = try HubProcess()
        let original = try Agent(hub, "original", boot: "11111111-0000-4000-8000-000000000001")
        let copy = try Agent(hub, "copy", boot: "22222222-0000-4000-8000-000000000002")
        let enrolled = try original.run("enroll", "-", input: try hub.enrollmentString())
        try #require(enrolled.status == 0, "\(enrolled.errors)")
        let first = try original.run("once")
        try #require(first.status == 0, "\(first.errors)")
        try FileManager.default.copyItem(atPath: original.state, toPath: copy.state)

        func isSuspected() throws -> Bool {
            try hub.ask("messages", "--open").contains { $0["code"] as? String == "clone_suspected" }
        }
        var rounds = 0
        while try !isSuspected(), rounds < 4 {
            rounds += 1
            for agent in [copy, original] {
                let once = try agent.run("once")
                #expect(once.status == 0, "\(once.errors)")
            }
        }
        #expect(rounds <= 2, "it took \(rounds) rounds")
        let name = try #require(try hub.ask("machines").first?["name"] as? String)

        let split = try Program.run(
            "vigie-hub", ["machine", "split", name, "--data-dir", hub.dataDirectory, "-o", "json"])
        try #require(split.status == 0, "\(split.errors)")
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(split.output.utf8)) as? [String: String])
        #expect(answer["refused"]?.hasPrefix("22222222") == true)
        #expect(try !isSuspected())

        // The copy is told to enrol, keeps what it has, and says so; the original notices nothing.
        let refused = try copy.run("once")
        #expect(refused.status != 0)
        #expect(refused.errors.contains("enrol"), "\(refused.errors)")
        let status = try copy.run("status")
        #expect(status.output.contains("does not accept this machine's token"), "\(status.output)")
        let goesOn = try original.run("once")
        #expect(goesOn.status == 0, "\(goesOn.errors)")

        let again = try copy.run("enroll", "--force", "-", input: answer["enrollment_string"])
        #expect(again.status == 0, "\(again.errors)")
        let asItself = try copy.run("once")
        #expect(asItself.status == 0, "\(asItself.errors)")
        #expect(try hub.ask("machines").count == 2)
        #expect(try !isSuspected())
    }
}
