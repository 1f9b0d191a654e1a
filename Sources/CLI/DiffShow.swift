import ArgumentParser
import Contracts
import HubAPI

/// `vigie diff`
struct DiffShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what of a machine became another between two moments.",
        discussion: """
            From the archive: packages, updates and sources, hardware, containers, images and stacks that were added, \
            removed or changed. What the archive does not reach back to, or what could not be read then, is said on \
            standard error.

            EXAMPLES:
              vigie diff web-01 --from 7d
              vigie diff web-01 --from 2026-11-01 --to 2026-11-02T12:00Z --kind apt
              vigie diff web-01 --from 30d -o json
            """)

    @Argument(help: "The machine's name, or its machine_id.") var name: String
    @Option(help: ArgumentHelp("The earlier moment: 2026-11-01T12:00Z, 2026-11-01, or 12h, 7d ago.", valueName: "time"))
    var from: String
    @Option(help: ArgumentHelp("The later one (default: now).", valueName: "time")) var to: String?
    @Option(help: ArgumentHelp("Only apt, hardware or docker.", valueName: "kind")) var kind: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        var query = Query()
        query.add("from", from)
        query.add("to", to)
        query.add("kind", kind)
        let diff: MachineDiff = try await session.hub.get("/v1/machines/\(name.pathStep)/diff", query)
        Printing.output(try session.output.diff(diff))
        Printing.error(Notices.text(diff.from))
        Printing.error(Notices.text(diff.to))
    }
}

extension Output {
    func diff(_ diff: MachineDiff) throws -> String {
        switch format {
        case .json: try CanonicalJSON.pretty(diff)
        case .csv: CSV.render(diff.changes.flatMap(DiffColumns.lines), columns: DiffColumns.csv)
        case .table where diff.changes.isEmpty: "nothing that is known of both moments differs\n"
        case .table: Table(diff.changes, columns: DiffColumns.table, now: now).render(on: terminal)
        }
    }
}

/// A diff as lines: one a change for people, one a field for programs.
enum DiffColumns {
    struct Line {
        var change: DiffChange
        var field: DiffField?
    }

    static func lines(_ change: DiffChange) -> [Line] {
        change.fields.isEmpty
            ? [Line(change: change, field: nil)] : change.fields.map { Line(change: change, field: $0) }
    }

    static let table: [Column<DiffChange>] = [
        Column("", "change", style: { style($0.change) }) { .text(sign($0.change)) },
        Column("WHAT", "section") { .text($0.section) },
        Column("NAME", "item") { .text($0.item) },
        Column("HOW", "fields") { .text(words($0)) },
    ]

    static let csv: [Column<Line>] = [
        .csv("kind") { .text($0.change.kind) }, .csv("section") { .text($0.change.section) },
        .csv("item") { .text($0.change.item) }, .csv("change") { .text($0.change.change) },
        .csv("field") { .text($0.field?.name) }, .csv("from") { .text($0.field?.from) },
        .csv("to") { .text($0.field?.to) },
    ]

    private static func sign(_ change: String) -> String {
        switch change {
        case "added": "+"
        case "removed": "-"
        default: "~"
        }
    }

    private static func style(_ change: String) -> Style {
        switch change {
        case "added": .good
        case "removed": .bad
        default: .warning
        }
    }

    /// The telling values of what came or went; before and after of what changed.
    static func words(_ change: DiffChange) -> String {
        guard change.change == "changed" else {
            return change.fields.prefix(4).compactMap { field in
                (field.to ?? field.from).map { "\(field.name) \(short($0))" }
            }.joined(separator: ", ")
        }
        return change.fields.map { "\($0.name) \(short($0.from ?? "-")) → \(short($0.to ?? "-"))" }
            .joined(separator: ", ")
    }

    private static func short(_ text: String) -> String { text.count > 60 ? text.prefix(59) + "…" : text }
}

extension Notices {
    /// What must be known of a past moment for its answer to be read rightly.
    static func text(_ past: PastAnswer?) -> String {
        (past?.kinds ?? []).flatMap { kind in
            kind.notices.map { "vigie: \(kind.kind) at \(past?.at.description ?? ""): \($0)".printable + "\n" }
        }.joined()
    }
}
