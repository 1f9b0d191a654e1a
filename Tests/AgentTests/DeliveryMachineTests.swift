import Contracts
import TestSupport
import Testing

@testable import Agent

/// The machine alone: what is sent next, and what each row of the contract's table of answers leads to.
struct DeliveryMachineTests {
    static let start = Timestamp(seconds: 1_795_247_056)

    var machine = DeliveryMachine(record: DeliveryRecord())
    var spool = SpoolIndex(limits: .init(maxBytes: 1 << 20, maxFiles: 1000, maxAgeMilliseconds: 1 << 40))

    static func head(_ kind: Kind, _ sequence: Int, digest: String? = "a") -> EnvelopeHead {
        SampleHead.make(kind, sequence: sequence, digest: digest)
    }

    /// Submits as the deliverer does.
    @discardableResult
    mutating func take(_ head: EnvelopeHead, now: Int64 = 0) -> DeliveryMachine.Intake {
        let intake = machine.take(head, spool: spool, now: now)
        if intake == .spool { insert(head) }
        return intake
    }

    mutating func insert(_ head: EnvelopeHead) {
        spool.insert(
            SpoolEntry(sequence: head.sequence, kind: head.kind, id: head.snapshotID, bytes: 100))
    }

    @discardableResult
    mutating func answer(
        _ outcome: DeliveryOutcome, _ head: EnvelopeHead, now: Int64 = 0, form: DeliveryMachine.Form? = nil
    ) -> [DeliveryMachine.Action] {
        let actions = machine.handle(
            outcome, of: head, sent: form ?? machine.form(of: head), at: Self.start, now: now,
            random: { $0.upperBound })
        for action in actions {
            switch action {
            case .delete(let id), .reject(let id, _): spool.remove(id)
            case .spool: insert(head)
            default: break
            }
        }
        return actions
    }

    static func accepted(
        _ head: EnvelopeHead, _ result: String = "derived", highest: Int = 0, requests: [String] = []
    ) -> DeliveryOutcome {
        .accepted(
            SnapshotAnswer(
                snapshotID: head.snapshotID, result: result, highestSequence: highest, requests: requests))
    }

    // MARK: - Intake and order

    @Test mutating func inventoryIsOnDiskBeforeItIsSent() {
        #expect(take(Self.head(.apt, 1)) == .spool)
        #expect(take(Self.head(.hardware, 2, digest: nil)) == .spool)
    }

    @Test mutating func metricsAreSentFromMemoryAndDisplaceOlder() {
        #expect(take(Self.head(.metrics, 1)) == .memory)
        #expect(take(Self.head(.metrics, 2)) == .memory)
        #expect(machine.held.map(\.sequence) == [2])
    }

    @Test mutating func deliversNewestMetricsThenInventoryThenHistory() {
        for sequence in [1, 3, 5] { insert(Self.head(.metrics, sequence)) }
        for (kind, sequence) in [(Kind.apt, 2), (.docker, 4), (.apt, 6)] { insert(Self.head(kind, sequence)) }
        take(Self.head(.metrics, 7))
        var order: [Int] = []
        var now: Int64 = 0
        while true {
            switch machine.next(spool: spool, now: now) {
            case .sendHeld(let id):
                let sequence = machine.held.first { $0.id == id }?.sequence ?? 0
                order.append(sequence)
                answer(Self.accepted(Self.head(.metrics, sequence)), Self.head(.metrics, sequence), now: now)
            case .sendSpooled(let entry):
                order.append(entry.sequence)
                let kind = Kind(rawValue: entry.kind) ?? .metrics
                let head = Self.head(kind, entry.sequence, digest: "\(entry.sequence % 10)")
                answer(Self.accepted(head), head, now: now)
            case .wait(let until):
                order.append(-1)
                now = until
            case .idle:
                // History comes with pauses in between.
                #expect(order == [7, 2, 4, 6, 1, -1, 3, -1, 5])
                return
            }
        }
    }

    @Test mutating func afterAStartTheNewestWaitingMetricsComeFirst() {
        insert(Self.head(.metrics, 1))
        insert(Self.head(.apt, 2))
        let newest = Self.head(.metrics, 3)
        insert(newest)
        guard case .sendSpooled(let entry) = machine.next(spool: spool, now: 0) else {
            Issue.record("nothing to send")
            return
        }
        #expect(entry.sequence == 3)
        answer(Self.accepted(newest), newest)
        guard case .sendSpooled(let second) = machine.next(spool: spool, now: 0) else {
            Issue.record("nothing to send")
            return
        }
        #expect(second.sequence == 2)
    }

