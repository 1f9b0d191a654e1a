import Contracts
import Transport

struct CheckCommand: Command {
    static let syntax = CommandSyntax(
        name: "check",
        abstract:
            "Tell what the agent may read here, what not and what to do about it, and whether it reaches its hub.",
        discussion: """
            Run it as the agent's user sees the machine: as root it becomes that user first.
            Exit status 0: the hub can be reached. 69: it cannot. 78: not enrolled. What may not be read is no failure.

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
        if !report.hubs.contains(where: \.isReachable) {
            throw AgentError(
                .hubUnavailable, unableTo: "reach the hub", report.hubs.first?.detail ?? "no URL is known",
                advice: "check the network, the proxy in the configuration, and that the hub runs")
        }
    }

    /// Whether each of the hub's URLs answers, over a connection that is verified as it is for deliveries.
    private static func reach(_ identity: Identity?, proxy: String?) async -> [CheckReport.Hub] {
        guard let identity else { return [] }
        let trust: HTTPTrust = identity.caBundle.map { .pem(Array($0.utf8)) } ?? .system
        let client = HTTPClient(trust: trust, proxy: proxy, userAgent: HubConnection.userAgent)
        var hubs: [CheckReport.Hub] = []
        for url in identity.hubURLs {
            do {
                let answer = try await client.send(
                    HTTPRequest(url: HubTrust.endpoint(url, "/healthz"), timeoutSeconds: 10))
                hubs.append(
                    .init(url: url, isReachable: answer.status == 200, detail: "HTTP \(answer.status) from /healthz"))
            } catch {
                hubs.append(.init(url: url, isReachable: false, detail: error.message))
            }
        }
        return hubs
    }
}
