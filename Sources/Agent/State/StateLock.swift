import Glibc

/// The one lock on the state directory: held by the daemon, or by a command while no daemon runs.
final class StateLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Nil where another process holds it. It ends with the process, however that ends.
    static func take(_ state: StateDirectory) throws(AgentError) -> StateLock? {
        let descriptor = open(state.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StateDirectory.error(
                FileFailure(operation: "open", path: state.lock, errno: errno), unableTo: "lock the state directory")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let failure = errno
            close(descriptor)
            guard failure == EWOULDBLOCK else {
                throw StateDirectory.error(
                    FileFailure(operation: "lock", path: state.lock, errno: failure),
                    unableTo: "lock the state directory")
            }
            return nil
        }
        return StateLock(descriptor: descriptor)
    }

    /// The lock, or the error that says that somebody else has it.
    static func require(_ state: StateDirectory) throws(AgentError) -> StateLock {
        guard let lock = try take(state) else {
            throw AgentError(
                .busy, unableTo: "work on \(state.path)", "another vigie-agent holds its lock",
                advice: "end the other one first (systemctl stop vigie-agent)")
        }
        return lock
    }

    deinit { close(descriptor) }
}
