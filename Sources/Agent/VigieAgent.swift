import CLinux
import Contracts
import Glibc

/// The program: arguments in, one of the commands, an exit status out.
@main
enum VigieAgent {
    static let commands: [any Command.Type] = [
        CollectCommand.self, EnrollCommand.self, OnceCommand.self, RunCommand.self, StatusCommand.self,
        CheckCommand.self, InspectCommand.self,
    ]

    static let help = CommandHelp(
        program: "vigie-agent",
        abstract: "Look at this machine from the inside and report it to its Vigie hub.",
        discussion: """
            Observes only: it changes nothing, opens no port, runs no remote command.

            Example: vigie-agent collect metrics
            Example: vigie-agent enroll - < enrollment.txt && vigie-agent once

            Exit status:
              0  all is well
            \(AgentError.Code.allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n"))
            """,
        commands: commands.map { $0.syntax })

    static func main() async {
        vigie_give_memory_back()
        let invocation: Invocation
        switch Invocation.read(Array(CommandLine.arguments.dropFirst()), commands: commands, help: help) {
        case .success(let found): invocation = found
        case .failure(let wrong):
            say(wrong.text)
            exit(AgentError.Code.usage.rawValue)
        }
        do {
            switch invocation {
            case .show(let text): print(text, terminator: "")
            case .run(let command): try await command.run()
            }
            fflush(nil)
        } catch let error as AgentError {
            fflush(nil)
            say("vigie-agent: \(error)\n")
            exit(error.code.rawValue)
        } catch let status as ExitStatus {
            fflush(nil)
            exit(status.code.rawValue)
        } catch {
            fflush(nil)
            say("vigie-agent: \(error)\n")
            exit(AgentError.Code.notDelivered.rawValue)
        }
    }

    /// In one write, so that lines of several processes stay whole.
    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
