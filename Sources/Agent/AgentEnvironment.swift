import Glibc
import Transport

/// What the service manager says in the environment; read once, at the start.
struct AgentEnvironment: Equatable, Sendable {
    /// Standard error goes to the journal.
    var logsToJournal = false
    /// Where readiness and signs of life go (sd_notify(3)).
    var notifySocket: String?
    /// A sign of life is expected at least this often.
    var watchdogMicroseconds: Int64?
    /// What systemd hands over of files that only root may read (`LoadCredential=`).
    var credentialsDirectory: String?

    static func current() -> AgentEnvironment {
        let manager = ServiceManager.current()
        var environment = AgentEnvironment()
        environment.logsToJournal = manager.logsToJournal
        environment.notifySocket = manager.notifySocket
        environment.watchdogMicroseconds = manager.watchdogMicroseconds
        environment.credentialsDirectory = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
        return environment
    }
}
