import Contracts
import TestSupport
import Testing

@testable import Agent

/// Says what it is told to, and counts how often it was asked.
private actor Recorded: CommandRunning {
    private(set) var asked: [AuditedCommand] = []
    private let result: CommandResult

    init(_ result: CommandResult) { self.result = result }

    func run(_ command: AuditedCommand) async -> CommandResult {
        asked.append(command)
        return result
    }
}

@Suite("Failed units")
struct MetricsFailedUnitsTests {
    @Test("are read from what systemctl prints, with and without its dot")
    func parsing() {
        let text = """
            nginx.service          loaded failed failed A high performance web server
            ● backup@nightly.service loaded failed failed Nightly backup
            var-lib-x\\x2dy.mount   loaded failed failed /var/lib/x-y

            """
        #expect(FailedUnits.parse(text) == ["backup@nightly.service", "nginx.service", #"var-lib-x\x2dy.mount"#])
        #expect(FailedUnits.parse("") == [])
        #expect(FailedUnits.parse("Failed to connect to bus: No such file") == nil)
        #expect(FailedUnits.parse("x.service") == nil)
    }

    @Test("are unknown where systemd does not answer, and none where it says so")
    func reading() throws {
        let problem = Problem(code: "command_failed", severity: "warning", source: "systemctl", message: "no")
        var reading = MetricsReading(host: try Host(), isContainer: false, earlier: nil)
        reading.failedUnits(FailedUnitsAnswer(names: nil, problem: problem, awakeNanoseconds: 0))
        #expect(reading.findings.unknown == ["/failed_units"])
        #expect(reading.findings.problems == [problem])
        reading = MetricsReading(host: try Host(), isContainer: false, earlier: nil)
        reading.failedUnits(FailedUnitsAnswer(names: [], awakeNanoseconds: 0))
        #expect(reading.payload.failedUnits == [])
        #expect(reading.findings.unknown.isEmpty)
    }

    @Test("are not asked for again within five minutes, and again after them")
    func lifetime() {
        let answer = FailedUnitsAnswer(names: [], awakeNanoseconds: 1_000_000_000)
        #expect(answer.isCurrent(at: 1_000_000_000))
        #expect(answer.isCurrent(at: 300_999_999_999))
        #expect(!answer.isCurrent(at: 301_000_000_000))
        #expect(!answer.isCurrent(at: 0))
    }

    @Test("of a fixture are never the running system's")
    func fixture() async throws {
        let directory = try MachineRoots.copy("bare-cpu")
        try directory.write("root/run/systemd/system/x", "")
        let commands = Recorded(CommandResult(end: .exited(0)))
        let host = try Host(root: directory.file("root"))
        #expect(await FailedUnitsAnswer.ask(host, commands, at: 0) == nil)
        #expect(await commands.asked.isEmpty)
    }
}
