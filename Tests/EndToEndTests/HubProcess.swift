import Foundation

/// A real `vigie-hub serve` on loopback with a data directory of its own.
final class HubProcess {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let scratch: Scratch
    let dataDirectory: String
    private(set) var program: Program
    private(set) var port: Int
    /// Sections of its configuration besides the limits that tests need; for the next start.
    var configuration = ""

    /// - Parameters:
    ///   - dataDirectory: an existing place, as a small file system; else one below the scratch directory.
    ///   - port: 0 takes a free one.
    init(dataDirectory: String? = nil, port: Int = 0) throws {
        scratch = try Scratch()
        self.dataDirectory = dataDirectory ?? scratch.path("hub")
        (program, self.port) = try Self.start(scratch, self.dataDirectory, port: port, "")
    }

    deinit { if program.isRunning { program.killNow() } }

    private static func start(
        _ scratch: Scratch, _ dataDirectory: String, port: Int, _ sections: String
    ) throws -> (Program, Int) {
        let ready = scratch.path("hub.ready")
        try? FileManager.default.removeItem(atPath: ready)
        let configuration = scratch.path("hub.toml")
        try "[limits]\nrequests_per_minute = 1000000\n\(sections)".write(
            toFile: configuration, atomically: true, encoding: .utf8)
        let program = try Program.start(
            "vigie-hub",
            [
                "serve", "--config", configuration, "--listen", "127.0.0.1:\(port)", "--data-dir", dataDirectory,
                "--ready-file", ready,
            ], log: scratch.url.appendingPathComponent("hub.log"))
        guard eventually(seconds: 60, { FileManager.default.fileExists(atPath: ready) || !program.isRunning }),
            program.isRunning
        else { throw Failure(description: "the hub did not start: " + ((try? scratch.text("hub.log")) ?? "")) }
        let answer = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: ready)))
        guard let port = (answer as? [String: Any])?["port"] as? Int else {
            throw Failure(description: "the ready file names no port: \(answer)")
        }
        return (program, port)
    }

    var socket: String { dataDirectory + "/hub.sock" }

    /// Starts it again on the same port with the same data.
    func restart() throws { (program, port) = try Self.start(scratch, dataDirectory, port: port, configuration) }

    var url: String { "https://127.0.0.1:\(port)" }

    func enrollmentString(uses: Int = 1) throws -> String {
        let outcome = try Program.run(
            "vigie-hub",
            ["enrollment", "create", "--data-dir", dataDirectory, "--uses", String(uses), "--ttl", "1h", "-o", "json"])
        let answer = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        guard let string = answer?["enrollment_string"] as? String else {
            throw Failure(description: "no enrolment string: \(outcome.output) \(outcome.errors)")
        }
        return string
    }

    /// What `vigie … -o json` answers on the hub itself.
    func ask(_ arguments: String...) throws -> [[String: Any]] {
        let outcome = try Program.run("vigie", arguments + ["--socket", socket, "-o", "json"])
        guard outcome.status == 0 else { throw Failure(description: outcome.errors) }
        return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]] ?? []
    }
}
