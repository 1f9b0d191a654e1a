import ArgumentParser
import Contracts
import Foundation

/// `vigie-hub quarantine`
struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "What machines sent and the hub refused.",
        subcommands: [QuarantineList.self, QuarantineShow.self, QuarantineReplayCommand.self, QuarantineDrop.self])
}

/// Which entries a command works on.
struct QuarantineSelection: ParsableArguments {
    @Argument(help: "Numbers of entries, as the list shows them.")
    var ids: [Int64] = []

    @Option(help: "Every entry that was refused with this code.")
    var code: String?

    @Option(help: "Every entry of this machine.")
    var machine: String?

    @Flag(help: "Every entry.")
    var all = false

    func validate() throws {
        let isFiltered = code != nil || machine != nil
        guard [!ids.isEmpty, isFiltered, all].count(where: { $0 }) == 1 else {
            throw ValidationError("name the entries by their numbers, by --code and --machine, or take --all of them")
        }
    }

    /// The oldest first.
    func find(in store: SQLiteStore) throws -> [Int64] {
        guard ids.isEmpty else { return ids }
        return try store.read { try $0.rows(QuarantineStatements.ids, code, machine) }.compactMap { $0["id"].integer }
    }

    /// For the audit log.
    var words: String {
        if !ids.isEmpty { return ids.map(String.init).joined(separator: " ") }
        return [code.map { "code \($0)" }, machine.map { "machine \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }
}

extension CommandFailure {
    fileprivate static func noEntry(_ id: Int64) -> CommandFailure {
        CommandFailure(.noInput, "the quarantine has no entry \(id); vigie-hub quarantine list shows them")
    }
}

/// `vigie-hub quarantine list`
struct QuarantineList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show what was refused, of whom, and why; the newest first.",
        discussion: """
            Examples:
              vigie-hub quarantine list
              vigie-hub quarantine list --code schema_violation --machine web-01 -o json
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    @Option(help: "Only what was refused with this code.")
    var code: String?

    @Option(help: "Only of this machine.")
    var machine: String?

    @Option(help: "At most so many.")
    var limit = 1000

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is a number above 0") }
    }

    func run() throws {
        let (store, _) = try data.open()
        let rows = try store.read { try $0.rows(QuarantineStatements.list, code, machine, limit) }.map { row in
            AdminRow([
                ("id", .integer(row["id"].integer ?? 0)), ("received_at", .time(row["received_at"])),
                ("machine", .text(row["machine"])), ("status", .integer(row["status"].integer ?? 0)),
                ("code", .text(row["code"])), ("bytes", .integer(row["body_bytes"].integer ?? 0)),
                ("kept_bytes", .integer(row["kept_bytes"].integer ?? 0)),
                ("reason", .string(reason(row["reason"].text ?? ""))),
            ])
        }
        try AdminRow.show(rows, format.output)
    }

    /// A machine's words may be in it; a table has a line for it.
    private func reason(_ text: String) -> String {
        guard format.output == .table else { return text }
        let line = (text.split(separator: "\n").first.map(String.init) ?? "").printable
        return line.count > 100 ? line.prefix(99) + "…" : line
    }
}

/// `vigie-hub quarantine show`
struct QuarantineShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one refused body, and why it was refused.",
        discussion: """
            The body is inflated where it can be, and shown without what could drive a terminal. --raw writes the bytes as \
            they came.

            Examples:
              vigie-hub quarantine show 17
              vigie-hub quarantine show 17 --raw > body.json.gz
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "The entry's number.")
    var id: Int64

    @Option(help: "Bytes of the body to show.")
    var bytes = 4096

    @Flag(help: "Write the body to standard output as it came, and nothing else.")
    var raw = false

    func validate() throws {
        guard bytes >= 0 else { throw ValidationError("--bytes is 0 or more") }
    }

    func run() throws {
        let (store, configuration) = try data.open()
        guard let row = try store.read({ try $0.row(QuarantineStatements.one, id) }) else {
            throw CommandFailure.noEntry(id)
        }
        let body = row["body"].blob ?? []
        if raw {
            guard isatty(1) == 0 else {
                throw CommandFailure(.usage, "the bytes are no text for a terminal; send them to a file with > FILE")
            }
            return Terminal.put(body, 1)
        }
        let received = row["received_at"].integer.map { Timestamp(milliseconds: $0).description } ?? "-"
        Terminal.say("entry      \(id), \(received), from \((row["machine"].text ?? "a deleted machine").printable)")
        Terminal.say("refused    \(row["status"].integer ?? 0) \(row["code"].text ?? "")")
        for line in (row["reason"].text ?? "").split(separator: "\n") {
            Terminal.say("           \(String(line).printable)")
        }
        let whole = row["body_bytes"].integer ?? 0
        Terminal.say(
            "body       \(whole) bytes\(Int64(body.count) < whole ? ", of which \(body.count) were kept" : "")")
        let shown = QuarantinedBody.text(
            body, limit: bytes, inflateLimit: configuration.limits.inflatedBytes)
        Terminal.say("")
        Terminal.say(shown.text)
        if shown.bytes > bytes {
            Terminal.complain(
                "the first \(bytes) of \(shown.bytes) bytes\(shown.isInflated ? ", inflated" : ""); --bytes shows more")
        }
    }
}

/// `vigie-hub quarantine replay`
struct QuarantineReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Put refused bodies through ingest again.",
        discussion: """
            For after an upgrade, or when a fault was on the hub's side. What is taken now leaves the quarantine, and \
            counts as of the moment when the machine sent it; what is refused again stays. The hub may be serving. Exit \
            status 1: something was not taken.

            Examples:
              vigie-hub quarantine replay 17 18
              vigie-hub quarantine replay --code unsupported_version
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var selection: QuarantineSelection

    func run() throws {
        let (store, configuration) = try data.open()
        let replay = QuarantineReplay(
            store: store, archive: SnapshotArchive(derive: Derivation.apply),
            inflateLimit: configuration.limits.inflatedBytes)
        let ids = try selection.find(in: store)
        var taken = 0
        for (index, id) in ids.enumerated() {
            guard let outcome = try replay.replay(id) else { throw CommandFailure.noEntry(id) }
            if case .taken = outcome { taken += 1 }
            Terminal.endProgress()
            Terminal.say("\(id): \(Self.words(outcome))")
            Terminal.progress("\(index + 1) of \(ids.count)")
        }
        Terminal.endProgress()
        let sum = "\(taken) of \(ids.count) taken"
        try store.administer("quarantine.replay", selection.words, detail: sum) { _ in }
        Terminal.say(sum)
        if taken < ids.count { throw ExitCode(1) }
    }

    static func words(_ outcome: QuarantineReplay.Outcome) -> String {
        switch outcome {
        case .taken(let result): "taken, \(result)"
        case .refused(let code, let detail): "refused again, \(code): \(detail.printable)"
        case .incomplete: "not possible: only the beginning of it was kept"
        case .notEnrolled: "not possible: its machine has no token in force; enrol it again first"
        case .failed(let reason): "failed: \(reason.printable)"
        }
    }
}

/// `vigie-hub quarantine drop`
struct QuarantineDrop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Erase refused bodies.",
        discussion: """
            Examples:
              vigie-hub quarantine drop 17
              vigie-hub quarantine drop --machine web-01
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var selection: QuarantineSelection

    func run() throws {
        let (store, _) = try data.open()
        let ids = try selection.find(in: store)
        let dropped = try store.erase { store in
            try store.administer("quarantine.drop", selection.words, detail: "\(ids.count) entries") { connection in
                try ids.reduce(0) { count, id in
                    let gone = try connection.run(QuarantineStatements.delete, id)
                    guard gone == 1 || selection.ids.isEmpty else { throw CommandFailure.noEntry(id) }
                    return count + gone
                }
            }
        }
        Terminal.say("dropped \(dropped)")
    }
}
