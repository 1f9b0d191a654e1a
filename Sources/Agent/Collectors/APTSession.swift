import Contracts
import Glibc

/// The calls of one collecting: a common deadline, and what was said on standard error along the way.
final class APTSession {
    private let commands: any CommandRunning
    private let deadline: ContinuousClock.Instant
    private var isLate = false
    private(set) var problems: [Problem] = []
    private(set) var unmet: [APTSimulation.Unmet] = []
    /// What was complained of, one entry for each kind.
    private(set) var faults: [APTV1.Fault] = []
    /// APT could not read a source or a preference and answered without it.
    private(set) var isIncomplete = false

    /// Lines of one kind of complaint; more say nothing new.
    private static let lineLimit = 20

    init(commands: any CommandRunning, deadline: ContinuousClock.Instant) {
        self.commands = commands
        self.deadline = deadline
    }

    func simulate(_ plan: APTPlan, _ cache: String?) async -> APTSimulation? {
        let command = AuditedCommand.aptSimulate(plan, cache: cache)
        guard let result = await run(command) else { return nil }
        let simulation = APTSimulation(result.text)
        for item in simulation.unmet where !unmet.contains(item) { unmet.append(item) }
        guard succeeded(result, command) else { return nil }
        guard simulation.isComplete else {
            add(
                Problem(
                    code: "malformed", severity: "error", source: command.summary,
                    message: "unable to read what \(command.summary) printed: it has no summary line"))
            return nil
        }
        return simulation
    }

    func text(_ command: AuditedCommand) async -> String? {
        guard let result = await run(command), succeeded(result, command) else { return nil }
        return result.text
    }

    /// What stands in the way of what a command asks for; its refusal is the answer, and no failure.
    func unmet(of command: AuditedCommand) async -> [APTSimulation.Unmet] {
        guard ContinuousClock.now < deadline else { return [] }
        return APTSimulation(await commands.run(command).text).unmet
    }

    private func run(_ command: AuditedCommand) async -> CommandResult? {
        guard ContinuousClock.now < deadline else {
            if !isLate {
                add(
                    Problem(
                        code: "timed_out", severity: "error", source: command.summary,
                        message: "unable to run \(command.summary): the calls before it took all the time there is"))
            }
            isLate = true
            return nil
        }
        let result = await commands.run(command)
        let messages = APTMessages(result.errorText)
        if messages.isIncomplete { isIncomplete = true }
        for line in messages.errors + messages.warnings { complain(messages.kind(of: line), line, messages, command) }
        for line in messages.warnings {
            add(
                Problem(
                    code: messages.code(of: line), severity: messages.isSpoiling(line) ? "error" : "warning",
                    source: command.summary, message: APTSources.withoutCredentials(words: line)))
        }
        return result
    }

    private func succeeded(_ result: CommandResult, _ command: AuditedCommand) -> Bool {
        let name = command.summary
        let problem: (code: String, message: String)
        switch result.end {
        case .exited(0): return true
        case .exited(let code):
            let said = APTSources.withoutCredentials(words: APTMessages(result.errorText).errors.joined(separator: " "))
            problem = ("command_failed", "\(name) ended with status \(code)" + (said.isEmpty ? "" : ": \(said)"))
        case .signaled(let signal): problem = ("command_failed", "\(name) was ended by signal \(signal)")
        case .timedOut(let seconds):
            problem = ("timed_out", "\(name) did not end within \(Int(seconds)) s and was killed")
        case .tooMuchOutput(let limit):
            problem = ("too_large", "\(name) printed more than \(limit) bytes and was killed")
        case .notStarted(let number):
            problem = (
                number == ENOENT ? "not_found" : "command_failed",
                "unable to start \(command.executable): \(String(cString: strerror(number)))"
            )
        }
        add(Problem(code: problem.code, severity: "error", source: name, message: problem.message))
        return false
    }

    private func complain(_ kind: String, _ line: String, _ messages: APTMessages, _ command: AuditedCommand) {
        let line = APTSources.withoutCredentials(words: line)
        let isError = messages.errors.contains(line) || messages.isSpoiling(line)
        if let index = faults.firstIndex(where: { $0.kind == kind }) {
            guard !faults[index].lines.contains(line), faults[index].lines.count < Self.lineLimit else { return }
            faults[index].lines.append(line)
            if isError { faults[index].severity = "error" }
        } else {
            faults.append(
                APTV1.Fault(
                    kind: kind, severity: isError ? "error" : "warning", source: command.summary, lines: [line]))
        }
    }

    private func add(_ problem: Problem) {
        // The same warning comes with every call.
        if !problems.contains(where: { $0.message == problem.message }), problems.count < 50 {
            problems.append(problem)
        }
    }
}
