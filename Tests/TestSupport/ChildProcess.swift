import Foundation

/// A program that a test starts, reads from, and ends.
package final class ChildProcess: @unchecked Sendable {
    // Unchecked: `Process` and its pipes are used by the one test that made this, one call at a time.
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    package var identifier: Int32 { process.processIdentifier }

    package var isRunning: Bool { process.isRunning }

    package func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// The first line of standard output; waits for it.
    package func firstLine() -> String {
        var line: [UInt8] = []
        while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// Waits for the end; what was written must fit a pipe's buffer.
    package func wait() -> (status: Int32, output: String, errors: String) {
        let text = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        let errorText = (try? errors.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self), String(decoding: errorText, as: UTF8.self)
        )
    }

    /// Runs to the end and throws with standard error where the program fails.
    @discardableResult
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> String {
        let result = try ChildProcess(program, arguments, environment: environment).wait()
        guard result.status == 0 else { throw Failure(text: "\(program): \(result.errors)") }
        return result.output
    }

    package struct Failure: Error {
        package var text: String
    }
}
