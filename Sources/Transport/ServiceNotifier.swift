import Glibc

/// Tells the service manager how a daemon is (sd_notify(3)); without one it does nothing.
package struct ServiceNotifier: Sendable {
    package let socketPath: String?

    package init(socketPath: String?) { self.socketPath = socketPath }

    package func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

    package func status(_ text: String) { send("STATUS=\(text)") }

    package func alive() { send("WATCHDOG=1") }

    package func stopping() { send("STOPPING=1") }

    private func send(_ message: String) {
        guard let socketPath, let address = UnixAddress(socketPath) else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        _ = address.with { sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
    }
}

/// What the service manager says in the environment; read once, at the start.
package struct ServiceManager: Equatable, Sendable {
    /// Standard error goes to the journal.
    package var logsToJournal = false
    /// Where readiness and signs of life go (sd_notify(3)).
    package var notifySocket: String?
    /// A sign of life is expected at least this often.
    package var watchdogMicroseconds: Int64?

    package init() {}

    package static func current() -> ServiceManager {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        var manager = ServiceManager()
        manager.logsToJournal = value("JOURNAL_STREAM") != nil
        manager.notifySocket = value("NOTIFY_SOCKET")
        // Meant for another process where WATCHDOG_PID is not ours.
        if value("WATCHDOG_PID").flatMap({ Int32($0) }) ?? getpid() == getpid() {
            manager.watchdogMicroseconds = value("WATCHDOG_USEC").flatMap { Int64($0) }
        }
        return manager
    }
}