    // MARK: - Equal payloads

    @Test mutating func anEqualPayloadIsSentAsTheOneThatCarriedIt() {
        let first = Self.head(.apt, 1)
        take(first)
        answer(Self.accepted(first), first)
        let second = Self.head(.apt, 2)
        #expect(take(second) == .memory)
        #expect(machine.form(of: second) == .sameAs(first.snapshotID))
        answer(Self.accepted(second, "unchanged"), second)
        // Still the first: it carried the payload.
        #expect(machine.form(of: Self.head(.apt, 3)) == .sameAs(first.snapshotID))
        #expect(machine.form(of: Self.head(.apt, 4, digest: "b")) == .full)
        #expect(machine.form(of: Self.head(.docker, 5)) == .full)
    }

    @Test mutating func anotherSchemaVersionIsNotEqual() {
        let first = Self.head(.apt, 1)
        answer(Self.accepted(first), first)
        var next = Self.head(.apt, 2)
        next.schemaVersion = 2
        #expect(machine.form(of: next) == .full)
    }

    @Test mutating func metricsAreAlwaysWhole() {
        let first = Self.head(.metrics, 1)
        take(first)
        answer(Self.accepted(first), first)
        #expect(machine.form(of: Self.head(.metrics, 2)) == .full)
    }

    @Test mutating func anEqualPayloadDoesNotOvertakeAChangeThatWaits() {
        let first = Self.head(.apt, 1)
        answer(Self.accepted(first), first)
        take(Self.head(.apt, 2, digest: "b"))
        #expect(take(Self.head(.apt, 3)) == .spool)
    }

    @Test mutating func anUnchangedCheckInIsNeverSpooled() {
        let first = Self.head(.apt, 1)
        answer(Self.accepted(first), first)
        let second = Self.head(.apt, 2)
        take(second)
        #expect(!answer(.retry(reason: "refused", afterSeconds: nil), second).contains(.spool(second.snapshotID)))
        #expect(!answer(.unauthorized(code: "unauthorized"), second).contains(.spool(second.snapshotID)))
        // It waits in memory, so that the hub hears of it as soon as it is back, and not a whole interval later.
        #expect(machine.next(spool: spool, now: 1 << 40) == .sendHeld(second.snapshotID))
        // A newer one takes its place, a change as well.
        take(Self.head(.apt, 3))
        #expect(machine.held.map(\.sequence) == [3])
        take(Self.head(.apt, 4, digest: "b"))
        #expect(machine.held == [])
        #expect(spool.entries.map(\.sequence) == [4])
    }

    // MARK: - Answers

    @Test(arguments: ["derived", "duplicate", "unchanged", "stale", "held"])
    mutating func everySuccessDeletes(result: String) {
        let head = Self.head(.apt, 1)
        take(head)
        #expect(answer(Self.accepted(head, result), head).contains(.delete(head.snapshotID)))
        #expect(machine.next(spool: spool, now: 0) == .idle)
        #expect(machine.record.lastAccepted.first?.result == result)
    }

