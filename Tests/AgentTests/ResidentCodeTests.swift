import Glibc
import Testing

@testable import Agent

@Suite("resident code")
struct ResidentCodeTests {
    private static func range(_ line: String) -> Range<UInt>? {
        ResidentCode.range(ofCodeIn: line.utf8CString.map { $0 })
    }

    @Test("code of files is found in the kernel's list, and nothing else")
    func lines() {
        for line in [
            "7f08-7f0a r-xp 00001000 fe:00 131090   /usr/lib/x86_64-linux-gnu/libc.so.6\n",
            "7f08-7f0a r-xp 00001000 fe:00 131090 /a file with spaces (deleted)\n",
        ] { #expect(Self.range(line) == 0x7f08..<0x7f0a, "\(line)") }
        for line in [
            "7f08-7f0a r--p 00001000 fe:00 131090 /usr/lib/libc.so.6\n", "7f08-7f0a rw-p 00001000 fe:00 1 /usr/lib/x\n",
            "7f08-7f0a r-xp 00000000 00:00 0\n", "7f08-7f0a r-xp 00000000 00:00 0 [vdso]\n",
            "7f0a-7f08 r-xp 0 0 0 /x\n", "7f08 r-xp 0 0 0 /x\n", "zz-7f08 r-xp 0 0 0 /x\n", "", "\n",
        ] { #expect(Self.range(line) == nil, "\(line)") }
    }

    /// Resident memory that is of files, in bytes (proc_pid_statm(5): the third number).
    private static func ofFiles() throws -> Int {
        let text = try Host().text("proc/self/statm")
        return Int(text.split(separator: " ")[2])! * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    @Test("letting it go makes the process smaller, and what runs goes on")
    func letGo() throws {
        let before = try Self.ofFiles()
        ResidentCode.letGo()
        let after = try Self.ofFiles()
        #expect(after < before)
        #expect([3, 1, 2].sorted() == [1, 2, 3])
    }
}
