import Contracts
import Transport

struct CheckCommand: Command {
    static let syntax = CommandSyntax(
        name: "check",
        abstract:
            "Tell what the agent may read here, what not and what to do about it, and whether its hub takes it.",
        discussion: """
            Run it as the agent's user sees the machine: as root it becomes that user first.
            Exit status 0: the hub can be reached and knows this machine. 69: it cannot be reached. 77: it does not \
            accept this machine. 78: not enrolled. What may not be read is no failure.

            Example: vigie-agent check
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
        let identity = try Identity.load(context.state)
        var report = CheckReport(AccessCheck(host: context.host, settings: context.configuration.collection).run())
        report.hubs = await Self.reach(identity, proxy: context.configuration.proxy)
        try output.print(report) { report.words }
        guard identity != nil else { throw AgentError.notEnrolled(unableTo: "check the hub") }
        if report.hubs.contains(where: { $0.isReachable && $0.isAccepted != false }) { return }
        if let refused = report.hubs.first(where: { $0.isAccepted == false }) {
            throw AgentError(
                .permission, unableTo: "deliver to the hub", "\(refused.url) \(refused.detail)",
                advice: "enrol this machine again with the string of vigie-hub enrollment create --machine NAME")
        }
        throw AgentError(
            .hubUnavailable, unableTo: "reach the hub", report.hubs.first?.detail ?? "no URL is known",
            advice: "check the network, the proxy in the configuration, and that the hub runs")
    }

    /// Whether each of the hub's URLs answers, over a connection that is verified as it is for deliveries, and whether
    /// the hub there accepts this machine's token.
    private static func reach(_ identity: Identity?, proxy: String?) async -> [CheckReport.Hub] {
        guard let identity else { return [] }
        let trust: HTTPTrust = identity.caBundle.map { .pem(Array($0.utf8)) } ?? .system
        let client = HTTPClient(trust: trust, proxy: proxy, userAgent: HubConnection.userAgent)
        var hubs: [CheckReport.Hub] = []
        for url in identity.hubURLs { hubs.append(await reach(url, identity, client)) }
        return hubs
    }

    private static func reach(_ url: String, _ identity: Identity, _ client: HTTPClient) async -> CheckReport.Hub {
        guard HubURL.isSafe(url) else {
            return .init(url: url, isReachable: false, detail: "it is not encrypted; no token is sent there")
        }
        do {
            switch try await MachineQuestion.ask(url, token: identity.token, client: client, timeoutSeconds: 10) {
            case .known(let answer) where answer.machineID == identity.machineID:
                return .init(
                    url: url, isReachable: true, isAccepted: true, detail: "knows this machine as \(answer.name)")
            case .known(let answer):
                return .init(
                    url: url, isReachable: true, isAccepted: false,
                    detail: "takes the token for that of another machine, \(answer.name)")
            case .refused(let code):
                return .init(
                    url: url, isReachable: true, isAccepted: false,
                    detail: "does not accept this machine's token: \(code)")
            case .notAsked:
                return .init(
                    url: url, isReachable: true, detail: "answers, and is too old to be asked about the token")
            case .noAnswer(let status):
                return .init(url: url, isReachable: false, detail: "HTTP \(status) from something that is not a hub")
            }
        } catch {
            return .init(url: url, isReachable: false, detail: error.message)
        }
    }
}
