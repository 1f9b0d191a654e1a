import Contracts
import Glibc

struct StatusCommand: Command {
    static let syntax = CommandSyntax(
        name: "status",
        abstract: "Tell who this machine is to its hub, what was accepted last, and what waits.",
        discussion: """
            Exit status 0: all is well. 1: deliveries fail, or the hub does not accept this machine. 78: not enrolled.

            Example: vigie-agent status
            Example: vigie-agent status -o json
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
        let report = try await Self.report(context)
        try output.print(report) { report.words(now: SystemClock.now()) }
        if !report.enrolled { throw ExitStatus(.configuration) }
        if !report.isHealthy { throw ExitStatus(.notDelivered) }
    }

    static func report(_ context: CommandContext) async throws(AgentError) -> StatusReport {
        let state = context.state
        if let reply = await ControlSocket.ask(ControlRequest(.status), state: state),
            let status = try reply.check().status
        {
            return status
        }
        let identity = try Identity.load(state)
        let record = identity.map { Agent.deliveryRecord(of: $0, state: state, logger: context.logger) }
        return StatusReport(
            identity: identity, configuration: context.configuration, record: record ?? DeliveryRecord(), state: state)
    }
}
