import ArgumentParser
import Contracts

/// How an answer is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// For people; may change.
    case text
    /// For programs; stable.
    case json

    func print(_ value: some Encodable, text: () -> String) throws {
        switch self {
        case .text: Swift.print(text(), terminator: "")
        case .json: Swift.print(try CanonicalJSON.pretty(value), terminator: "")
        }
    }
}
