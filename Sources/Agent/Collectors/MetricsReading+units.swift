import Contracts

/// The last answer of the service manager.
struct FailedUnitsAnswer: Sendable {
    /// Nil where it could not be had.
    var names: [String]?
    var problem: Problem?
    var awakeNanoseconds: UInt64

    /// Asking costs more than all other metrics together: an answer stands for five minutes.
    static let lifetimeNanoseconds: UInt64 = 300_000_000_000

    func isCurrent(at awakeNanoseconds: UInt64) -> Bool {
        awakeNanoseconds >= self.awakeNanoseconds
            && awakeNanoseconds - self.awakeNanoseconds < Self.lifetimeNanoseconds
    }

    /// Asks now; for the running system only, and only where systemd is its service manager.
    static func ask(_ host: Host, _ commands: any CommandRunning, at awakeNanoseconds: UInt64) async -> Self? {
        guard host.isLive, host.exists("/run/systemd/system") else { return nil }
        let command = AuditedCommand.failedUnits
        let result = await commands.run(command)
        if case .exited(0) = result.end, let names = FailedUnits.parse(result.text) {
            return FailedUnitsAnswer(names: names, awakeNanoseconds: awakeNanoseconds)
        }
        let said = result.errorText.split(separator: "\n").first.map { ": " + $0.prefix(200) } ?? ""
        let problem = Problem(
            code: "command_failed", severity: "warning", source: command.summary,
            message: "unable to ask systemd for failed units\(said)")
        return FailedUnitsAnswer(problem: problem, awakeNanoseconds: awakeNanoseconds)
    }
}

extension MetricsReading {
    /// Absent without systemd; an empty list where nothing has failed.
    mutating func failedUnits(_ answer: FailedUnitsAnswer?) {
        guard let answer else { return }
        payload.failedUnits = answer.names
        if let problem = answer.problem {
            findings.unknown("/failed_units")
            findings.add(problem)
        }
    }
}
