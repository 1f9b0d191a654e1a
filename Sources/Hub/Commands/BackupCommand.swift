import ArgumentParser
import Contracts
import Foundation

/// `vigie-hub backup`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy everything that a hub is, while it serves.",
        discussion: """
            Writes a directory of its own, named by the time, into DESTINATION: the database in one consistent state, \
            verified; the authority with its keys; the configuration; and manifest.json with the digest of each file. It \
            holds keys: its mode is 0700. What was not finished is not there. Prints the path.

            Examples:
              vigie-hub backup /var/backups/vigie-hub
              vigie-hub backup /mnt/backup --keep 14
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "A directory in which backups gather; it is made where it is not there.")
    var destination: String

    @Option(help: "How many backups stay there; older ones go once the new one is complete (default: all).")
    var keep: Int?

    func validate() throws {
        if let keep, keep < 1 { throw ValidationError("--keep is a number above 0") }
    }

    func run() throws {
        let (directory, configuration) = try data.locate()
        try DataOptions.makeForOwner(of: directory.path, destination)
        try DataOptions.becomeOwner(of: directory.path)
        let file = data.config ?? HubConfiguration.defaultPath
        let backup = Backup(
            directory: directory, configurationFile: access(file, R_OK) == 0 ? file : nil, configuration: configuration,
            now: Clock.now())
        let written = try backup.write(to: destination, keep: keep, progress: Terminal.progress)
        Terminal.endProgress()
        Terminal.say(written.path)
        let manifest = written.manifest
        Terminal.complain(
            "\(manifest.machines) machines, \(manifest.snapshots) snapshots, \(DiskSpace.words(written.bytes)), verified"
                + (written.removed.isEmpty ? "" : "; removed \(written.removed.joined(separator: ", "))"))
        if !manifest.notIncluded.isEmpty {
            Terminal.complain("not included, keep copies of your own: \(manifest.notIncluded.joined(separator: ", "))")
        }
        // Who took a copy of the keys.
        let store = try? SQLiteStore(path: directory.database, upgrade: .refused)
        try store?.administer("hub.backup", written.path) { _ in }
    }
}

/// `vigie-hub restore`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a hub of a backup again.",
        discussion: """
            Verifies the whole backup, then fills the data directory, which must hold no hub: nothing is overwritten, and \
            a hub does not start over half a restore. The configuration is not touched: the one of the backup is in its \
            hub.toml. Machines that were enrolled go on; what they sent after the backup is asked of them again as far as \
            it is inventory.

            Examples:
              vigie-hub restore /var/backups/vigie-hub/vigie-hub-20261121T030000Z
              vigie-hub restore /mnt/backup/vigie-hub-20261121T030000Z --data-dir /srv/vigie-hub
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "A directory that vigie-hub backup wrote.")
    var source: String

    func run() throws {
        let configuration = try data.configuration()
        let directory = DataDirectory(path: configuration.server.dataDirectory)
        let manifest = try Restore(source: source, directory: directory).run(progress: Terminal.progress)
        Terminal.endProgress()
        Terminal.say(
            "restored \(manifest.machines) machines and \(manifest.snapshots) snapshots of \(manifest.createdAt) into"
                + " \(directory.path)")
        let kept = manifest.files.contains { $0.path == BackupManifest.configuration }
        Terminal.complain(
            (kept ? "compare \(source)/\(BackupManifest.configuration) with your configuration, then " : "")
                + "start the hub: systemctl start vigie-hub")
        var status = stat()
        if geteuid() == 0, stat(directory.path, &status) == 0, status.st_uid == 0 {
            Terminal.complain("\(directory.path) belongs to root; chown -R it to the user that the hub runs as first")
        }
    }
}
