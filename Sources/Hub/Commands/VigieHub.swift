import ArgumentParser
import Contracts
import Foundation

/// `vigie-hub`: serves, and administers what it serves.
@main
struct VigieHub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vigie-hub",
        abstract: "The hub of Vigie: takes snapshots of machines, keeps them, and answers about them.",
        discussion: """
            Examples:
              vigie-hub serve --name hub.example.org
              vigie-hub enrollment create
              vigie-hub client create laptop --scope read

            Exit status (sysexits.h): 0 done; 64 the command line is wrong; 66 what it names is not there; 69 a port \
            or the data directory is in use; 70 a fault, or a damaged database; 73 a file cannot be made, or the disk is \
            full; 74 the disk does not take what was written; 77 not permitted; 78 the configuration is wrong, or the \
            database is newer than this program. \
            'check', 'machine delete' and 'quarantine replay' answer 1 for "not sound", "not done" and "not all".
            """,
        version: Vigie.version,
        subcommands: [
            Serve.self, EnrollmentCommand.self, ClientCommand.self, MachineCommand.self, TagCommand.self,
            RederiveCommand.self, RetentionCommand.self, CheckCommand.self, ImagesCommand.self, QuarantineCommand.self,
            BackupCommand.self, RestoreCommand.self, AuthorityCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let exit as ExitCode {
            Self.exit(withError: exit)
        } catch let error where exitCode(for: error) != .failure || error is CleanExit {
            exit(withError: error)
        } catch {
            let failure = CommandFailure(error)
            Terminal.complain("vigie-hub: \(failure)")
            Foundation.exit(failure.status.rawValue)
        }
    }
}
