import Contracts
import TestSupport
import Testing

@testable import Agent

struct SequenceTests {
    @Test func aBlockIsReservedBeforeItsFirstNumber() {
        var counter = SequenceCounter(reserved: 1)
        #expect(counter.reservation == 1001)
        counter.didReserve(1001)
        #expect((0..<1000).map { _ in counter.take() } == Array(1...1000))
        #expect(counter.reservation == 2001)
    }

    @Test func afterACrashNoNumberComesAgain() {
        var counter = SequenceCounter(reserved: 1001)
        #expect(counter.reservation == 2001)
        counter.didReserve(2001)
        #expect(counter.take() == 1001)
    }

    @Test func jumpsForwardOnly() {
        var counter = SequenceCounter(reserved: 1)
        counter.didReserve(1001)
        counter.jump(past: 4711)
        #expect(counter.reservation == 5712)
        counter.didReserve(5712)
        counter.jump(past: 3)
        #expect(counter.take() == 4712)
    }

    @Test func theDiskIsAlwaysAhead() async throws {
        let directory = try TemporaryDirectory()
        let state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        var last = 0
        for life in 0..<3 {
            let spool = try Spool(
                state: state, limits: AgentConfiguration.SpoolLimits().limits, logger: .silent,
                now: { SampleHead.start })
            let sealer = try Sealer(
                machineID: SampleHead.machineID, host: try Host(), spool: spool, state: state, atLeast: 1,
                clock: .system, logger: .silent)
            for _ in 0..<3 {
                let snapshot = try await sealer.seal(
                    Collected(payload: nil), kind: .metrics, startedAt: SampleHead.start, durationMilliseconds: 1,
                    nextDueSeconds: 60)
                #expect(snapshot.head.sequence > last)
                last = snapshot.head.sequence
            }
            // A damaged file in the second life: the numbers begin anew, the hub's answer corrects that.
            if life == 1 {
                try directory.write("state/sequence", "x\u{0}y")
                last = 0
            }
        }
        #expect(directory.names("state").contains("sequence.damaged"))
    }
}
