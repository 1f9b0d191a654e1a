import Testing

@testable import Hub

@Suite struct CloneDetectorTests {
    private static let minute: Int64 = 60_000
    private static let start: Int64 = 1_790_000_000_000

    /// A host that reports, as the hub sees it.
    private struct Scene {
        var detector = CloneDetector(currentBoot: nil, highestSequence: 0, lastSeenAt: nil)
        var found: [CloneDetector.Finding] = []

        /// - Parameters:
        ///   - minute: when it arrives.
        ///   - collected: when it was collected, in minutes; on arrival where nothing is said.
        mutating func report(_ boot: String, _ sequence: Int64, minute: Double, collected: Double? = nil) {
            func at(_ minute: Double) -> Int64 { CloneDetectorTests.start + Int64(minute * 60_000) }
            let contact = CloneDetector.Contact(
                bootID: boot, sequence: sequence, collectedAt: at(collected ?? minute), receivedAt: at(minute))
            guard
                !CloneDetector.isPlain(
                    contact, currentBoot: detector.currentBoot, highestSequence: detector.highestSequence)
            else {
                detector.highestSequence = sequence
                detector.lastSeenAt = contact.receivedAt
                return
            }
            found += detector.take(contact)
        }
    }

    @Test func `One host that reboots is one host`() {
        var scene = Scene()
        for number in 1...30 { scene.report("boot-\((number - 1) / 10)", Int64(number), minute: Double(number)) }
        #expect(scene.found == [.booted, .booted, .booted])
    }

    @Test func `Two hosts that report in turn are noticed within four snapshots`() {
        var scene = Scene()
        scene.report("a", 100, minute: 0)
        // The hub's answer carries the highest number, and each host counts on from it.
        scene.report("b", 101, minute: 0.5)
        scene.report("a", 102, minute: 1)
        #expect(!scene.found.contains(.cloned), "once is not enough")
        scene.report("b", 103, minute: 1.5)
        #expect(scene.found == [.booted, .booted, .returned, .returned, .cloned])
    }

    @Test func `Two hosts in the same boot are noticed by their numbers`() {
        var scene = Scene()
        scene.report("a", 100, minute: 0)
        for round in 1...3 {
            scene.report("a", 100 + Int64(round), minute: Double(round))
            scene.report("a", 100 + Int64(round), minute: Double(round) + 0.5)
        }
        #expect(scene.found == [.booted, .rolledBack, .cloned, .cloned])
    }

    @Test func `An id that comes again with other bytes is a sign, and two of them are a copy`() {
        func contact(_ sequence: Int64, minute: Int64) -> CloneDetector.Contact {
            let at = Self.start + minute * Self.minute
            return CloneDetector.Contact(bootID: "a", sequence: sequence, collectedAt: at, receivedAt: at)
        }
        var detector = CloneDetector(currentBoot: "a", highestSequence: 100, lastSeenAt: Self.start)
        #expect(detector.takeReuse(contact(90, minute: 1)) == [.rolledBack])
        #expect(detector.takeReuse(contact(95, minute: 2)) == [], "belongs to the same setting back")
        #expect(detector.highestSequence == 100)
        var later = detector
        #expect(detector.takeReuse(contact(101, minute: 60)) == [.cloned])
        #expect(later.takeReuse(contact(101, minute: 60 * 7)) == [.rolledBack], "once within hours is not enough")
        // Both sorts of repetition count together.
        #expect(later.take(contact(102, minute: 60 * 8)) == [])
        #expect(later.take(contact(102, minute: 60 * 9)) == [.cloned])
    }

