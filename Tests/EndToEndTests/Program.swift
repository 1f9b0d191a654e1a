import Foundation
import Glibc

/// One of the programs that were just built, run as a user runs it.
final class Program: @unchecked Sendable {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    private let process = Process()

    /// The directory that holds this test's own binary holds the others too.
    static var directory: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    private init(_ name: String, _ arguments: [String], environment: [String: String]) {
        process.executableURL = Self.directory.appendingPathComponent(name)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }

    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Runs to the end; what it prints goes through files, so that no pipe can fill up.
    static func run(
        _ name: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
    ) throws -> Outcome {
        let program = Program(name, arguments, environment: environment)
        let directory = try Scratch()
        program.process.standardOutput = try directory.file("out")
        program.process.standardError = try directory.file("err")
        if let input {
            try input.write(to: directory.url.appendingPathComponent("in"), atomically: true, encoding: .utf8)
            program.process.standardInput = try FileHandle(
                forReadingFrom: directory.url.appendingPathComponent("in"))
        }
        try program.process.run()
        program.process.waitUntilExit()
        return Outcome(
            status: program.process.terminationStatus, output: try directory.text("out"),
            errors: try directory.text("err"))
    }

    /// Starts in the background; what it prints goes to the file.
    static func start(
        _ name: String, _ arguments: [String], log: URL, environment: [String: String] = [:]
    ) throws -> Program {
        let program = Program(name, arguments, environment: environment)
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: log)
        handle.seekToEndOfFile()
        program.process.standardOutput = handle
        program.process.standardError = handle
        try program.process.run()
        return program
    }

    /// Ends it without warning, as a power cut or the kernel's out-of-memory killer does.
    func killNow() {
        kill(id, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to stop and waits.
    @discardableResult
    func stop() -> Int32 {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return process.terminationStatus
    }

    func waitUntilExit() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// A directory that goes when the test ends.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("vigie-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func file(_ name: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path(name), contents: nil)
        return try FileHandle(forWritingTo: url.appendingPathComponent(name))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
    }
}

/// Waits for a condition, looking often; false where it did not come true in time.
func eventually(seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try condition() { return true }
        // The one wait of these tests: between two looks, never instead of one.
        var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
        nanosleep(&pause, nil)
    }
    return try condition()
}
