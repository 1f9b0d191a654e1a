import Contracts
import Glibc
import Logging

/// The agent's directory on disk, and the names of what is in it.
struct StateDirectory: Sendable {
    let path: String

    var spool: String { "\(path)/spool" }
    var rejected: String { "\(path)/rejected" }
    var broken: String { "\(path)/rejected/broken" }
    var aptCache: String { "\(path)/apt-cache" }
    var identity: String { "\(path)/identity.json" }
    /// The machine token of an enrolment whose answer has not come yet.
    var pendingEnrollment: String { "\(path)/enrollment-pending.json" }
    var delivery: String { "\(path)/delivery.json" }
    /// What is remembered of the container engine.
    var engine: String { "\(path)/engine.json" }
    var sequence: String { "\(path)/sequence" }
    var lock: String { "\(path)/lock" }
    var socket: String { "\(path)/agent.sock" }

    /// Makes what is missing, and proves that it may be written.
    func prepare() throws(AgentError) {
        do throws(FileFailure) {
            try Files.makeDirectory(Files.parent(of: path), mode: 0o755)
            for directory in [path, spool, rejected, broken, aptCache] { try Files.makeDirectory(directory) }
            guard access(path, R_OK | W_OK | X_OK) == 0 else {
                throw FileFailure(operation: "write", path: path, errno: errno)
            }
        } catch {
            throw Self.error(error, unableTo: "use the state directory \(path)")
        }
    }

    /// What a failed file operation means to the one who called the command.
    static func error(_ failure: FileFailure, unableTo action: String) -> AgentError {
        let reason = "\(failure.path): \(String(cString: strerror(failure.errno)))"
        switch failure.errno {
        case EACCES, EPERM, EROFS:
            return AgentError(
                .permission, unableTo: action, reason,
                advice: "run it as root or as the agent's user, or name another directory with --state-dir")
        case ENOSPC, EDQUOT:
            return AgentError(.inputOutput, unableTo: action, reason, advice: "make room on that file system")
        default:
            return AgentError(
                .inputOutput, unableTo: action, reason,
                advice: "check the path and the file system, or name another directory with --state-dir")
        }
    }

    /// Reads a JSON file of ours. One that is damaged is moved aside with a warning: losing it costs a little, stopping
    /// for it would cost the machine's presence.
    func load<T: Decodable>(_ type: T.Type, from file: String, logger: Logger) -> T? {
        do {
            guard let bytes = try Files.read(file) else { return nil }
            let document = try StrictJSON.read(bytes)
            return try JSONTreeDecoder.decode(T.self, from: document.root)
        } catch {
            logger.warning("moving a damaged state file aside", metadata: ["file": "\(file)", "reason": "\(error)"])
            try? Files.move(file, to: "\(file).damaged")
            return nil
        }
    }
}
