import Contracts
import Glibc

struct CollectCommand: Command {
    static let syntax = CommandSyntax(
        name: "collect",
        abstract: "Collect one kind and print the snapshot that would be sent.",
        discussion: """
            Needs no hub and changes nothing. The machine_id is all zeros: a snapshot that is only shown belongs to \
            nobody.

            Example: vigie-agent collect metrics
            Example: vigie-agent collect hardware --root /mnt/rescue --compact
            """,
        positional: .init(
            name: "kind", help: "\(kinds.joined(separator: ", ")).", completion: .list(kinds)),
        options: [
            .flag("compact", "On one line, as it is sent."),
            .flag("cost", "Say on standard error what one collecting costs; takes some dozens more."),
            .init(
                name: "cost-cycles", value: "number",
                help: "What --cost starts itself with to be counted: collect that often again, and say nothing."),
        ] + GlobalOptions.options)

    private static let kinds = Kind.allCases.map(\.rawValue)

    let kind: Kind
    let compact: Bool
    let cost: Bool
    let costCycles: Int?
    let options: GlobalOptions

    init(_ arguments: CommandArguments) throws(UsageError) {
        kind = try CommandArguments.choice(arguments.positional ?? "", what: "kind")
        compact = arguments.flag("compact")
        cost = arguments.flag("cost")
        costCycles = try arguments.value("cost-cycles").map { text throws(UsageError) in
            guard let number = Int(text), (0...1000).contains(number) else {
                throw UsageError("--cost-cycles takes a number up to 1000")
            }
            return number
        }
        options = try GlobalOptions(arguments)
    }

    /// Between the two samples of a rate.
    static let sampleFirst = Duration.milliseconds(500)

    func run() async throws {
        let configuration = try options.configuration()
        let host = try options.host()
        var settings = configuration.collection
        let cache = StateDirectory(path: configuration.stateDirectory).aptCache
        // As the daemon, where this is its user: root leaves the directories of others alone.
        if host.isLive, geteuid() != 0, access(cache, W_OK) == 0 { settings.aptCacheDirectory = cache }
        let collectors = Agent.collectors(
            host: host, settings: settings, environment: .current(), sampleFirst: Self.sampleFirst)
        guard let collector = collectors.first(where: { $0.kind == kind }),
            let nobody = Identifier(Identity.nobody)
        else { return }
        if let costCycles {
            SystemCallCount.begin()
            for _ in 0...costCycles { _ = await collector.collect() }
            return
        }
        let clock = AgentClock.system
        let startedAt = clock.now()
        let start = clock.monotonic()
        let cpuBefore = SystemClock.processNanoseconds()
        let collected = await collector.collect()
        let first = Self.firstCost(
            kind, nanoseconds: SystemClock.processNanoseconds() - cpuBefore, commandSeconds: Self.commandSeconds())
        let draft = SnapshotDraft(
            kind: kind, collected: collected, startedAt: startedAt,
            durationMilliseconds: Int(clock.monotonic() - start),
            nextDueSeconds: configuration.settings(of: kind).intervalSeconds)
        print(try Self.text(draft, machineID: nobody, host: host, isCompact: compact), terminator: "")
        if cost {
            printError(first)
            let text = try await Self.cost(of: collector) { again in
                var next = draft
                next.collected = again
                return try next.document(machineID: nobody, sequence: 0, host: host, spool: nil).count
            }
            printError(text + ", " + (await systemCalls()))
        }
        guard collected.payload == nil else { return }
        throw AgentError(
            .notDelivered, unableTo: "collect \(kind.rawValue)", collected.problems.first?.message ?? "no payload",
            advice: "see collection.problems above, and vigie-agent check")
    }

    static func text(_ draft: SnapshotDraft, machineID: Identifier, host: Host, isCompact: Bool) throws -> String {
        let document = try draft.document(machineID: machineID, sequence: 0, host: host, spool: nil)
        if isCompact { return String(decoding: document, as: UTF8.self) + "\n" }
        return try CanonicalJSON.pretty(try StrictJSON.read(document).root)
    }
}
