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
        "agree with dpkg --compare-versions on 10,000 generated pairs",
        .enabled(if: hasDpkg, "no dpkg on this machine"))
    func generated() throws {
        var pairs: [(String, String)] = []
        var random = SplitMix(state: 0x5EED)
        for _ in 0..<10_000 {
            let left = version(&random)
            // Neighbours tell more than strangers: half of the pairs differ in one place.
            let right = Bool.random(using: &random) ? version(&random) : mutated(left, &random)
            pairs.append((left, right))
        }
        try expectAgreement(pairs)
    }

    @Test("agree with dpkg on all pairs of installed versions", .enabled(if: hasDpkg, "no dpkg on this machine"))
    func installed() throws {
        let versions = Set(DpkgStatus(try Host().bytes("var/lib/dpkg/status", limit: 64 << 20)).packages.map(\.version))
            .filter { !$0.isEmpty }
        // Both orders are total: where they agree on neighbours in our order, they agree on every pair.
        let sorted = versions.sorted { DebianVersion.compare($0, $1) < 0 }
        try #require(sorted.count > 50)
        try expectAgreement(Array(zip(sorted, sorted.dropFirst())))
    }

    /// Asks dpkg whether it sees each pair as we do.
    private func expectAgreement(_ pairs: [(String, String)]) throws {
        // One shell for all of them, and one dpkg for each.
        let script =
            "while read a o b; do dpkg --compare-versions \"$a\" $o \"$b\" || echo \"$a $o $b\"; done < \"$1\"; echo end"
        let lines = pairs.map { left, right in
            let order = DebianVersion.compare(left, right)
            return "\(left) \(order < 0 ? "lt" : order > 0 ? "gt" : "eq") \(right)\n"
        }
        let directory = try TemporaryDirectory()
        let file = try directory.write("pairs", lines.joined())
        let output = try ChildProcess.run("/bin/sh", ["-c", script, "sh", file])
        #expect(output == "end\n", "dpkg disagrees")
    }

    private func version(_ random: inout SplitMix) -> String {
        let alphabet = Array("0123456789019.+~aZb.-")
        var text = "\(Int.random(in: 0...12, using: &random))"
        for _ in 0..<Int.random(in: 0...8, using: &random) { text.append(alphabet.randomElement(using: &random)!) }
        while text.hasSuffix("-") { text.removeLast() }
        if Int.random(in: 0...4, using: &random) == 0 { text = "\(Int.random(in: 0...3, using: &random)):" + text }
        return text
    }

    private func mutated(_ text: String, _ random: inout SplitMix) -> String {
        var characters = Array(text)
        let index = Int.random(in: 1...max(1, characters.count), using: &random)
        let piece = Array("~+0a1.").randomElement(using: &random)!
        characters.insert(piece, at: min(index, characters.count))
        let result = String(characters)
        // An epoch is a number alone.
        if let colon = result.firstIndex(of: ":"), !result[..<colon].allSatisfy(\.isNumber) { return text }
        return result.hasSuffix("-") ? text : result
    }
}
