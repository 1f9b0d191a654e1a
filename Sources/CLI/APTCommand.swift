import ArgumentParser
import HubAPI

/// `vigie apt …`
struct APTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apt", abstract: "What APT did, and where it gets packages from.",
        subcommands: [APTHistoryList.self, APTSourceList.self])
}

/// `vigie apt history`
struct APTHistoryList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List what APT did, run by run, the newest first.",
        discussion: """
            A run of APT is one line; as JSON it has every package, and CSV has one line for each of them.

            EXAMPLES:
              vigie apt history --since 7d
              vigie apt history --package openssl
              vigie apt history --machine web-01 --failed -o json
            """)

    @OptionGroup var machines: MachineOptions
    @Option(help: ArgumentHelp("From then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only packages with this name; * and ? stand for others.", valueName: "pattern"))
    var package: String?
    @Option(
        help: ArgumentHelp(
            "Only install, upgrade, downgrade, reinstall, remove or purge.", valueName: "operation"))
    var operation: String?
    @Flag(help: "Only runs that failed.") var failed = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add("since", since)
        query.add("package", package)
        query.add("operation", operation)
        query.add(flag: "failed", failed)
        query.add("limit", options.limit)
        let session = try options.session()
        let answer: ListAnswer<APTRunAnswer> = try await session.hub.get("/v1/apt-history", query)
        Printing.output(try session.output.aptHistory(answer.items))
        Printing.error(Notices.text(answer, now: session.output.now))
    }
}

extension Output {
    func aptHistory(_ runs: [APTRunAnswer]) throws -> String {
        guard format == .csv else {
            return try list(runs, columns: APTColumns.runs, empty: "APT did nothing of that kind, as far as is known")
        }
        let lines = runs.flatMap { run in run.actions.map { APTColumns.Line(run: run, action: $0) } }
        return CSV.render(lines, columns: APTColumns.lines)
    }
}

/// `vigie apt sources`
struct APTSourceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "List package sources, and which of them no key of their own signs.",
        discussion: """
            --unsigned takes sources that are in use and have no signed-by (every key that the machine trusts may sign
            them) or have trusted=yes (no signature is asked for).

            EXAMPLES:
              vigie apt sources web-01
              vigie apt sources --unsigned
              vigie apt sources --problems --tag web
            """)

    @OptionGroup var machines: MachineArgument
    @Flag(help: "Only those in use that no key of their own signs.") var unsigned = false
    @Flag(help: "Only those that something is wrong with.") var problems = false
    @OptionGroup var options: ListOptions

    func run() async throws {
        var query = Query()
        machines.add(to: &query)
        query.add(flag: "unsigned", unsigned)
        query.add(flag: "problems", problems)
        query.add("limit", options.limit)
        try await options.session().list(
            "/v1/apt-sources", query, columns: APTColumns.sources, empty: "no such source is known")
    }
}

/// Columns that tell of APT.
enum APTColumns {
    static let runs: [Column<APTRunAnswer>] = [
        Column("WHEN", "started_at") { .time($0.startedAt) },
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("BY", "requested_by", .roomy) { .text($0.requestedBy) },
        Column("DID", "actions", style: { $0.error == nil ? .plain : .bad }) { .text(summary($0)) },
        Column("COMMAND", "command_line", .roomy) { .text($0.commandLine) },
    ]

    /// One package of one run: a line of CSV.
    struct Line {
        var run: APTRunAnswer
        var action: APTActionAnswer
    }

    static let lines: [Column<Line>] = [
        .csv("machine") { .text($0.run.machine) },
        .csv("started_at") { .time($0.run.startedAt) },
        .csv("ended_at") { .time($0.run.endedAt) },
        .csv("command_line") { .text($0.run.commandLine) },
        .csv("requested_by") { .text($0.run.requestedBy) },
        .csv("error") { .text($0.run.error) },
        .csv("operation") { .text($0.action.operation) },
        .csv("package") { .text($0.action.package) },
        .csv("architecture") { .text($0.action.architecture) },
        .csv("from_version") { .text($0.action.fromVersion) },
        .csv("to_version") { .text($0.action.toVersion) },
        .csv("automatic") { .flag($0.action.automatic) },
    ]

    /// `upgrade 3: a, b, c; install 1: d`, and how it failed.
    static func summary(_ run: APTRunAnswer) -> String {
        var operations: [String] = []
        for action in run.actions where !operations.contains(action.operation) { operations.append(action.operation) }
        let parts = operations.map { operation in
            let names = run.actions.filter { $0.operation == operation }.map(\.package)
            return "\(operation) \(names.count): \(names.joined(separator: ", "))"
        }
        return (run.error.map { ["failed (\($0))"] } ?? []).joined() + (run.error == nil ? "" : "; ")
            + parts.joined(separator: "; ")
    }

    static let sources: [Column<APTSourceAnswer>] = [
        Column("MACHINE", "machine") { .text($0.machine) },
        Column("TYPE", "type", .roomy) { .text($0.type) },
        Column("URI", "uri") { .text($0.uri) },
        Column("SUITE", "suite") { .text($0.suite) },
        Column("COMPONENTS", "components", .roomy) { .list($0.components ?? []) },
        .csv("architectures") { .list($0.architectures ?? []) },
        .csv("enabled") { .flag($0.enabled) },
        Column("SIGNED BY", "signature", .tableOnly, style: { isSigned($0) ? .plain : .warning }) {
            .text(signature($0))
        },
        .csv("signed_by") { .text($0.signedBy) },
        .csv("trusted") { .flag($0.trusted) },
        Column("FETCHED", "fetched_at") { Value.time($0.fetchedAt).unless(unknownSince: $0.unknownSince) },
        Column("PROBLEM", "problem", style: { _ in .bad }) { .text($0.problem) },
        .csv("file") { .text($0.file) },
        .csv("line") { .integer($0.line) },
        .csv("format") { .text($0.format) },
        .csv("unknown_since") { .time($0.unknownSince) },
    ]

    private static func isSigned(_ source: APTSourceAnswer) -> Bool {
        !source.enabled || (source.signedBy != nil && source.trusted != true)
    }

    private static func signature(_ source: APTSourceAnswer) -> String {
        if !source.enabled { return "(not in use)" }
        return source.trusted == true ? "nobody: trusted=yes" : source.signedBy ?? "any key of the machine"
    }
}
