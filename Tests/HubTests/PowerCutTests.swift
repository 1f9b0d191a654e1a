import Contracts
import Foundation
import Logging
import Synchronization
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

    @Test func `Nor one while the writer goes on beside the sync`() async {
        await #expect(processExitsWith: .success) {
            RecordingDisk.register()
            let hub = try TestHubStore(
                checkpoints: Checkpointer.Sizes(start: 256 << 10, rest: 32 << 10, limit: 1 << 20))
            var histories = DeriverHistories(seed: 12)
            let snapshots = try histories.make(count: 120)
            try await Self.throughTheWriter(snapshots, hub) { RecordingDisk.mark($0) }
            try Self.cutAnywhere(beginnings: 2)
        }
    }

    @Test func `What cannot be synced is not answered, and ends the process`() async {
        await #expect(processExitsWith: .exitCode(FailedSync.status)) {
            RecordingDisk.register()
            let hub = try TestHubStore()
            var histories = DeriverHistories(seed: 12)
            let snapshots = try histories.make(count: 4)
            RecordingDisk.failSyncs(of: "hub.sqlite-wal")
            try await Self.throughTheWriter(snapshots, hub) { _ in exit(1) }
        }
    }

    /// Hands them to the ingest writer, a few at a time so that batches follow each other closely.
    ///
    /// - Parameter answered: is told with each answer how many are taken.
    private static func throughTheWriter(
        _ snapshots: [DeriverSnapshot], _ hub: TestHubStore, _ answered: @escaping @Sendable (Int) -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let writer = IngestWriter(
            store: hub.store, archive: hub.archive, quarantine: Quarantine(maximumEntries: 1, maximumBytes: 1 << 20),
            maximumCount: 1000, maximumBytes: 1 << 30, logger: logger)
        async let running: Void = writer.run()
        let taken = Atomic<Int>(0)
        await withTaskGroup(of: Void.self) { senders in
            for (index, snapshot) in snapshots.enumerated() {
                guard let submission = try? hub.submission(snapshot) else { exit(3) }
                if index >= 8 { await senders.next() }
                let arrived = AsyncStream<Void>.makeStream()
                writer.submit(submission) { outcome in
                    // On the thread that answers, so that the marks are in the order of the answers.
                    if case .accepted(let answer) = outcome, answer.result != "duplicate" {
                        answered(taken.add(1, ordering: .relaxed).newValue)
                    }
                    arrived.continuation.finish()
                }
                senders.addTask { for await _ in arrived.stream {} }
            }
        }
        writer.close()
        try await running
    }

    /// - Parameter beginnings: so often the log begins anew at least.
    private static func cutAnywhere(_ checkpoints: Checkpointer.Sizes?, beginnings: Int) throws {
        RecordingDisk.register()
        let hub = try TestHubStore(checkpoints: checkpoints)
        var histories = DeriverHistories(seed: 11)
        let snapshots = try histories.make(count: 90)
        for (index, snapshot) in snapshots.enumerated() {
            try hub.take(snapshot)
            RecordingDisk.mark(index + 1)
            if index % 20 == 13 { try hub.store.checkpoint() }
        }
        try cutAnywhere(beginnings: beginnings)
    }

    /// Cuts what was recorded at many moments, and looks at what is left; ends the process.
    private static func cutAnywhere(beginnings expected: Int) throws {
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
