import Contracts
import Glibc

struct RunCommand: Command {
    static let syntax = CommandSyntax(
        name: "run",
        abstract: "Work as a daemon: collect by timers and changes, deliver, until told to stop.",
        discussion: """
            A machine that is not enrolled waits, and begins as soon as it is. SIGHUP reads the configuration again and \
            collects everything; SIGTERM and SIGINT stop it, and nothing is lost. Under systemd it tells readiness and \
            signs of life (Type=notify).

            Example: vigie-agent run --log-level debug
            """,
        options: GlobalOptions.options)

    let options: GlobalOptions

    init(_ arguments: CommandArguments) throws(UsageError) { options = try GlobalOptions(arguments) }

    func run() async throws {
        let context = try CommandContext(options)
        let state = context.state
        try state.prepare()
        let lock = try StateLock.require(state)
        let signals = Signals.stream([SIGTERM, SIGINT, SIGHUP])
        let daemon = Daemon(
            state: state, host: context.host, configuration: context.configuration,
            environment: context.environment, clock: .system, logger: context.logger
        ) { [options] () throws(AgentError) in
            try options.configuration()
        }
        let listening = Task {
            for await number in signals {
                if number == SIGHUP { await daemon.reload() } else { await daemon.stop() }
            }
        }
        defer { listening.cancel() }
        try await daemon.run()
        withExtendedLifetime(lock) {}
    }
}
