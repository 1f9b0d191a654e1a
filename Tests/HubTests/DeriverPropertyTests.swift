import Contracts
import TestSupport
import Testing

@testable import Hub

/// Whatever the order in which a machine's snapshots arrive, and however often, the tables end up the same; and
/// rebuilding them changes nothing.
@Suite struct DeriverPropertyTests {
    /// Which row of the archive, and which of two equal payloads came first, is the order of arrival itself.
    static let ofArrival: Set<String> = ["entry", "archive_id", "metrics_archive_id", "payload_uuid"]

    @Test(arguments: 1...12) func `Any order of arrival ends in the same tables`(seed: Int) throws {
        var histories = DeriverHistories(seed: UInt64(seed))
        let snapshots = try histories.make(count: 40)
        let inOrder = try TestHubStore()
        try inOrder.take(snapshots)
        let expected = try inOrder.dump(without: Self.ofArrival)

        for round in 0..<3 {
            var shuffled = snapshots + snapshots.prefix(5)
            shuffled.shuffle(using: &histories.random)
            let permuted = try TestHubStore()
            try permuted.take(shuffled)
            let found = try permuted.dump(without: Self.ofArrival)
            let lost = Set(expected).subtracting(found).sorted()
            let made = Set(found).subtracting(expected).sorted()
            #expect(lost.isEmpty, "seed \(seed), round \(round): these rows are missing")
            #expect(made.isEmpty, "seed \(seed), round \(round): these rows are too many")
            #expect(found == expected)
        }
    }

    @Test(arguments: 1...8) func `Rederive is the identity`(seed: Int) throws {
        var histories = DeriverHistories(seed: UInt64(seed) + 100)
        var snapshots = try histories.make(count: 40)
        if seed.isMultiple(of: 2) { snapshots.shuffle(using: &histories.random) }
        let hub = try TestHubStore()
        try hub.take(snapshots)
        let before = try hub.dump()

        let checked = try Rederive(store: hub.store, isCheck: true).run()
        #expect(checked.differences.isEmpty, "\(checked.differences)")
        let report = try Rederive(store: hub.store).run()
        #expect(report.skipped.isEmpty)
        #expect(report.snapshots == 40)
        let after = try hub.dump()
        #expect(Set(before).subtracting(after).sorted().isEmpty)
        #expect(Set(after).subtracting(before).sorted().isEmpty)
        #expect(after == before)
    }
}
