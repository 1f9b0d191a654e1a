import ArgumentParser
import Contracts
import Logging

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: "Configuration file (default: \(AgentConfiguration.defaultPath), where it exists).")
    var config: String?

    @Option(help: "State directory (default: \(AgentConfiguration.defaultStateDirectory)).")
    var stateDir: String?

    @Option(help: "Look at the system below this directory instead of this one.")
    var root = "/"

    @Option(
        help: "What is logged: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")) (default: info).",
        transform: GlobalOptions.level)
    var logLevel: Logger.Level?

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else { throw ValidationError("there is no log level \(text)") }
        return level
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
