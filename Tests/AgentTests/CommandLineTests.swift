import Foundation
import TestSupport
import Testing
import Transport

@testable import Agent

/// The program itself: what it says and how it ends when something is wrong.
struct CommandLineTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Next to the test bundle.
    static let program = Bundle.main.executableURL.map {
        $0.deletingLastPathComponent().appendingPathComponent("vigie-agent").path
    }

    private func run(_ arguments: [String], environment: [String: String] = [:])
        throws -> (status: Int32, output: String, errors: String)
    {
        let program = try #require(
            [
                Self.program,
                ProcessInfo.processInfo.arguments.first.map {
                    URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("vigie-agent").path
                },
            ].compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) })
        return try ChildProcess(program, arguments, environment: environment).wait()
    }

    private var state: [String] { ["--state-dir", directory.file("state")] }

    @Test(arguments: ["collect", "enroll", "once", "run", "status", "check", "inspect"])
    func everyCommandHasHelpWithAnExample(command: String) throws {
        let help = try run([command, "--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("Example: vigie-agent \(command)"))
        for option in ["--config", "--state-dir", "--root"] { #expect(help.output.contains(option)) }
    }

    @Test func helpHasTheExitStatuses() throws {
        let help = try run(["--help"]).output
        for code in AgentError.Code.allCases { #expect(help.contains("\n  \(code.rawValue)  ")) }
    }

    struct Failing: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var status: Int32
        var words: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let failing: [Failing] = [
        .init(arguments: ["once"], status: 78, words: "this machine is not enrolled; make a string"),
        .init(arguments: ["status"], status: 78, words: ""),
        .init(arguments: ["enroll", "nonsense"], status: 78, words: "copy it again, whole; give the whole line"),
        .init(arguments: ["enroll"], status: 64, words: "give the enrolment string"),
        .init(arguments: ["enroll", "--file", "/nonexistent"], status: 78, words: "No such file or directory"),
        .init(arguments: ["once", "--config", "/nonexistent"], status: 78, words: "there is no such file"),
        .init(arguments: ["collect", "weather"], status: 64, words: "hardware"),
        .init(arguments: ["collect", "apt", "--root", "/nonexistent"], status: 78, words: "correct --root"),
        .init(arguments: ["once", "--log-level", "loud"], status: 64, words: "no log-level 'loud'"),
    ]

    @Test(arguments: failing)
    func oneClearSentenceAndADocumentedStatus(failing: Failing) throws {
        let result = try run(failing.arguments + state)
        #expect(result.status == failing.status, "\(result.errors)")
        if !failing.words.isEmpty { #expect(result.errors.contains(failing.words), "\(result.errors)") }
        if failing.status > 64, !failing.words.isEmpty {
            #expect(result.errors.hasPrefix("vigie-agent: unable to "))
            #expect(result.errors.filter(\.isNewline).count == 1)
        }
    }

    @Test func aWrongKeyIsNamedWithItsLine() throws {
        let path = try directory.write("agent.toml", "[spool]\nmax_size = 1\n")
        let result = try run(["collect", "metrics", "--config", path])
        #expect(result.status == 78)
        #expect(result.errors.contains("line 2: spool.max_size is not known; [spool] may have max_bytes"))
    }

    @Test func collectPrintsTheSnapshotAndMakesNoState() throws {
        try directory.write("root/etc/os-release", "ID=debian\n")
        let result = try run(
            ["collect", "hardware", "--compact", "--root", directory.file("root")] + state)
        #expect(result.status == 0, "\(result.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(object?["machine_id"] as? String == Identity.nobody)
        #expect(object?["kind"] as? String == "hardware")
        #expect(object?["payload"] != nil)
        #expect(directory.names() == ["root"])
    }

    @Test func aDirectoryThatCannotBeMadeIsExplained() throws {
        let result = try run(["enroll", "x", "--state-dir", "/proc/nowhere/state"])
        #expect([74, 77].contains(result.status))
        #expect(result.errors.contains("use the state directory"))
    }

    @Test(.enabled(if: getuid() == 0, "becoming another user needs root"))
    func filesBelongToTheOwnerOfTheStateDirectory() throws {
        try FileManager.default.createDirectory(atPath: directory.file("state"), withIntermediateDirectories: true)
        chmod(directory.path, 0o755)
        // nobody
        chown(directory.file("state"), 65534, 65534)
        chmod(directory.file("state"), 0o700)
        let result = try run(["enroll", "nonsense"] + state)
        #expect(result.status == 78, "\(result.errors)")
        for name in directory.names("state") {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.file("state/\(name)"))
            #expect(attributes[.ownerAccountID] as? Int == 65534, "\(name)")
        }
        #expect(directory.names("state").contains("lock"))
    }

    @Test(.enabled(if: getuid() == 0, "becoming another user needs root"))
    func anotherUserIsToldWhatToDo() throws {
        let secret = StateDirectory(path: directory.file("state"))
        try secret.prepare()
        chmod(directory.path, 0o755)
        let program = try #require(Self.program)
        let copy = directory.file("vigie-agent")
        try FileManager.default.copyItem(atPath: program, toPath: copy)
        let result = try ChildProcess(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "once"] + state
        ).wait()
        #expect(result.status == 77, "\(result.errors)")
        #expect(result.errors.contains("run it as root or as the agent's user"))
    }

    @Test(.timeLimit(.minutes(1)))
    func onlyOneHoldsTheState() throws {
        let state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        let lock = try #require(try StateLock.take(state))
        let result = try run(["run", "--state-dir", state.path])
        #expect(result.status == 75)
        withExtendedLifetime(lock) {}
        #expect(try run(["enroll", "nonsense", "--state-dir", state.path]).status == 75)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [SIGTERM, SIGINT])
    func theDaemonStopsCleanly(signal: Int32) async throws {
        let notifications = try NotifySocket(directory.file("notify"))
        let program = try #require(Self.program)
        let child = try ChildProcess(
            program, ["run"] + state, environment: ["NOTIFY_SOCKET": notifications.path, "WATCHDOG_USEC": "100000"])
        #expect(await notifications.next().hasPrefix("READY=1"))
        while await notifications.next() != "WATCHDOG=1" {}
        child.signal(signal)
        while await notifications.next() != "STOPPING=1" {}
        let result = await DedicatedThread.run { child.wait() }
        #expect(result.status == 0, "\(result.errors)")
        // Where nobody watches, lines carry the journal's priorities.
        #expect(result.errors.hasPrefix("<5>not enrolled; run vigie-agent enroll"))
        #expect(!directory.names("state").contains("agent.sock"))
    }

    @Test(.timeLimit(.minutes(1)))
    func aParentThatBlocksSignalsDoesNotMakeItImmortal() async throws {
        let notifications = try NotifySocket(directory.file("notify"))
        let program = try #require(Self.program)
        let script =
            "import os, signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
            + "os.execv(sys.argv[1], sys.argv[1:])"
        let child = try ChildProcess(
            "python3", ["-c", script, program, "run"] + state, environment: ["NOTIFY_SOCKET": notifications.path])
        #expect(await notifications.next().hasPrefix("READY=1"))
        child.signal(SIGTERM)
        #expect(await DedicatedThread.run { child.wait() }.status == 0)
    }
}
