import Glibc

/// What a command says when it cannot do its work: what failed, why, what to do next, and the exit status.
struct AgentError: Error, Equatable, CustomStringConvertible {
    /// Exit statuses, close to sysexits.h; the table stands in `vigie-agent --help`.
    enum Code: Int32, CaseIterable, Sendable {
        case notDelivered = 1
        case usage = 64
        case hubUnavailable = 69
        case inputOutput = 74
        case busy = 75
        case permission = 77
        case configuration = 78

        var meaning: String {
            switch self {
            case .notDelivered: "something was not delivered, or is not as it should be"
            case .usage: "wrong arguments"
            case .hubUnavailable: "no hub answers, or what answers is none"
            case .inputOutput: "the disk failed or is full"
            case .busy: "another vigie-agent is at work"
            case .permission: "not allowed, by this machine or by the hub"
            case .configuration:
                "the configuration, the identity or the string is wrong, or the machine is not enrolled"
            }
        }
    }

    var code: Code
    /// Follows "unable to".
    var action: String
    var reason: String
    /// What to do next; a sentence in the imperative.
    var advice: String

    init(_ code: Code, unableTo action: String, _ reason: String, advice: String) {
        self.code = code
        self.action = action
        self.reason = reason
        self.advice = advice
    }

    var description: String { "unable to \(action): \(reason); \(advice)" }
}
