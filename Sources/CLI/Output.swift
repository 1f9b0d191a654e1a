import ArgumentParser
import Contracts
import Glibc

/// How the answer is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, json, csv
}

/// Options of every command that answers something.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "How to print: table (for people), json or csv (raw units, stable names).", valueName: "format"))
    var format: OutputFormat = .table
}

/// Prints answers: a table for people, JSON and CSV for programs.
struct Output {
    var format: OutputFormat
    var terminal: Terminal
    var now: Timestamp

    init(format: OutputFormat, terminal: Terminal, now: Timestamp) {
        self.format = format
        self.terminal = terminal
        self.now = now
    }

    /// A list: the table or CSV of its columns, or a JSON array of the items as the hub answered them.
    ///
    /// - Parameter empty: what to say to people where there is nothing.
    func list<Item: Encodable>(_ items: [Item], columns: [Column<Item>], empty: String) throws -> String {
        switch format {
        case .table where items.isEmpty: empty + "\n"
        case .table: Table(items, columns: columns, now: now).render(on: terminal)
        case .json: try CanonicalJSON.pretty(items)
        case .csv: CSV.render(items, columns: columns)
        }
    }
}

extension Output {
    /// A part of a page: a title and a table below it; nothing where there is nothing.
    func section<Item>(_ title: String, _ items: [Item], _ columns: [Column<Item>]) -> String {
        guard !items.isEmpty else { return "" }
        return Style.strong.paint(title, on: terminal) + "\n"
            + Table(items, columns: columns, now: now).render(on: terminal, indent: "  ")
    }
}

/// Standard output and standard error, whole and at once.
enum Printing {
    static func output(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }
    static func output(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                guard errno == EINTR || errno == EAGAIN else { return }
                var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&readiness, 1, -1)
                continue
            }
            bytes = bytes.dropFirst(written)
        }
    }
}
