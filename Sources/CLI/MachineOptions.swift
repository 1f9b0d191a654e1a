import ArgumentParser

/// Options of every list: which machines it is about.
struct MachineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only this machine.", valueName: "name")) var machine: String?
    @Option(
        help: ArgumentHelp("Only machines with this tag, an operator's or an automatic one.", valueName: "tag"))
    var tag: String?

    func add(to query: inout Query) {
        query.add("machine", machine)
        query.add("tag", tag)
    }

    /// Whether the question is about a part of the fleet.
    var isNarrowed: Bool { machine != nil || tag != nil }
}

/// The same for lists that take the machine as their argument too.
struct MachineArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("Only this machine.", valueName: "machine")) var name: String?
    @OptionGroup var options: MachineOptions

    func validate() throws {
        if name != nil, options.machine != nil {
            throw ValidationError("Give the machine once: as an argument or with --machine.")
        }
    }

    /// The machine, whichever way it was given.
    var machine: String? { name ?? options.machine }

    func add(to query: inout Query) {
        query.add("machine", machine)
        query.add("tag", options.tag)
    }
}
