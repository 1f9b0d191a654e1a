import Contracts
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Agent

/// Machines recorded by util-linux, each with what lscpu(1) says of it; read in place, never copied into this project.
enum LscpuFixtures {
    static let directory = "\(Repository.root)/../shared/fixtures/lscpu"

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
        .filter { $0.hasSuffix(".expected") }.map { String($0.dropLast(9)) }.sorted()

    /// `Socket(s):   4` as a dictionary.
    static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...])
                .split(separator: " ").joined(separator: " ")
        }
        return fields
    }
}

@Suite("CPU as lscpu counts it")
struct HardwareLscpuTests {
    @Test(
        "on recorded machines", .enabled(if: !LscpuFixtures.names.isEmpty, "no ../shared/fixtures/lscpu here"),
        arguments: LscpuFixtures.names)
    func recorded(name: String) throws {
        let directory = try TemporaryDirectory()
        try ChildProcess.run("tar", ["xzf", "\(LscpuFixtures.directory)/\(name).tar.gz", "-C", directory.path])
        let text = try String(contentsOfFile: "\(LscpuFixtures.directory)/\(name).expected", encoding: .utf8)
        try Self.expect(
            try Host(root: directory.file(name)), agreesWith: LscpuFixtures.fields(text))
    }

    static func expect(_ host: Host, agreesWith fields: [String: String]) throws {
        var survey = HardwareSurvey(host: host, settings: CollectionSettings())
        survey.run()
        let cpu = try #require(survey.payload.cpu)
        let perCore = fields["Thread(s) per core"].flatMap { Int($0) }
        let sockets = try #require(fields["Socket(s)"].flatMap { Int($0) })
        let coresPerSocket = try #require(fields["Core(s) per socket"].flatMap { Int($0) })
        #expect(cpu.sockets == sockets)
        #expect(cpu.cores == coresPerSocket * sockets)
        #expect(cpu.threadsPerCore == perCore)
        #expect(cpu.model == fields["Model name"])
        #expect(cpu.vendor == fields["Vendor ID"])
        #expect(cpu.threads == fields["On-line CPU(s) list"].flatMap(CPUList.parse)?.count)
        #expect(cpu.mhzMax == fields["CPU max MHz"].flatMap { Double($0) })
        #expect(cpu.mhzMin == fields["CPU min MHz"].flatMap { Double($0) })
        if let microcode = fields["Microcode version"] { #expect(cpu.microcode == microcode) }
        let vulnerabilities = fields.filter { $0.key.hasPrefix("Vulnerability ") }
        #expect((cpu.vulnerabilities ?? [:]).count == vulnerabilities.count)
        for (name, state) in cpu.vulnerabilities ?? [:] {
            let spoken = name.split(separator: "_").joined(separator: " ")
            let title = "Vulnerability " + spoken.prefix(1).uppercased() + spoken.dropFirst()
            #expect(vulnerabilities[title].map(plain) == plain(state), "\(title)")
        }
    }

    /// lscpu rewrites the kernel's colons, the first to a semicolon, the others to nothing.
    private static func plain(_ state: String) -> String {
        state.split(whereSeparator: { ":; ".contains($0) }).joined(separator: " ")
    }
}
