import ArgumentParser
import Contracts
import Foundation
import X509

/// `vigie-hub authority`
struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authority", abstract: "The hub's own certificate authority, and its successor.",
        discussion: """
            Machines trust the authority that they were enrolled with, and no other. To replace it: prepare the next one \
            and restart the hub, which announces it with its next answers; when every machine has been seen again \
            (vigie-hub machine list), activate it and restart once more. A machine that was away all the time must be \
            enrolled again.

            Examples:
              vigie-hub authority show
              vigie-hub authority prepare && systemctl restart vigie-hub
            """,
        subcommands: [AuthorityShow.self, AuthorityPrepare.self, AuthorityActivate.self, AuthorityForget.self])

    static let restart = "restart the hub: systemctl restart vigie-hub"
}

extension DataOptions {
    /// The rotation of an existing hub that is its own authority, and its store for the audit log.
    fileprivate func rotation() throws -> (AuthorityRotation, SQLiteStore) {
        let (store, configuration) = try open()
        let directory = DataDirectory(path: configuration.server.dataDirectory)
        guard access(directory.authority + "/ca.pem", F_OK) == 0 else {
            throw CommandFailure(
                .noInput, "this hub has no authority of its own: its certificate comes from tls.certificate")
        }
        return (AuthorityRotation(directory: directory.authority), store)
    }
}

/// `vigie-hub authority show`
struct AuthorityShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The authorities that machines are told to trust.",
        discussion: "Example:\n  vigie-hub authority show -o json")

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let (rotation, _) = try data.rotation()
        func time(_ date: Date) -> String { Timestamp(seconds: Int64(date.timeIntervalSince1970)).description }
        let rows = try rotation.list().map { entry in
            AdminRow([
                ("authority", .string(entry.place)), ("fingerprint", .string(entry.fingerprint.text)),
                ("not_before", .string(time(entry.certificate.notValidBefore))),
                ("not_after", .string(time(entry.certificate.notValidAfter))),
            ])
        }
        try AdminRow.show(rows, format.output)
    }
}

/// `vigie-hub authority prepare`
struct AuthorityPrepare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare", abstract: "Make the next authority, for machines to learn.",
        discussion: "Example:\n  vigie-hub authority prepare")

    @OptionGroup var data: DataOptions

    func run() throws {
        let (rotation, store) = try data.rotation()
        try rotation.prepare(now: Date())
        try store.administer("authority.prepare", nil) { _ in }
        Terminal.say("made the next authority; to announce it, \(AuthorityCommand.restart)")
    }
}

/// `vigie-hub authority activate`
struct AuthorityActivate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Put the next authority in force.",
        discussion: """
            The one before stays announced until vigie-hub authority forget. Operators log in again with a new string of \
            vigie-hub client create.

            Example:
              vigie-hub authority activate
            """)

    @OptionGroup var data: DataOptions

    func run() throws {
        let (rotation, store) = try data.rotation()
        try rotation.activate()
        try store.administer("authority.activate", nil) { _ in }
        Terminal.say("the next authority is in force; now \(AuthorityCommand.restart)")
    }
}

/// `vigie-hub authority forget`
struct AuthorityForget: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Announce neither a next nor the previous authority any more.",
        discussion: """
            At the end of a change of authority, or to give one up that was only prepared.

            Example:
              vigie-hub authority forget
            """)

    @OptionGroup var data: DataOptions

    func run() throws {
        let (rotation, store) = try data.rotation()
        let gone = try rotation.forget()
        guard !gone.isEmpty else { return Terminal.say("there was nothing to forget") }
        try store.administer("authority.forget", gone.joined(separator: ", ")) { _ in }
        Terminal.say("forgot the \(gone.joined(separator: " and the ")) authority; now \(AuthorityCommand.restart)")
    }
}
