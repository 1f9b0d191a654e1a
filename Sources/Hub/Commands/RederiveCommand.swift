import ArgumentParser
import Foundation

/// `vigie-hub rederive`
struct RederiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rederive", abstract: "Rebuild the derived tables from the archive.",
        discussion: """
            Machine by machine, while the hub serves; only rows that differ are written. Where no hub serves, as many \
            machines at once as there are cores, four at most. Interrupted, it goes on about where it was. With --check \
            it compares and writes nothing; exit status 1 then means that something differs.

            Examples:
              vigie-hub rederive
              vigie-hub rederive --machine web-01
              vigie-hub rederive --check
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "Only this machine.")
    var machine: String?

    @Flag(help: "Compare what stands with what the archive says; write nothing.")
    var check = false

    /// Each has a machine's tables in memory, and one of the store's readers.
    static var workers: Int { min(ProcessInfo.processInfo.activeProcessorCount, 4) }

    func run() throws {
        let directory = try data.locate().directory
        let (store, _) = try data.open()
        let rederive = Rederive(
            store: store, isCheck: check, workers: Self.workers, isServed: { directory.isServed })
        let report: Rederive.Report
        do {
            report = try rederive.run(machine: machine) { progress in
                Terminal.progress(
                    "\(progress.done) of \(progress.total) machines, \(progress.snapshots) snapshots: \(progress.machine)"
                )
            }
            Terminal.endProgress()
        } catch let unknown as Rederive.UnknownMachine { throw CommandFailure(.noInput, unknown.description) }
        for skipped in report.skipped {
            Terminal.complain("\(skipped.machine): snapshot \(skipped.snapshot) was passed over: \(skipped.reason)")
        }
        for difference in report.differences { Terminal.say(difference.description) }
        Terminal.say(
            "\(report.machines) machines, \(report.snapshots) snapshots \(check ? "compared" : "derived"),"
                + " \(report.released) no longer held, \(report.stillHeld) still held, \(report.skipped.count) passed over,"
                + (check ? " \(report.differences.count) differences" : " \(report.changedRows) rows changed"))
        if !report.differences.isEmpty { throw ExitCode(1) }
    }
}

/// `vigie-hub check`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Look whether the database and the archive are whole.",
        discussion: """
            The database file, references between tables, and the bytes of a sample of the archive against their \
            digests. Exit status 0 sound, 1 not.

            Examples:
              vigie-hub check
              vigie-hub check --full --derived
            """)

    @OptionGroup var data: DataOptions

    @Flag(help: "Every archived snapshot, not a sample.")
    var full = false

    @Flag(help: "Derive everything again, without writing, and compare.")
    var derived = false

    func run() throws {
        let directory = try data.locate().directory
        let (store, _) = try data.open()
        let check = StoreCheck(store: store, workers: RederiveCommand.workers, isServed: { directory.isServed })
        let report = try check.run(isFull: full, comparesDerived: derived) {
            Terminal.progress("checking \($0)")
        }
        Terminal.endProgress()
        for finding in report.findings { Terminal.say(finding.description) }
        Terminal.say(
            "\(report.snapshots) snapshots in the archive, \(report.verified) looked at:"
                + (report.isSound ? " sound" : " \(report.findings.count) findings"))
        if !report.isSound { throw ExitCode(1) }
    }
}
