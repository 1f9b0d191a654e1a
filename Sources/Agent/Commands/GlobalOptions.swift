import Contracts
import Logging

/// What every command takes.
struct GlobalOptions: Sendable {
    let config: String?
    let stateDir: String?
    let root: String
    let logLevel: Logger.Level?

    private static let levels = Logger.Level.allCases.map(\.rawValue)

    static let options: [CommandSyntax.Option] = [
        .init(
            name: "config", value: "config",
            help: "Configuration file (default: \(AgentConfiguration.defaultPath), where it exists).",
            completion: .file),
        .init(
            name: "state-dir", value: "state-dir",
            help: "State directory (default: \(AgentConfiguration.defaultStateDirectory)).", completion: .directory),
        .init(
            name: "root", value: "root", help: "Look at the system below this directory instead of this one.",
            defaultValue: "/", completion: .directory),
        .init(
            name: "log-level", value: "log-level",
            help: "What is logged: \(levels.joined(separator: ", ")) (default: info).", completion: .list(levels)),
    ]

    init(_ arguments: CommandArguments) throws(UsageError) {
        config = arguments.value("config")
        stateDir = arguments.value("state-dir")
        root = arguments.value("root") ?? "/"
        logLevel = try arguments.choice("log-level")
    }

    /// The same options as words of a command line.
    var arguments: [String] {
        (config.map { ["--config", $0] } ?? []) + (stateDir.map { ["--state-dir", $0] } ?? []) + ["--root", root]
    }

    /// The file, with the flags over it.
    func configuration() throws(AgentError) -> AgentConfiguration {
        var configuration = try AgentConfiguration.load(
            path: config ?? AgentConfiguration.defaultPath, isExplicit: config != nil)
        if let stateDir { configuration.stateDirectory = stateDir }
        if let logLevel { configuration.logLevel = logLevel }
        return configuration
    }

    func host() throws(AgentError) -> Host {
        do { return try Host(root: root) } catch {
            throw AgentError(
                .configuration, unableTo: "look at \(root)", error.description, advice: "correct --root")
        }
    }
}

/// What commands that work with the state directory begin with.
struct CommandContext: Sendable {
    let configuration: AgentConfiguration
    let state: StateDirectory
    let host: Host
    let environment: AgentEnvironment
    let logger: Logger

    /// Reads the configuration, and gives up root where the state directory is somebody else's.
    init(_ options: GlobalOptions) throws(AgentError) {
        configuration = try options.configuration()
        state = StateDirectory(path: configuration.stateDirectory)
        environment = AgentEnvironment.current()
        logger = JournalLogHandler.logger(level: configuration.logLevel, environment: environment)
        host = try options.host()
        try Privileges.becomeOwner(of: state.path)
    }
}
