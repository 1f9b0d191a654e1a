import ArgumentParser
import Contracts
import FoundationEssentials
import Transport

/// Options of every command that asks a hub.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Ask the hub at this address instead of the one of `vigie login`.", valueName: "url"))
    var hub: String?

    @Option(help: ArgumentHelp("With --hub: a file with the token, alone.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "With --hub: a file with the certificates to trust (PEM); without it the system's are.", valueName: "file"))
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "On the hub: its socket. Default: VIGIE_HUB_SOCKET, else \(HubChoice.defaultSocket).", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("On the hub: its data directory, where the socket is.", valueName: "dir"))
    var dataDir: String?

    func validate() throws {
        if hub == nil, tokenFile != nil || caFile != nil {
            throw ValidationError("--token-file and --ca-file go with --hub.")
        }
        if hub != nil, tokenFile == nil { throw ValidationError("--hub needs --token-file.") }
        if [hub, socket, dataDir].compactMap({ $0 }).count > 1 {
            throw ValidationError("Use one of --hub, --socket and --data-dir.")
        }
    }

    /// The hub that flags, environment, login and this machine tell of, in this order.
    func connect() throws -> HubClient {
        HubClient(try choose(environment: ProcessInfo.processInfo.environment))
    }

    func choose(environment: [String: String]) throws -> HubChoice {
        if let hub {
            guard hub.hasPrefix("https://") || hub.hasPrefix("http://") else {
                throw CLIFailure(.usage, "--hub takes an address such as https://hub.example.org:8443, not \"\(hub)\"")
            }
            let token = try tokenFile.map { try TextFile.read($0, what: "the token") }
            return HubChoice(
                urls: [hub], token: token?.trimmingCharacters,
                trust: try caFile.map { .pem(Array(try TextFile.read($0, what: "the certificates").utf8)) } ?? .system)
        }
        if let socket { return HubChoice(socket: socket) }
        if let dataDir { return HubChoice(socket: dataDir + "/hub.sock") }
        if let socket = environment["VIGIE_HUB_SOCKET"], !socket.isEmpty { return HubChoice(socket: socket) }
        if let login = try LoginFile(environment: environment).read() { return HubChoice(login: login) }
        if FileManager.default.fileExists(atPath: HubChoice.defaultSocket) {
            return HubChoice(socket: HubChoice.defaultSocket)
        }
        throw CLIFailure(
            .unreachable, "no hub is known here",
            advice: "`vigie login STRING` takes the string that `vigie-hub client create NAME` prints on the hub; "
                + "on the hub itself use --data-dir")
    }
}

/// Which hub to ask, and as whom.
struct HubChoice: Equatable {
    static let defaultSocket = "/var/lib/vigie-hub/hub.sock"

    /// Tried in this order; over a socket the one that is only a name.
    var urls: [String]
    var token: String?
    var trust: HTTPTrust
    var socket: String?

    init(urls: [String], token: String?, trust: HTTPTrust) {
        self.urls = urls
        self.token = token
        self.trust = trust
    }

    init(socket: String) {
        urls = ["http://localhost"]
        trust = .system
        self.socket = socket
    }

    init(login: LoginFile.Content) {
        urls = login.urls
        token = login.token
        trust = login.ca.map { .pem(Array($0.utf8)) } ?? .system
    }
}

/// Small text files that the operator names.
enum TextFile {
    static func read(_ path: String, what: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            let exists = FileManager.default.fileExists(atPath: path)
            throw CLIFailure(
                .failure,
                "unable to read \(what) from \(path): \(exists ? "permission denied" : "there is no such file")")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingCharacters: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
