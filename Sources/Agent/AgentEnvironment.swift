import Glibc

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
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        var environment = AgentEnvironment()
        environment.logsToJournal = value("JOURNAL_STREAM") != nil
        environment.notifySocket = value("NOTIFY_SOCKET")
        // Meant for another process where WATCHDOG_PID is not ours.
        if value("WATCHDOG_PID").flatMap({ Int32($0) }) ?? getpid() == getpid() {
            environment.watchdogMicroseconds = value("WATCHDOG_USEC").flatMap { Int64($0) }
        }
        environment.credentialsDirectory = value("CREDENTIALS_DIRECTORY")
        return environment
    }
}
