import Contracts
import TestSupport
import Testing

@testable import Agent

@Suite("vigie-agent collect")
struct CollectCommandTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let program = try #require(CommandLineTests.program)
        return try ChildProcess(program, ["collect"] + arguments + ["--state-dir", directory.file("state")]).wait()
    }

    @Test("works on a directory with nothing but cpuinfo and sysfs' CPUs")
    func bareCPU() throws {
        try directory.write(
            "root/proc/cpuinfo",
            "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7543 32-Core Processor\nmicrocode\t: 0xa0011d1\n"
                + "flags\t\t: fpu lm\n\nprocessor\t: 1\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu lm\n")
        let cpus = "root/sys/devices/system/cpu"
        try directory.write("\(cpus)/online", "0-1\n")
        for cpu in 0...1 {
            try directory.write("\(cpus)/cpu\(cpu)/topology/thread_siblings_list", "0-1\n")
            try directory.write("\(cpus)/cpu\(cpu)/topology/core_siblings_list", "0-1\n")
        }
        try directory.write("\(cpus)/cpufreq/policy0/cpuinfo_min_freq", "1500000\n")
        try directory.write("\(cpus)/cpufreq/policy0/cpuinfo_max_freq", "3737890\n")
        try directory.write("\(cpus)/vulnerabilities/meltdown", "Not affected\n")
        let result = try run(["hardware", "--root", directory.file("root")])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        let document = try StrictJSON.read(Array(result.output.utf8)).root
        let cpu = try #require(document["payload"]?["cpu"])
        #expect(cpu["model"]?.stringValue == "AMD EPYC 7543 32-Core Processor")
        #expect(cpu["vendor"]?.stringValue == "AuthenticAMD" && cpu["architecture"]?.stringValue == "x86_64")
        #expect(cpu["sockets"]?.integerValue == 1 && cpu["cores"]?.integerValue == 1)
        #expect(cpu["threads"]?.integerValue == 2 && cpu["threads_per_core"]?.integerValue == 2)
        #expect(cpu["mhz_min"] == .integer(1500) && cpu["mhz_max"] == .number(3737.89))
        #expect(cpu["microcode"]?.stringValue == "0xa0011d1")
        #expect(cpu["vulnerabilities"]?["meltdown"]?.stringValue == "Not affected")
        // What is not there is absent, not unknown: a directory with a CPU has no disks.
        #expect(document["collection"]?["unknown"] == nil && document["collection"]?["status"]?.stringValue == "ok")
        #expect(document["payload"]?["disks"] == nil && document["payload"]?["memory"] == nil)
    }

    @Test("says what it costs in time and in system calls")
    func cost() throws {
        try directory.write("root/proc/uptime", "5.00 1.00\n")
        try directory.write("root/proc/loadavg", "0.1 0.2 0.3 1/100 5\n")
        let result = try run(["metrics", "--root", directory.file("root"), "--compact", "--cost"])
        #expect(result.status == 0)
        let words = result.errors
        #expect(words.hasPrefix("metrics: ") && words.contains(" ms of CPU time a cycle, "), "\(words)")
        if words.contains("cannot be counted") { return }
        let number = words.split(separator: " ").enumerated().first { $1 == "system" }.map { $0.offset - 1 }
        let calls = try #require(number.flatMap { Int(words.split(separator: " ")[$0]) })
        // Some files that are there, some dozens that are not: each is at least one call.
        #expect((20...2000).contains(calls), "\(words)")
    }
}
