import Contracts

struct OnceCommand: Command {
    static let syntax = CommandSyntax(
        name: "once",
        abstract: "Collect everything now, deliver it, and say how that went.",
        discussion: """
            Exit status 0: the hub has accepted every kind. 1: something was refused, or waits on disk because no hub \
            can be reached; the daemon or the next run delivers it.

            Example: vigie-agent once
            """,
        options: [OutputFormat.option] + GlobalOptions.options)

    let output: OutputFormat
    let options: GlobalOptions

    init(_ arguments: CommandArguments) throws(UsageError) {
        output = try OutputFormat(arguments)
        options = try GlobalOptions(arguments)
    }

    func run() async throws {
        let context = try CommandContext(options)
        let state = context.state
        // Nothing is made for a machine that has nothing to say.
        guard try Identity.load(state) != nil else { throw AgentError.notEnrolled(unableTo: "collect and deliver") }
        try state.prepare()
        let results: [Agent.KindResult]
        if let lock = try StateLock.take(state) {
            results = try await Self.collectAndDeliver(context)
            withExtendedLifetime(lock) {}
        } else if let reply = await ControlSocket.ask(ControlRequest(.once), state: state),
            let found = try reply.check().results
        {
            results = found
        } else {
            throw AgentError.busy(state)
        }
        try output.print(results) {
            results.map { "\($0.kind): \($0.delivery), \($0.detail)" }.joined(separator: "\n") + "\n"
        }
        let failed = results.filter { !$0.isAccepted }
        guard let first = failed.first else { return }
        throw AgentError(
            .notDelivered, unableTo: "deliver \(failed.map(\.kind).joined(separator: ", "))", first.detail,
            advice: failed.contains { $0.delivery == "kept" }
                ? "what waits is delivered by the daemon or the next run; see vigie-agent status"
                : "see \(state.rejected) and the hub's quarantine")
    }

    private static func collectAndDeliver(_ context: CommandContext) async throws(AgentError) -> [Agent.KindResult] {
        guard let identity = try Identity.load(context.state) else {
            throw .notEnrolled(unableTo: "collect and deliver")
        }
        let agent = try Agent.build(
            identity: identity, configuration: context.configuration, state: context.state, host: context.host,
            environment: context.environment, clock: .system, logger: context.logger,
            sampleFirst: CollectCommand.sampleFirst)
        let delivering = Task { await agent.deliverer.run() }
        let results = await agent.collectAndDeliverAll()
        delivering.cancel()
        await agent.deliverer.stop()
        await delivering.value
        return results
    }
}
