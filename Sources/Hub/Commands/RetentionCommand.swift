import ArgumentParser
import Contracts
import Foundation

/// `vigie-hub retention`
struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Show what retention would delete, or delete it.",
        discussion: """
            A serving hub applies the rules by itself every ten minutes; [retention] of hub.toml says how long what is \
            kept. Never deleted: the newest snapshot of each machine and kind, one whose payload another one names, \
            held ones. --apply deletes beside a serving hub without stopping it.

            Examples:
              vigie-hub retention
              vigie-hub retention --apply
              vigie-hub retention -o json
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Only show what would be deleted; the default.")
    var dryRun = false

    @Flag(help: "Delete it now.")
    var apply = false

    func validate() throws {
        if dryRun, apply { throw ValidationError("--dry-run and --apply exclude each other") }
    }

    func run() throws {
        let (store, configuration) = try data.open()
        let policy = configuration.retention
        let directory = DataDirectory(path: configuration.server.dataDirectory).path
        if try !store.pages().canShrink {
            Terminal.complain(
                "this database was made without auto_vacuum: free pages are used again, but the file does not shrink; "
                    + "with the hub stopped: sqlite3 \(store.path) 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM'")
        }
        let retention = Retention(
            store: store, policy: policy, now: Clock.now(), disk: { DiskSpace.of(directory) },
            between: { Thread.sleep(forTimeInterval: min($0, .milliseconds(50)) / .seconds(1)) })
        if !apply {
            try AdminRow.show(try retention.measure().map { row($0, policy) }, output.output)
            return
        }
        // What is not rolled up is not deleted.
        try Rollup(store: store, now: Clock.now).run()
        let report = try retention.apply(cause: .command)
        try AdminRow.show(
            RetentionRule.allCases.map { rule in
                AdminRow([
                    ("rule", .string(rule.rawValue)), ("what", .string(rule.words)),
                    ("rows", .integer(report.rows[rule] ?? 0)),
                ])
            }, output.output)
        if output.output == .table {
            Terminal.say(
                "\(report.rowsInAll) rows deleted, \(report.bytes) bytes of snapshots and bodies among them; "
                    + "the file is \(report.bytesReturned) bytes smaller")
        }
        if !report.isEnough {
            throw CommandFailure(
                .cannotCreate,
                "the space is still short: the hub needs a larger disk, or lower times in [retention]")
        }
    }

    private func row(_ measure: Retention.Measure, _ policy: RetentionPolicy) -> AdminRow {
        AdminRow([
            ("rule", .string(measure.rule.rawValue)), ("what", .string(measure.rule.words)),
            ("keeps", .string(Period(seconds: Int(measure.rule.age(policy) / 1000)).description)),
            ("rows", .integer(measure.entries)), ("bytes", .integer(measure.bytes)),
            ("oldest", .time(measure.oldest.map { .integer($0) } ?? .null)),
        ])
    }
}
