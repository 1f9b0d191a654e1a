import ArgumentParser

/// Options of every command that answers a list.
struct ListOptions: ParsableArguments {
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Show at most this many; the hub has a default and a maximum.", valueName: "n"))
    var limit: Int?

    func session() throws -> Session { try Session(connection: connection, output: output) }
}
