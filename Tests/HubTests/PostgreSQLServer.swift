import Foundation
import TestSupport

/// A PostgreSQL 15 of the test's own: a fresh cluster, reached by a socket in its directory, no network.
final class PostgreSQLServer {
    static let binaries = "/usr/lib/postgresql/15/bin"

    struct Failure: Error {
        var text: String
    }

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: "\(binaries)/initdb") }

    let directory: TemporaryDirectory
    private let server: ChildProcess

    init() throws {
        directory = try TemporaryDirectory()
        // The server refuses to run as root; the cluster belongs to the package's own user then.
        if getuid() == 0 { try ChildProcess.run("chown", ["postgres:postgres", directory.path]) }
        try Self.run(
            "\(Self.binaries)/initdb", ["-D", directory.file("data"), "-A", "trust", "-U", "postgres", "--no-sync"])
        let command = Self.command(
            "\(Self.binaries)/postgres",
            ["-D", directory.file("data"), "-k", directory.path, "-c", "listen_addresses=", "-c", "fsync=off"])
        server = try ChildProcess(command.program, command.arguments)
        let deadline = Date(timeIntervalSinceNow: 30)
        while (try? psql("SELECT 1", stopsAtError: true)) == nil {
            guard Date() < deadline, server.isRunning else {
                throw Failure(text: "PostgreSQL did not start: \(server.wait().errors)")
            }
            usleep(20_000)
        }
    }

    deinit {
        server.signal(SIGINT)
        _ = server.wait()
    }

    /// Runs a script with psql; answers what it wrote to standard error.
    @discardableResult
    func psql(_ script: String, stopsAtError: Bool) throws -> String {
        let file = try directory.write("script.sql", script)
        let result = try ChildProcess(
            "psql",
            [
                "-h", directory.path, "-U", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=\(stopsAtError ? 1 : 0)", "-o",
                "/dev/null", "-f", file,
            ]
        ).wait()
        guard !stopsAtError || result.status == 0 else { throw Failure(text: result.errors) }
        return result.errors
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let command = command(program, arguments)
        try ChildProcess.run(command.program, command.arguments)
    }

    private static func command(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        guard getuid() == 0 else { return (program, arguments) }
        return ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program] + arguments)
    }
}
