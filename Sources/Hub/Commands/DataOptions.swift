import ArgumentParser
import Contracts
import Foundation

/// Where an administrator's command finds the hub's data.
struct DataOptions: ParsableArguments {
    @Option(help: "Configuration file (default: /etc/vigie/hub.toml, if it is there).")
    var config: String?

    @Option(help: "The hub's data directory (default: what the configuration says).")
    var dataDir: String?

    func configuration() throws -> HubConfiguration {
        var configuration = try HubConfiguration.load(path: config)
        if let dataDir { configuration.server.dataDirectory = dataDir }
        return configuration
    }

    /// The directory of an existing hub.
    func locate() throws -> (directory: DataDirectory, configuration: HubConfiguration) {
        let configuration = try configuration()
        let directory = DataDirectory(path: configuration.server.dataDirectory)
        guard access(directory.path, F_OK) == 0, access(directory.database, F_OK) == 0 || errno == EACCES else {
            throw CommandFailure(
                .noInput,
                "there is no hub in \(directory.path); start one with vigie-hub serve, or name its place with --data-dir"
            )
        }
        try directory.refuseUnfinishedRestore()
        return (directory, configuration)
    }

    /// Opens the database of an existing hub. It may be serving: what is written here it sees at once.
    func open() throws -> (store: SQLiteStore, configuration: HubConfiguration) {
        let (directory, configuration) = try locate()
        try Self.becomeOwner(of: directory.path)
        return (try SQLiteStore(path: directory.database, upgrade: .refused), configuration)
    }

    /// Called by root, the command works as the hub's user: files made by root would lock the hub out.
    static func becomeOwner(of path: String) throws {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            throw CommandFailure(.noPermission, "unable to become the owner of \(path)")
        }
    }

    /// Called by root, makes a directory that the owner of another one may write to; an existing one stays as it is.
    static func makeForOwner(of path: String, _ directory: String) throws {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0, access(directory, F_OK) != 0 else { return }
        try SecretFile.makeDirectory(directory)
        guard lchown(directory, status.st_uid, status.st_gid) == 0 else {
            throw SecretFile.Failure(path: directory, action: "give away", code: errno)
        }
    }
}

/// How a command prints what it answers.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table
}

extension SQLiteStore {
    /// One write by an administrator, with its line in the audit log.
    func administer<Value>(
        _ action: String, _ subject: String?, detail: String? = nil, _ body: (any SQLConnection) throws -> Value
    ) throws -> Value {
        try write { connection in
            let value = try body(connection)
            let user = ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()
            try connection.run(TrustStatements.audit, Clock.now(), "admin:\(user)", action, subject, detail)
            return value
        }
    }
}
