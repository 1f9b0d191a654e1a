import ArgumentParser
import Contracts
import FoundationEssentials
import HubAPI
import Transport

/// `vigie login`
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remember a hub and the token for it.",
        discussion: """
            The string comes from `vigie-hub client create NAME --scope read` on the hub. It carries the hub's address,
            the fingerprint of its authority and a token; the token is sent only to a hub that the fingerprint vouches
            for. It is stored, readable by you alone, in $XDG_CONFIG_HOME/vigie/hub.json.

            EXAMPLES:
              vigie login 'vigie-login-1.…'
              vigie login - < login.txt      (keeps it out of the shell's history and the process list)
            """)

    @Argument(help: ArgumentHelp("The login string, or - to read it from standard input.", valueName: "string"))
    var string: String

    @Option(help: ArgumentHelp("Reach the hub through this HTTP proxy.", valueName: "url"))
    var proxy: String?

    func run() async throws {
        let text = string == "-" ? StandardInput.read() : string
        let login: ConnectionString
        do { login = try ConnectionString(text, purpose: .login) } catch {
            throw CLIFailure(.usage, "\(error)")
        }
        let (url, ca) = try await bootstrap(login)
        let content = LoginFile.Content(
            urls: [url] + login.urls.filter { $0 != url }, token: login.token, ca: ca)
        let status: HubStatus = try await HubClient(HubChoice(login: content)).get("/v1/hub")
        let file = LoginFile(environment: ProcessInfo.processInfo.environment)
        try file.write(content)
        Printing.output(
            """
            logged in to \(url) (vigie-hub \(status.version), \(Units.counted(status.machines.total, "machine")))
            the login is in \(file.path)

            """)
    }

    /// The first address that answers as the hub that the string means.
    private func bootstrap(_ login: ConnectionString) async throws -> (url: String, ca: String?) {
        var failures: [String] = []
        for url in login.urls {
            do {
                return (url, try await HubTrust.bootstrap(url: url, trust: login.trust, proxy: proxy))
            } catch .fingerprintMismatch(let url) {
                throw CLIFailure(.failure, "\(HubTrust.Failure.fingerprintMismatch(url))")
            } catch { failures.append("\(url): \(error)") }
        }
        throw CLIFailure(
            .unreachable, "unable to reach the hub: \(failures.joined(separator: "; "))",
            advice: "is it running, and can this machine reach that address?")
    }
}
