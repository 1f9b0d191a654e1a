import Contracts
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite("vigie-agent inspect")
struct InspectCommandTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: [String], asNobody: Bool = false) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let program = try #require(CommandLineTests.program)
        let options = ["--state-dir", directory.file("state")]
        guard asNobody else { return try ChildProcess(program, ["inspect"] + arguments + options).wait() }
        let copy = directory.file("vigie-agent")
        try FileManager.default.copyItem(atPath: program, toPath: copy)
        chmod(directory.path, 0o755)
        return try ChildProcess(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "inspect"] + arguments + options
        ).wait()
    }

    @Test("leaves one file that the agent's group may read, whatever the umask")
    func leaves() throws {
        try directory.write("root/proc/uptime", "5.0 1.0\n")
        try directory.write("state/x", "")
        if geteuid() == 0 { chown(directory.file("state"), 65534, 65534) }
        let file = directory.file("inspection.json")
        let program = try #require(CommandLineTests.program)
        let script = "umask 077; exec \(program) inspect --root \(directory.file("root")) --output \(file)"
        try ChildProcess.run("sh", ["-c", "\(script) --state-dir \(directory.file("state"))"])
        var information = stat()
        #expect(stat(file, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o640)
        if geteuid() == 0 { #expect(information.st_gid == 65534 && information.st_uid == 0) }
        #expect(try #require(InspectionFile.parse(try directory.read("inspection.json"))).uptimeSeconds == 5)
        #expect(directory.names() == ["inspection.json", "root", "state"])
    }

    @Test("hands on the memory modules alone, for nobody else to read")
    func memoryTable() throws {
        let file = directory.file("modules")
        let missing = try run(["--root", directory.path, "--memory-table", file])
        #expect(missing.status != 0 && missing.errors.contains("without SMBIOS"), "\(missing.errors)")
        try directory.write("root/sys/firmware/dmi/tables/DMI", "\u{0B}\u{05}\0\0\u{01}S3CRET\0\0\u{7F}\u{04}\0\0\0\0")
        let result = try run(["--root", directory.file("root"), "--memory-table", file])
        #expect(result.status == 0, "\(result.errors)")
        #expect(Array(try directory.read("modules")) == [127, 4, 0, 0, 0, 0])
        var information = stat()
        #expect(stat(file, &information) == 0 && information.st_mode & 0o777 == 0o600)
    }

    @Test("prints, and writes nothing")
    func prints() throws {
        let result = try run(["--output", "-"])
        guard geteuid() == 0 else {
            #expect(result.status == 77)
            return
        }
        #expect(result.status == 0, "\(result.errors)")
        let inspection = try #require(InspectionFile.parse(Array(result.output.utf8)))
        #expect(inspection.format == 1 && inspection.uptimeSeconds > 0)
        #expect(directory.names().isEmpty)
    }

    @Test("says what to do where it may not, or its directory is not there")
    func refusals() throws {
        let missing = try run(["--root", directory.path, "--output", directory.file("no/inspection.json")])
        #expect(missing.status == 78 && missing.errors.contains("systemd-tmpfiles --create"), "\(missing.errors)")
        guard geteuid() == 0 else { return }
        let refused = try run(["--output", "-"], asNobody: true)
        #expect(refused.status == 77 && refused.errors.contains("run it as root"), "\(refused.errors)")
    }

    @Test("of another root starts no program of this one")
    func otherRoot() throws {
        try directory.write("root/proc/uptime", "5.0 1.0\n")
        try directory.write("root/dev/ipmi0", "")
        let result = try run(["--root", directory.file("root"), "--output", "-"])
        let inspection = try #require(InspectionFile.parse(Array(result.output.utf8)))
        #expect(inspection.problems.map(\.code) == ["command_failed"])
        #expect(inspection.problems.first?.message.contains("cannot be started") == true)
    }
}
