import Contracts

/// What a command asks of the running daemon over its socket: one JSON document each way.
struct ControlRequest: Codable, Equatable, Sendable {
    enum Command: String, Codable, Sendable {
        case once, enroll, status
    }

    var command: Command
    /// The enrolment string.
    var string: String?
    /// Whether an identity that exists is given up.
    var replacing: Bool?

    init(_ command: Command) { self.command = command }
}

struct ControlReply: Codable, Equatable, Sendable {
    /// An `AgentError` on its way through the socket.
    struct Failure: Codable, Equatable, Sendable {
        var code: Int
        var action: String
        var reason: String
        var advice: String
    }

    var results: [Agent.KindResult]?
    var enrollment: Enroller.Result?
    var status: StatusReport?
    var failure: Failure?

    init() {}

    init(_ error: AgentError) {
        failure = Failure(
            code: Int(error.code.rawValue), action: error.action, reason: error.reason, advice: error.advice)
    }

    /// Throws the error that the daemon answered with.
    func check() throws(AgentError) -> ControlReply {
        guard let failure else { return self }
        throw AgentError(
            AgentError.Code(rawValue: Int32(failure.code)) ?? .notDelivered, unableTo: failure.action, failure.reason,
            advice: failure.advice)
    }
}
