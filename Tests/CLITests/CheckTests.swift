import Contracts
import HubAPI
import Testing

@testable import CLI

@Suite struct CheckTests {
    private let output = Output(format: .table, terminal: .none, now: CLISamples.now)

    @Test(
        arguments: [
            (HealthStatus.ok, 0), (.warning, 1), (.critical, 2), (.unknown, 3),
        ] as [(HealthStatus, Int32)])
    func `The exit status is a monitoring plugin's`(status: HealthStatus, code: Int32) {
        #expect(CheckResult(status: status, summary: "").exitStatus == code)
    }

    @Test func `A fleet is as well as its worst machine`() throws {
        let result = CheckResult(fleet: CLISamples.machines)
        #expect(result.status == .critical)
        #expect(
            try output.check(result) == """
                VIGIE CRITICAL - 2 machines: 1 critical | critical=1 machines=2 offline=1 unknown=0 warning=0
                db, main: offline

                """)
        let well = CheckResult(fleet: [CLISamples.machines[0]])
        #expect(well.exitStatus == 0)
        #expect(try output.check(well).hasPrefix("VIGIE OK - 1 machine, all well | "))
    }

    @Test func `No machine is not well`() {
        #expect(CheckResult(fleet: []).exitStatus == 3)
    }

    @Test func `One machine says why`() throws {
        let text = try output.check(CheckResult(machine: CLISamples.machines[1]))
        #expect(text == "VIGIE CRITICAL - db, main: offline\n")
        let well = try output.check(CheckResult(machine: CLISamples.machines[0]))
        #expect(well == "VIGIE OK - web-01: well | security_updates=0 updates=0\n")
    }

    @Test func `Warning outranks unknown, critical outranks all`() {
        #expect([HealthStatus.ok, .unknown, .warning].max() == .warning)
        #expect([HealthStatus.critical, .unknown, .warning].max() == .critical)
    }
}
