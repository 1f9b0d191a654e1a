import ArgumentParser
import Contracts
import Glibc

/// The program: arguments in, one of the commands, an exit status out.
@main
struct VigieAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vigie-agent",
        abstract: "Look at this machine from the inside and report it to its Vigie hub.",
        discussion: """
            Observes only: it changes nothing, opens no port, runs no remote command.

            Example: vigie-agent collect metrics
            Example: vigie-agent enroll - < enrollment.txt && vigie-agent once

            Exit status:
              0  all is well
            \(AgentError.Code.allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n"))
            """,
        version: Vigie.version,
        subcommands: [
            CollectCommand.self, EnrollCommand.self, OnceCommand.self, RunCommand.self, StatusCommand.self,
            CheckCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as AgentError {
            fflush(nil)
            var line = Array("vigie-agent: \(error)\n".utf8)
            _ = write(STDERR_FILENO, &line, line.count)
            Glibc.exit(error.code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
