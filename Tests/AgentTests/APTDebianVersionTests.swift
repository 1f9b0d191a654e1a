import Contracts
import Glibc
import TestSupport
import Testing

@testable import Agent

/// Whether there is a dpkg to agree with.
private let hasDpkg = access("/usr/bin/dpkg", X_OK) == 0

@Suite("Debian versions")
struct APTDebianVersionTests {
    @Test(
        "are ordered as deb-version(7) tells",
        arguments: [
            ("1.0", "1.0", 0), ("1.0", "0:1.0", 0), ("1.0", "1.0-0", 0), ("1.00", "1.0", 0), ("1.0~rc1", "1.0", -1),
            ("1.0~", "1.0~~", 1), ("1:0.1", "9.9", 1), ("1.0-1", "1.0-1+b1", -1),
            ("2.36-9+deb12u10", "2.36-9+deb12u9", 1),
            ("1.0a", "1.0+", -1), ("1.0", "1.0a", -1), ("1.10", "1.9", 1), ("7.88.1-10+deb12u9", "7.88.1-10", 1),
            ("1-2-3", "1-2-10", -1), ("", "1", -1), ("a", "a", 0), ("00100000000000000000000000000000001", "9", 1),
            ("2:1.0", "10:1.0", -1), ("1.2.3~bpo12+1", "1.2.3", -1), ("é", "z", 1),
        ])
    func order(_ left: String, _ right: String, _ expected: Int) {
        #expect(DebianVersion.compare(left, right).signum() == expected)
        #expect(DebianVersion.compare(right, left).signum() == -expected)
        #expect((DebianVersion(left) < DebianVersion(right)) == (expected < 0))
        #expect((DebianVersion(left) == DebianVersion(right)) == (expected == 0))
    }

    @Test(
        "agree with dpkg --compare-versions on 2,000 generated pairs and the installed ones",
        .enabled(if: hasDpkg, "no dpkg on this machine"))
    func dpkg() throws {
        var pairs: [(String, String)] = []
        var random = Generator(state: 0x5EED)
        for _ in 0..<2000 {
            let left = version(&random)
            // Neighbours tell more than strangers: half of the pairs differ in one place.
            let right = Bool.random(using: &random) ? version(&random) : mutated(left, &random)
            pairs.append((left, right))
        }
        let installed = DpkgStatus(try Host().bytes("var/lib/dpkg/status", limit: 64 << 20)).packages.map(\.version)
        pairs += zip(installed, installed.dropFirst()).filter { !$0.0.isEmpty && !$0.1.isEmpty }
        // One shell for all of them: dpkg is started thousands of times.
        var script = "while read a b; do if dpkg --compare-versions \"$a\" lt \"$b\"; then echo -1; "
        script += "elif dpkg --compare-versions \"$a\" gt \"$b\"; then echo 1; else echo 0; fi; done < "
        let directory = try TemporaryDirectory()
        let file = try directory.write("pairs", pairs.map { "\($0.0) \($0.1)\n" }.joined())
        let output = try ChildProcess.run("/bin/sh", ["-c", script + file])
        let answers = output.split(separator: "\n").compactMap { Int($0) }
        try #require(answers.count == pairs.count)
        for (pair, answer) in zip(pairs, answers) {
            #expect(DebianVersion.compare(pair.0, pair.1).signum() == answer, "\(pair.0) and \(pair.1)")
        }
    }

    private func version(_ random: inout Generator) -> String {
        let alphabet = Array("0123456789019.+~aZb.-")
        var text = "\(Int.random(in: 0...12, using: &random))"
        for _ in 0..<Int.random(in: 0...8, using: &random) { text.append(alphabet.randomElement(using: &random)!) }
        while text.hasSuffix("-") { text.removeLast() }
        if Int.random(in: 0...4, using: &random) == 0 { text = "\(Int.random(in: 0...3, using: &random)):" + text }
        return text
    }

    private func mutated(_ text: String, _ random: inout Generator) -> String {
        var characters = Array(text)
        let index = Int.random(in: 1...max(1, characters.count), using: &random)
        let piece = Array("~+0a1.").randomElement(using: &random)!
        characters.insert(piece, at: min(index, characters.count))
        let result = String(characters)
        // An epoch is a number alone.
        if let colon = result.firstIndex(of: ":"), !result[..<colon].allSatisfy(\.isNumber) { return text }
        return result.hasSuffix("-") ? text : result
    }

    /// SplitMix64, so that a failing pair comes again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}
