import Contracts
import Synchronization
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

    /// Whoever writes a machine's row notes the contact there in one go; by itself it says the same.
    @Test(arguments: [UInt64(3), 17, 90]) func `A contact is noted the same, by whomever`(seed: UInt64) throws {
        let noted = Atomic(0)
        let together = try TestHubStore(derive: { snapshot, connection in
            defer { if snapshot.contact?.isNoted == true { noted.add(1, ordering: .relaxed) } }
            return try Derivation.apply(snapshot, into: connection)
        })
        let apart = try TestHubStore(derive: { snapshot, connection in
            var snapshot = snapshot
            snapshot.contact = nil
            return try Derivation.apply(snapshot, into: connection)
        })
        var histories = DeriverHistories(seed: seed)
        var snapshots = try histories.make(count: 120)
        // Some late, some again.
        for place in stride(from: 7, to: 110, by: 9) { snapshots.swapAt(place, place + 3) }
        for place in [20, 50, 80] { snapshots.insert(snapshots[place], at: place + 10) }
        for (place, snapshot) in snapshots.enumerated() {
            for hub in [together, apart] { try hub.take([snapshot]) }
            guard place % 10 == 0 || place == snapshots.count - 1 else { continue }
            let state = Statement("test.state", "SELECT * FROM machine_state")
            let rows = try [together, apart].map { hub in
                try hub.store.read { try $0.rows(state).map { zip($0.columns, $0.values).map { "\($0) \($1)" } } }
            }
            #expect(rows[0] == rows[1], "after \(place)")
        }
        #expect(noted.load(ordering: .relaxed) > 0)
        #expect(try together.value("SELECT highest_sequence FROM machine_state").integer ?? 0 > 100)
    }
}
