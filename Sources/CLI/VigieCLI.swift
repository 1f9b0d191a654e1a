import ArgumentParser
import Contracts
import Glibc

/// `vigie`: what an operator asks the hub.
@main
struct VigieCLI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vigie",
        abstract: "Ask the hub about your machines.",
        usage: "vigie <question> [options]",
        discussion: """
            On the hub itself it works at once, through the hub's socket; from elsewhere after `vigie login STRING`.

            EXAMPLES:
              vigie machines --offline
              vigie machine show web-01
              vigie updates --security
              vigie sql "select kind, count(*) from snapshots group by kind"
              vigie packages --name 'openssl*' -o csv

            EXIT STATUS:
              0   answered
              1   not answered: no such machine, a statement refused, …
              64  the command line is wrong
              69  no hub answers, or it is busy
              77  the token is not accepted, or its scope is too narrow

            `vigie check` ends as monitoring plugins do: 0 ok, 1 warning,
            2 critical, 3 unknown.
            """,
        version: Vigie.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Machines",
                subcommands: [
                    MachineList.self, MachineCommand.self, DiffShow.self, MetricsShow.self, DiskList.self,
                    EventList.self, MessageList.self, MessageCommand.self, Check.self,
                ]),
            CommandGroup(
                name: "Network and hardware",
                subcommands: [InterfaceList.self, NeighborList.self, HostKeyCommand.self, PCIList.self]),
            CommandGroup(
                name: "Software", subcommands: [UpdateList.self, PackageList.self, RebootList.self, APTCommand.self]),
            CommandGroup(
                name: "Docker",
                subcommands: [
                    ContainerList.self, ContainerCommand.self, StackList.self, ImageList.self, VolumeList.self,
                    NetworkList.self, DockerCommand.self,
                ]),
            CommandGroup(name: "Archive and SQL", subcommands: [SnapshotList.self, SnapshotCommand.self, SQLRun.self]),
            CommandGroup(name: "Hub", subcommands: [Login.self, HubCommand.self, Version.self]),
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CLIFailure {
            Printing.error(failure.text)
            Glibc.exit(failure.status.rawValue)
        } catch {
            if let failure = unknownQuestion(CommandLine.arguments.dropFirst().first) {
                Printing.error(failure.text)
                Glibc.exit(failure.status.rawValue)
            }
            exit(withError: error)
        }
    }

    /// What to say where the first word is no question at all.
    static func unknownQuestion(_ word: String?) -> CLIFailure? {
        guard let word, !word.hasPrefix("-") else { return nil }
        let names = configuration.subcommands.map { $0._commandName } + ["help"]
        guard !names.contains(word) else { return nil }
        let nearest = NearestNames.find(word, among: names)
        return CLIFailure(
            .usage, "there is no question \"\(word.printable)\"",
            advice: nearest.isEmpty
                ? "`vigie --help` lists them"
                : "did you mean \(nearest.map { "`vigie \($0)`" }.joined(separator: ", "))?")
    }
}

/// `vigie version`
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version of this program.")

    func run() { Printing.output("vigie \(Vigie.version)\n") }
}
