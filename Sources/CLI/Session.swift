import Contracts
import FoundationEssentials
import HubAPI

/// One command at work: the hub it asks and where it prints.
struct Session {
    let hub: HubClient
    let output: Output

    init(connection: ConnectionOptions, output options: OutputOptions) throws {
        hub = try connection.connect()
        output = Output.standard(options)
    }

    /// Asks for a list and prints it; what the answer leaves out, and of whom it does not know, goes to standard
    /// error.
    func list<Item: Codable & Sendable & Equatable>(
        _ path: String, _ query: Query, columns: [Column<Item>], empty: String
    ) async throws {
        let answer: ListAnswer<Item> = try await hub.get(path, query)
        Printing.output(try output.list(answer.items, columns: columns, empty: empty))
        Printing.error(Notices.text(answer, now: output.now))
    }
}

extension Output {
    static func standard(_ options: OutputOptions) -> Output {
        let environment = ProcessInfo.processInfo.environment
        return Output(
            format: options.format, terminal: .standardOutput(environment: environment),
            now: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
    }
}

/// What must be said beside a list for it to be read rightly.
enum Notices {
    /// More machines than these are counted, not named.
    private static let named = 10

    static func text<Item>(_ answer: ListAnswer<Item>, now: Timestamp) -> String {
        var lines: [String] = []
        let notices = answer.notices ?? []
        for notice in notices.prefix(named) {
            let since = notice.since.map { " since \(Units.ago($0, now: now))" } ?? ""
            lines.append("\(notice.machine): \(notice.message)\(since)".printable)
        }
        if notices.count > named { lines.append("… and \(Units.counted(notices.count - named, "more machine"))") }
        if answer.truncated {
            lines.append(
                "only the first \(Units.grouped(answer.items.count)) are shown: narrow the question or raise --limit")
        }
        return lines.map { "vigie: \($0)\n" }.joined()
    }
}

extension String {
    /// As one step of an address's path.
    var pathStep: String { Query.encode(self) }
}
