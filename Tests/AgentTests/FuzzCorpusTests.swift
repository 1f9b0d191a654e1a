import FoundationEssentials
import TestSupport
import Testing

@testable import Agent

/// The corpora of `make fuzz`, once through each target, with some damage: what was found once stays mended.
@Suite("Parsers on their corpora")
struct FuzzCorpusTests {
    static let directory = "Tests/Fuzz/corpus"

    @Test("break on nothing that was found, whole, cut off or damaged", arguments: FuzzTarget.all.map(\.name))
    func corpus(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let names = try Repository.names(in: "\(Self.directory)/\(name)")
        #expect(!names.isEmpty)
        // Fixed, so that a failure is found again.
        var random = SplitMix(state: 0x5649_4749_4500_0001)
        for file in names {
            let path = "\(Repository.root)/\(Self.directory)/\(name)/\(file)"
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            target.run(bytes)
            target.run(Array(bytes.dropLast(bytes.count / 3)))
            guard !bytes.isEmpty else { continue }
            for _ in 0..<8 {
                var damaged = bytes
                for _ in 0..<(1 + Int(random.next() % 4)) {
                    damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                target.run(damaged)
            }
        }
    }

    @Test("belong to targets that there are, and are small")
    func belonging() throws {
        #expect(try Repository.names(in: Self.directory).sorted() == FuzzTarget.all.map(\.name).sorted())
        for target in FuzzTarget.all {
            for file in try Repository.names(in: "\(Self.directory)/\(target.name)") {
                let path = "\(Repository.root)/\(Self.directory)/\(target.name)/\(file)"
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count <= 16_384, "\(path)")
            }
        }
    }
}
