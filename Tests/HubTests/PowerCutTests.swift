import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite struct PowerCutTests {
    /// In a process of its own, since the recording has to lie under every file that SQLite opens.
    @Test func `A power cut at any moment loses nothing that was answered`() async {
        await #expect(processExitsWith: .success) { try Self.cutAnywhere(nil, beginnings: 2) }
    }

    @Test func `Nor one while the log is folded into the database beside the writer`() async {
        await #expect(processExitsWith: .success) {
            try Self.cutAnywhere(
                Checkpointer.Sizes(start: 128 << 10, rest: 32 << 10, limit: 1 << 20), beginnings: 20)
        }
    }

    /// - Parameter beginnings: so often the log begins anew at least.
    private static func cutAnywhere(_ checkpoints: Checkpointer.Sizes?, beginnings expected: Int) throws {
        RecordingDisk.register()
        let hub = try TestHubStore(checkpoints: checkpoints)
        var histories = DeriverHistories(seed: 11)
        let snapshots = try histories.make(count: 90)
        for (index, snapshot) in snapshots.enumerated() {
            try hub.take(snapshot)
            RecordingDisk.mark(index + 1)
            if index % 20 == 13 { try hub.store.checkpoint() }
        }
        let steps = RecordingDisk.steps
        let beginnings = steps.count { step in
            if case .write("hub.sqlite-wal", offset: 0, _) = step { true } else { false }
        }
        let first = try #require(steps.firstIndex { if case .mark(1) = $0 { true } else { false } })
        var random = SplitMix(state: 5)
        for cut in (0..<40).map({ _ in Int.random(in: first..<steps.count, using: &random) }) + [steps.count] {
            let answered = steps[..<cut].reduce(0) { if case .mark(let number) = $1 { number } else { $0 } }
            let left = try TemporaryDirectory()
            for (name, bytes) in RecordingDisk.files(cutBefore: cut, of: steps, using: &random) {
                try Data(bytes).write(to: URL(filePath: left.file(name)))
            }
            let store = try SQLiteStore(path: left.file("hub.sqlite"))
            let report = try StoreCheck(store: store).run(isFull: true, comparesDerived: true)
            let archived = report.snapshots
            guard archived >= answered, report.isSound else {
                FileHandle.standardError.write(
                    Data("cut before step \(cut): \(answered) answered, \(archived) there, \(report.findings)\n".utf8))
                exit(1)
            }
            try store.close()
        }
        // As many steps as there must be if the disk was looked at and not something else.
        exit(steps.count > 200 && beginnings >= expected ? 0 : 2)
    }
}
