import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite("Command runner")
struct CommandRunnerTests {
    private func shell(_ script: String, seconds: Double = 20, limit: Int = 1 << 20) -> CommandResult {
        CommandRunner.execute("/bin/sh", ["-c", script], deadlineSeconds: seconds, outputLimit: limit)
    }

    @Test("keeps both streams and the exit status")
    func keepsBoth() {
        let result = shell("echo out; echo err >&2; exit 3")
        #expect(result.end == .exited(3))
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
    }

    @Test("gives a clean environment, the root as directory, no input and no other descriptor")
    func environment() throws {
        setenv("VIGIE_TEST_LEAK", "secret", 1)
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        let result = shell("env; pwd; read line; echo \"input:$?\"; ls /proc/self/fd")
        #expect(!result.text.contains("secret"))
        let lines = result.text.split(separator: "\n")
        #expect(lines.contains("LC_ALL=C"))
        #expect(lines.contains("PATH=/usr/sbin:/usr/bin:/sbin:/bin"))
        #expect(lines.contains("/"))
        #expect(lines.contains("input:1"))
        // 0, 1, 2, and the one with which ls reads the directory.
        #expect(Array(lines.suffix(4)) == ["0", "1", "2", "3"])
    }

    @Test("kills the whole group at the deadline, grandchildren too")
    func deadline() throws {
        let directory = try TemporaryDirectory()
        let started = ContinuousClock.now
        let result = shell("sleep 300 & echo $! > \(directory.file("pid")); wait", seconds: 0.3)
        #expect(result.end == .timedOut(seconds: 0.3))
        #expect(ContinuousClock.now - started < .seconds(10))
        let text = String(decoding: try directory.read("pid"), as: UTF8.self)
        let grandchild = try #require(pid_t(text.trimmed))
        #expect(isGone(grandchild))
    }

    @Test("does not wait for a grandchild that holds the pipes after the command's end")
    func heldPipes() throws {
        let result = shell("sleep 300 & echo $!; exit 0", seconds: 60)
        #expect(result.end == .exited(0))
        let grandchild = try #require(pid_t(result.text.trimmed))
        #expect(isGone(grandchild))
    }

    @Test("stops a flood at the limit")
    func flood() {
        let result = shell(
            "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", seconds: 30, limit: 100_000)
        #expect(result.end == .tooMuchOutput(limit: 100_000))
        #expect(result.output.count == 100_000)
    }

    @Test("tells a signal and a program that is not there")
    func otherEnds() {
        #expect(shell("kill -TERM $$").end == .signaled(SIGTERM))
        let missing = CommandRunner.execute("/nonexistent", [], deadlineSeconds: 1, outputLimit: 1)
        #expect(missing.end == .notStarted(errno: ENOENT))
    }

    @Test("makes text of bytes that are none")
    func badBytes() {
        #expect(shell("printf 'a\\377b\\000c'").text == "a\u{FFFD}b\u{FFFD}c")
    }

    @Test("runs below everything else, with default signals and its own group")
    func attributes() {
        let result = shell("cut -d' ' -f5,19 /proc/self/stat; echo $$")
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.split(separator: " ").first == lines.last)
    }

    @Test("every audited command is absolute, simulated and without a lock")
    func audit() {
        let commands: [AuditedCommand] =
            APTPlan.allCases.map { .aptSimulate($0, cache: "/c") }
            + [.aptSources(cache: nil), .aptPolicy(["a", "b"], cache: "/c"), .aptShow(["a=1"], cache: nil)]
        for command in commands {
            #expect(command.executable.hasPrefix("/usr/bin/"))
            #expect(command.arguments.contains("Debug::NoLocking=1"))
            #expect(!command.arguments.contains("update"))
            if case .aptSimulate = command { #expect(command.arguments.first == "-s") }
        }
        // A name can never be read as an option.
        #expect(AuditedCommand.aptPolicy(["-x"], cache: nil).arguments.suffix(2) == ["--", "-x"])
    }

    private func isGone(_ process: pid_t) -> Bool {
        // Killed at once; reaped by whoever inherits it, a moment later.
        for _ in 0..<200 {
            guard let state = try? Host().text("proc/\(process)/stat") else { return true }
            if state.contains(") Z ") { return true }
            usleep(10_000)
        }
        return false
    }
}
