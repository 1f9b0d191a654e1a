import ArgumentParser
import Contracts
import FoundationEssentials
import HubAPI

/// `vigie snapshot …`
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "One snapshot of the archive.", subcommands: [SnapshotShow.self],
        defaultSubcommand: SnapshotShow.self)
}

/// `vigie snapshot show`
struct SnapshotShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a snapshot as the machine sent it.",
        discussion: """
            Prints the envelope as JSON, indented on a terminal and byte for byte in a pipe. A snapshot that equals an
            earlier one names it in same_as and has no payload of its own.

            EXAMPLES:
              vigie snapshot show 0194e7c2-7b7b-7000-8000-000000000000
              vigie snapshot show ID --raw > snapshot.json.gz
            """)

    @Argument(help: "The snapshot_id, as `vigie snapshots NAME` lists it.") var id: String
    @Flag(help: "The bytes as received, gzip-compressed.") var raw = false
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let isTerminal = Terminal.standardOutput(environment: ProcessInfo.processInfo.environment).width != nil
        let hub = try connection.connect()
        var query = Query()
        query.add(flag: "raw", raw)
        let bytes = try await hub.bytes("/v1/snapshots/\(id.pathStep)", query)
        if raw {
            guard !isTerminal else {
                throw CLIFailure(.usage, "gzip bytes are nothing for a terminal", advice: "redirect them to a file")
            }
            return Printing.output(bytes)
        }
        guard let document = try? StrictJSON.read(bytes) else { return Printing.output(bytes) }
        Printing.output(isTerminal ? Array(try CanonicalJSON.pretty(document.root).utf8) : bytes + [0x0A])
        if let carrier = document.root["same_as"]?.stringValue {
            Printing.error("vigie: its payload equals that of \(carrier.printable), which carries it\n")
        }
    }
}