    @Test mutating func aRefusalRejectsAndGoesOn() {
        let head = Self.head(.apt, 1)
        take(head)
        #expect(
            answer(.rejected(code: "schema_violation"), head) == [
                .reject(head.snapshotID, code: "schema_violation"), .save,
            ])
        #expect(machine.next(spool: spool, now: 0) == .idle)
        #expect(machine.record.lastError?.reason == "refused: schema_violation")
    }

    @Test mutating func damageIsSentAgainThreeTimes() {
        let head = Self.head(.apt, 1)
        take(head)
        for _ in 0..<3 {
            #expect(answer(.damaged, head) == [])
            guard case .sendSpooled = machine.next(spool: spool, now: 0) else {
                Issue.record("not sent again")
                return
            }
        }
        #expect(answer(.damaged, head) == [.reject(head.snapshotID, code: "digest_mismatch"), .save])
        #expect(machine.next(spool: spool, now: 0) == .idle)
    }

    @Test mutating func anUnacceptedTokenKeepsEverythingAndSlowsDown() {
        let head = Self.head(.apt, 1)
        take(head)
        let metrics = Self.head(.metrics, 2)
        take(metrics)
        #expect(answer(.unauthorized(code: "reenroll_required"), metrics).contains(.spool(metrics.snapshotID)))
        #expect(machine.record.refused == "reenroll_required")
        guard case .wait(let until) = machine.next(spool: spool, now: 0) else {
            Issue.record("not slowed down")
            return
        }
        #expect((720_000...900_000).contains(until))
        #expect(spool.entries.map(\.sequence) == [1, 2])
        answer(Self.accepted(metrics), metrics, now: until)
        #expect(machine.record.refused == nil)
    }

    @Test mutating func resendFullSendsThePayloadAtOnce() {
        let first = Self.head(.apt, 1)
        answer(Self.accepted(first), first)
        let second = Self.head(.apt, 2)
        take(second)
        let actions = answer(.resendFull, second)
        // It carries a payload now, so it may no longer be lost.
        #expect(actions.contains(.spool(second.snapshotID)))
        guard case .sendSpooled(let entry) = machine.next(spool: spool, now: 0) else {
            Issue.record("not sent again")
            return
        }
        #expect(entry.id == second.snapshotID)
        #expect(machine.form(of: second) == .full)
        answer(Self.accepted(second), second, form: .full)
        #expect(machine.form(of: Self.head(.apt, 3)) == .sameAs(second.snapshotID))
    }

    @Test mutating func backsOffWithFullJitterUpToFiveMinutes() {
        let head = Self.head(.apt, 1)
        take(head)
        var waits: [Int64] = []
        for _ in 0..<12 {
            answer(.retry(reason: "refused", afterSeconds: nil), head)
            guard case .wait(let until) = machine.next(spool: spool, now: 0) else { continue }
            waits.append(until)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { $0 * 1000 })
        // Full jitter: as little as nothing.
        _ = machine.handle(
            .retry(reason: "refused", afterSeconds: nil), of: head, sent: .full, at: Self.start, now: 0,
            random: { $0.lowerBound })
        #expect(machine.notBefore == 0)
        #expect(spool.entries.count == 1)
    }

    @Test mutating func retryAfterIsHonouredWithinReason() {
        let head = Self.head(.apt, 1)
        take(head)
        _ = machine.handle(
            .retry(reason: "busy", afterSeconds: 120), of: head, sent: .full, at: Self.start, now: 5,
            random: { $0.lowerBound })
        #expect(machine.notBefore == 120_005)
        _ = machine.handle(
            .retry(reason: "busy", afterSeconds: .max), of: head, sent: .full, at: Self.start, now: 0,
            random: { $0.lowerBound })
        #expect(machine.notBefore == 3_600_000)
    }

    @Test mutating func metricsGoToDiskWhenTheFirstSendingFailsAndAtOnceWhileItIsKnownToFail() {
        let first = Self.head(.metrics, 1)
        take(first)
        #expect(answer(.retry(reason: "x", afterSeconds: nil), first).contains(.spool(first.snapshotID)))
        #expect(take(Self.head(.metrics, 2), now: 500) == .spool)
    }

    @Test mutating func successEndsTheBackOff() {
        let head = Self.head(.apt, 1)
        for _ in 0..<5 { answer(.retry(reason: "x", afterSeconds: nil), head) }
        #expect(machine.record.lastError != nil)
        answer(Self.accepted(head), head, now: 100_000)
        #expect(machine.record.lastError == nil)
        answer(.retry(reason: "x", afterSeconds: nil), head, now: 100_000)
        #expect(machine.notBefore == 101_000)
    }

    @Test mutating func theHubsSequenceAndRequestsAreFollowed() {
        let first = Self.head(.apt, 1)
        answer(Self.accepted(first), first)
        let second = Self.head(.docker, 2)
        let actions = answer(
            Self.accepted(second, highest: 4711, requests: ["full:apt", "full:unheard", "reboot"]), second)
        #expect(actions.contains(.jump(past: 4711)))
        #expect(actions.contains(.collect(.apt)))
        #expect(actions.filter { if case .collect = $0 { true } else { false } }.count == 1)
        #expect(machine.form(of: Self.head(.apt, 3)) == .full)
        // Told once, followed once.
        let third = Self.head(.hardware, 4712)
        #expect(!answer(Self.accepted(third, highest: 4711), third).contains(.jump(past: 4711)))
    }
}
