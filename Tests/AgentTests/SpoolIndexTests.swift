import Contracts
import Testing

@testable import Agent

struct SpoolIndexTests {
    static let start = SampleHead.start

    static func entry(_ kind: Kind, _ sequence: Int, bytes: Int = 100, at: Timestamp = start) -> SpoolEntry {
        SpoolEntry(
            sequence: sequence, kind: kind.rawValue,
            id: SampleHead.make(kind, sequence: sequence, at: at).snapshotID, bytes: bytes)
    }

    static func index(bytes: Int = 1 << 20, files: Int = 1000, hours: Int64 = 168) -> SpoolIndex {
        SpoolIndex(limits: .init(maxBytes: bytes, maxFiles: files, maxAgeMilliseconds: hours * 3_600_000))
    }

    @Test func namesAreReadBackAndSortByAge() throws {
        let names = [9, 10, 4711, 123_456_789].map { Self.entry(.apt, $0).name }
        #expect(names == names.sorted())
        for name in names {
            let entry = try #require(SpoolEntry(name: name, bytes: 5))
            #expect(entry.name == name)
            #expect(entry.collectedAt == Self.start)
        }
    }

    @Test(arguments: [
        "", "README", "0000000000000001-apt.json.gz", "1-apt-0194e7c2-7b7b-7000-8000-000000000000.json.gz",
        "0000000000000001-apt-0194e7c2-7b7b-7000-8000-000000000000.json",
        "0000000000000001-apt-0194e7c2-7b7b-4000-8000-000000000000.json.gz",
        "-000000000000001-apt-0194e7c2-7b7b-7000-8000-000000000000.json.gz",
        "0000000000000001-apt-0194e7c2-7b7b-7000-8000-000000000000.json.gz.tmp",
    ])
    func namesOfOthersAreNotTaken(name: String) { #expect(SpoolEntry(name: name, bytes: 5) == nil) }

    @Test func metricsGoFirstThenReplacedInventoryThenTheRest() throws {
        var index = Self.index(files: 6)
        for (kind, sequence) in [
            (Kind.apt, 1), (.metrics, 2), (.hardware, 3), (.apt, 4), (.metrics, 5), (.docker, 6),
        ] {
            index.insert(Self.entry(kind, sequence))
        }
        var dropped: [Int] = []
        for sequence in 7...11 {
            let removals = index.makeRoom(for: 100, now: Self.start)
            dropped += try #require(removals).map(\.entry.sequence)
            index.insert(Self.entry(.apt, sequence))
        }
        // 2 and 5 are metrics; 1, 4 and 7 were replaced by newer apt snapshots, the newest of each kind stay.
        #expect(dropped == [2, 5, 1, 4, 7])
        #expect(index.entries.map(\.sequence) == [3, 6, 8, 9, 10, 11])
    }

    @Test func bytesAreBounded() throws {
        var index = Self.index(bytes: 1000)
        for sequence in 1...3 { index.insert(Self.entry(.metrics, sequence, bytes: 300)) }
        #expect(index.makeRoom(for: 500, now: Self.start)?.map(\.entry.sequence) == [1, 2])
        #expect(index.bytes == 300)
        #expect(index.makeRoom(for: 1001, now: Self.start) == nil)
        #expect(index.bytes == 300)
    }

    @Test func oldOnesExpire() throws {
        var index = Self.index(hours: 2)
        index.insert(Self.entry(.hardware, 1))
        index.insert(Self.entry(.hardware, 2, at: Self.start.adding(milliseconds: 3_600_000)))
        let now = Self.start.adding(milliseconds: 2 * 3_600_000 + 1)
        #expect(index.makeRoom(for: 1, now: now) == [.bound(Self.entry(.hardware, 1))])
    }

    @Test func aClockThatJumpedBackExpiresNothing() throws {
        var index = Self.index(hours: 2)
        index.insert(Self.entry(.hardware, 1))
        #expect(index.makeRoom(for: 1, now: Timestamp(seconds: 0)) == [])
    }

    /// 72 hours without a hub: metrics every minute, APT every 6 hours, Docker every 15 minutes.
    @Test func threeDaysWithoutAHub() throws {
        var index = Self.index(bytes: 64 << 20, files: 5000)
        var inventory: [Int] = []
        let minutes = 72 * 60
        for minute in 0..<minutes {
            let now = Self.start.adding(milliseconds: Int64(minute) * 60_000)
            var kinds: [Kind] = [.metrics]
            if minute % 360 == 0 { kinds.append(.apt) }
            if minute % 15 == 0 { kinds.append(.docker) }
            for kind in kinds {
                let sequence = minute * 4 + (Kind.allCases.firstIndex(of: kind) ?? 0)
                let removals = index.makeRoom(for: 1500, now: now)
                for removal in try #require(removals) {
                    guard case .thinned(let entry) = removal else {
                        Issue.record("dropped \(removal.entry)")
                        return
                    }
                    #expect(entry.isMetrics)
                }
                index.insert(Self.entry(kind, sequence, bytes: 1500, at: now))
                if kind != .metrics { inventory.append(sequence) }
            }
        }
        let end = Self.start.adding(milliseconds: Int64(minutes) * 60_000)
        func ages(_ range: Range<Int64>) -> Int {
            index.entries.filter {
                $0.isMetrics && range.contains((end.milliseconds - $0.collectedAt.milliseconds) / 60_000)
            }.count
        }
        // No change of inventory is lost.
        #expect(index.entries.filter { !$0.isMetrics }.map(\.sequence) == inventory)
        #expect(ages(1..<61) == 60)
        // 23 hours of one in five minutes, then 48 hours of one an hour; a bucket may be cut at either end.
        #expect((274...280).contains(ages(61..<1441)), "\(ages(61..<1441))")
        #expect((47...50).contains(ages(1441..<10_000)), "\(ages(1441..<10_000))")
        #expect(index.entries.count < 1000)
    }
}
