import Contracts

/// How an answer is printed.
enum OutputFormat: String, CaseIterable, Sendable {
    /// For people; may change.
    case text
    /// For programs; stable.
    case json

    static let option = CommandSyntax.Option(
        name: "output", short: "o", value: "output", help: "text or json.", defaultValue: "text",
        completion: .list(allCases.map(\.rawValue)))

    init(_ arguments: CommandArguments) throws(UsageError) { self = try arguments.choice("output") ?? .text }

    func print(_ value: some Encodable, text: () -> String) throws {
        switch self {
        case .text: Swift.print(text(), terminator: "")
        case .json: Swift.print(try CanonicalJSON.pretty(value), terminator: "")
        }
    }
}