    @Test func `Late spool alone is no sign, however much of it there is`() {
        var scene = Scene()
        for number in 1...5 { scene.report("a", Int64(number), minute: Double(number)) }
        // Three days without a hub, with two reboots: the newest first, then the rest, oldest first.
        scene.report("c", 4000, minute: 4320)
        for number in 6...4000 where number != 4000 {
            let boot = number < 1500 ? "a" : number < 3000 ? "b" : "c"
            scene.report(boot, Int64(number), minute: 4320 + Double(number) / 1000, collected: Double(number))
        }
        for number in 4001...4005 { scene.report("c", Int64(number), minute: 4320 + Double(number - 3990)) }
        #expect(scene.found == [.booted, .booted])
    }

    @Test func `A slow collecting that overtakes nothing is no sign`() {
        var scene = Scene()
        scene.report("a", 10, minute: 10)
        scene.report("a", 12, minute: 10.2, collected: 10.05)
        scene.report("a", 11, minute: 10.21, collected: 10.15)
        #expect(scene.found == [.booted])
    }

    @Test func `A machine that was set back is rolled back, once, and no copy`() {
        var scene = Scene()
        for number in 1...200 { scene.report("a", Int64(number), minute: Double(number)) }
        // Set back to number 150, and started: four kinds are sent before the first answer says how far it was.
        for number in 151...154 {
            scene.report("b", Int64(number), minute: 210 + Double(number - 150) / 100, collected: 210)
        }
        #expect(scene.found == [.booted, .rolledBack])
        for number in 201...300 { scene.report("b", Int64(number), minute: Double(number) + 10) }
        #expect(scene.found == [.booted, .rolledBack, .booted])
    }

    @Test func `A machine that was set back with its memory comes back to its old boot, and is no copy`() {
        var scene = Scene()
        for number in 1...100 { scene.report("a", Int64(number), minute: Double(number)) }
        for number in 101...150 { scene.report("b", Int64(number), minute: Double(number)) }
        scene.report("a", 90, minute: 160)
        for number in 151...200 { scene.report("a", Int64(number), minute: Double(number) + 10) }
        #expect(scene.found == [.booted, .booted, .rolledBack, .returned])
    }

    @Test func `Signs that are far apart are no suspicion`() {
        var scene = Scene()
        scene.report("a", 1, minute: 0)
        scene.report("b", 2, minute: 1)
        scene.report("a", 3, minute: 2)
        scene.report("b", 4, minute: 2 + 361)
        #expect(!scene.found.contains(.cloned))
    }

    @Test func `A clock that was ahead makes no sign of what it has spooled`() {
        var scene = Scene()
        scene.report("a", 10, minute: 10)
        scene.report("a", 9, minute: 11, collected: 70)
        #expect(scene.found == [.booted])
    }
}

@Suite struct MachineSplitTests {
    private func boot(_ id: String, _ first: Int64, superseded: Int64? = nil, hint: String? = "x") -> MachineSplit.Boot
    {
        var boot = MachineSplit.Boot(id: id, firstSeenAt: first)
        boot.supersededAt = superseded
        boot.machineIDHint = hint
        return boot
    }

    @Test func `The host that looks like the first one stays, even where it was rebooted since`() throws {
        // The copy has a machine-id of its own, and was there before the original's last reboot.
        let boots = [boot("o1", 1, superseded: 50), boot("c1", 40, superseded: 90, hint: "y"), boot("o2", 60)]
        let choice = try #require(try MachineSplit.choose(boots, since: 30))
        #expect(choice.refused.id == "c1")
        #expect(choice.kept.id == "o2")
    }

    @Test func `Where they look alike the later boot goes, or the one that is named`() throws {
        let boots = [boot("aa", 1, superseded: 90), boot("bb", 40)]
        #expect(try MachineSplit.choose(boots, since: 30)?.refused.id == "bb")
        let named = try #require(try MachineSplit.choose(boots, since: 30, wanted: "a"))
        #expect(named.refused.id == "aa")
        #expect(named.kept.id == "bb")
        #expect(throws: CommandFailure.self) { try MachineSplit.choose(boots, since: 30, wanted: "c") }
        #expect(try MachineSplit.choose([boot("aa", 1)], since: 0) == nil)
    }
}
