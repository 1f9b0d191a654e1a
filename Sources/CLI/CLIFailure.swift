import Contracts
import Transport

/// How `vigie` ends, as its help documents.
enum ExitStatus: Int32 {
    case success = 0
    /// The question could not be answered.
    case failure = 1
    /// The command line is wrong (EX_USAGE of sysexits.h).
    case usage = 64
    /// No hub answers (EX_UNAVAILABLE).
    case unreachable = 69
    /// The hub does not let this client do it (EX_NOPERM).
    case notAllowed = 77
}

/// Why a command could not do what it was asked to, in the words that the operator reads.
struct CLIFailure: Error, Equatable {
    var status: ExitStatus
    /// What failed and why: a lower-case sentence without a full stop.
    var message: String
    /// What to do next, where that can be said.
    var advice: String?

    init(_ status: ExitStatus, _ message: String, advice: String? = nil) {
        self.status = status
        self.message = message
        self.advice = advice
    }

    var text: String { "vigie: \(message)\n" + (advice.map { "       \($0)\n" } ?? "") }
}

extension CLIFailure {
    /// No answer at all.
    init(_ failure: HTTPFailure, hub: String) {
        switch failure.kind {
        case .certificate:
            self.init(
                .unreachable, "\(hub) is not trusted: \(failure.message)",
                advice: "if the hub has a new authority, log in again with a new string from `vigie-hub client create`")
        case .tooLarge:
            self.init(.failure, "the answer of \(hub) is too large", advice: "narrow the question, or lower --limit")
        default:
            self.init(
                .unreachable, "unable to reach \(hub): \(failure.message)",
                advice: "is vigie-hub running there, and is the address right? `vigie hub` shows the one in use")
        }
    }

    /// An answer that is an error.
    init(problem: ProblemDocument?, status: Int, hub: String) {
        let words = problem?.detail ?? problem?.title ?? "HTTP \(status) from something that is not a hub"
        switch status {
        case 401:
            self.init(
                .notAllowed, "\(hub) does not accept the token: \(words)",
                advice: "log in again with a new string from `vigie-hub client create`")
        case 403: self.init(.notAllowed, words, advice: "ask for a token with a wider scope")
        case 400 where problem?.code == ProblemCode.queryFailed.rawValue: self.init(.failure, words)
        case 400 where problem?.code == ProblemCode.timedOut.rawValue: self.init(.failure, words)
        case 400 where problem != nil: self.init(.usage, words)
        case 429, 503: self.init(.unreachable, "\(hub) is busy: \(words)", advice: "try again in a moment")
        default: self.init(.failure, words)
        }
    }
}
