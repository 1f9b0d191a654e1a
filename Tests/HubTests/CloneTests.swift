import Contracts
import HubAPI
import TestSupport
import Testing
import Transport

@testable import Hub

/// Two hosts with one token, over real HTTP.
@Suite struct CloneTests {
    private func snapshot(
        _ machine: TestMachine, _ sequence: Int, boot: String, hint: String? = nil
    ) throws -> SentSnapshot {
        var sent = try SentSnapshot(.metrics, of: machine, sequence: sequence)
        sent.head.bootID = boot
        sent.head.host.machineIDHint = hint
        sent.head.host.hostname = "host-\(boot)"
        return sent
    }

    private func reasons(_ hub: HubUnderTest, _ name: String) throws -> [String] {
        try hub.store.read { connection in
            try MachineDetailQueries.show(
                connection, machine: MachineLookup.find(connection, name), now: Clock.now())
        }?.summary.reasons.map(\.code) ?? []
    }

    private func openMessages(_ hub: HubUnderTest) throws -> [MessageAnswer] {
        try hub.store.read {
            try MessageQueries.list($0, filter: .init(isOpen: true), limit: 10, now: Clock.now()).items
        }
    }

    @discardableResult
    private func split(
        _ hub: HubUnderTest, _ name: String, refusing boot: String? = nil
    ) throws -> (refused: MachineSplit.Boot, kept: MachineSplit.Boot) {
        try hub.store.write {
            try MachineSplit(connection: $0, now: Clock.now()).split(1, name: name, refusing: boot)
        }
    }

    private func types(_ hub: HubUnderTest) throws -> [String] {
        try hub.rows("SELECT type FROM machine_events WHERE source = 'hub' ORDER BY at, type").compactMap { $0[0].text }
    }

    @Test(arguments: [true, false]) func `A copy is noticed, shown, split off and told to enrol`(
        hasOwnMachineID: Bool
    ) async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            let other = hasOwnMachineID ? "copy" : "original"
            for (sequence, boot) in [(1, "a"), (2, "b"), (3, "a"), (4, "b")] {
                let answer = try await hub.post(
                    try snapshot(machine, sequence, boot: boot, hint: boot == "a" ? "original" : other), machine)
                #expect(answer.status == 201)
            }
            #expect(try types(hub).sorted() == ["clone_suspected", "enrolled", "first_seen"])
            #expect(try reasons(hub, machine.name).contains("clone_suspected"))
            let open = try openMessages(hub)
            #expect(open.map(\.code) == ["clone_suspected"])
            #expect(open.first?.source == "hub")

            let split = try split(hub, machine.name)
            #expect(split.refused.id == "b")
            #expect(split.refused.hostname == "host-b")

            // The second host is refused, the first goes on.
            let refused = try await hub.post(try snapshot(machine, 5, boot: "b", hint: other), machine)
            #expect(refused.status == 401)
            #expect(refused.code == "reenroll_required")
            let first = try await hub.post(try snapshot(machine, 5, boot: "a", hint: "original"), machine)
            #expect(first.status == 201)
            let again = try await hub.post(try snapshot(machine, 6, boot: "b", hint: other), machine)
            #expect(again.code == "reenroll_required")
            // The first one may reboot; the second one stays refused where its machine-id tells it.
            let rebooted = try await hub.post(try snapshot(machine, 7, boot: "a2", hint: "original"), machine)
            #expect(rebooted.status == 201)
            let elsewhere = try await hub.post(try snapshot(machine, 8, boot: "b2", hint: other), machine)
            #expect(elsewhere.status == (hasOwnMachineID ? 401 : 201))
            if !hasOwnMachineID {
                // It is noticed again.
                for (sequence, boot) in [(9, "a2"), (10, "b2")] {
                    _ = try await hub.post(try snapshot(machine, sequence, boot: boot, hint: other), machine)
                }
                #expect(try hub.rows("SELECT clone_suspected_at FROM machines")[0][0].isNull == false)
            } else {
                #expect(try hub.rows("SELECT clone_suspected_at FROM machines")[0][0].isNull)
                #expect(
                    try hub.rows("SELECT 1 FROM important_messages WHERE closed_at IS NULL AND source = 'hub'").isEmpty)
            }
        }
    }

    @Test func `Ids that come twice with other bytes are refused, and show a copy`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for sequence in [1, 2] {
                let sent = try snapshot(machine, sequence, boot: "a")
                #expect(try await hub.post(sent, machine).status == 201)
                var other = sent
                other.head.agent.version = "9.9.\(sequence)"
                other.head.sequence += 10
                let refused = try await hub.post(other, machine)
                #expect(refused.status == 422)
                #expect(refused.code == "snapshot_id_reused")
                #expect(try openMessages(hub).map(\.code) == (sequence == 2 ? ["clone_suspected"] : []))
            }
            #expect(try types(hub).contains("rolled_back"))
            #expect(try hub.rows("SELECT highest_sequence FROM machine_state")[0][0] == .integer(2))
        }
    }

    @Test func `Hosts in the same boot are parted by letting both enrol`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for sequence in [1, 2, 2, 3, 3] {
                let sent = try SentSnapshot(.metrics, of: machine, sequence: sequence)
                #expect(try await hub.post(sent, machine).status == 201)
            }
            #expect(try openMessages(hub).map(\.code) == ["clone_suspected"])
            let failure = try #require(throws: CommandFailure.self) { try split(hub, machine.name) }
            #expect("\(failure)".contains("--both"))
            try await hub.store.write { try MachineSplit(connection: $0, now: Clock.now()).sendAwayBoth(1) }
            #expect(try openMessages(hub).isEmpty)
            #expect(try !reasons(hub, machine.name).contains("clone_suspected"))
            let refused = try await hub.post(try snapshot(machine, 4, boot: "a"), machine)
            #expect(refused.status == 401)

            let secret = SecureRandom.token()
            _ = try await hub.requestEnrollment(
                EnrollmentRequest(
                    enrollmentToken: try hub.token(machine: 1), machineTokenHash: TokenHash.of(secret),
                    hostname: "web-01", agentVersion: Vigie.version))
            let stays = TestMachine(token: secret, id: machine.id, name: machine.name)
            #expect(try await hub.post(try snapshot(stays, 4, boot: "a"), stays).status == 201)
            let other = try await hub.enroll("copy")
            #expect(other.id != machine.id)
            #expect(try await hub.post(try snapshot(other, 4, boot: "a"), other).status == 201)
            #expect(try openMessages(hub).isEmpty)
        }
    }

    @Test func `A reinstalled machine that gets its old identity is no copy of itself`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            for sequence in 1...3 {
                _ = try await hub.post(try snapshot(machine, sequence, boot: "a"), machine)
            }
            let secret = SecureRandom.token()
            _ = try await hub.requestEnrollment(
                EnrollmentRequest(
                    enrollmentToken: try hub.token(machine: 1), machineTokenHash: TokenHash.of(secret),
                    hostname: "web-01", agentVersion: Vigie.version))
            let renewed = TestMachine(token: secret, id: machine.id, name: machine.name)
            for sequence in [1, 2, 3, 4, 5] {
                let answer = try await hub.post(try snapshot(renewed, sequence, boot: "n"), renewed)
                #expect(answer.status == 201 || answer.status == 200)
            }
            #expect(try types(hub).sorted() == ["enrolled", "enrolled", "first_seen"])
        }
    }

    @Test func `Splitting what is no copy needs a word`() async throws {
        try await HubUnderTest.run { hub in
            let machine = try await hub.enroll()
            _ = try await hub.post(try snapshot(machine, 1, boot: "a"), machine)
            for boot in [nil, "a", "zz"] {
                #expect(throws: CommandFailure.self) { try split(hub, machine.name, refusing: boot) }
            }
            #expect(try hub.rows("SELECT split_at FROM machines")[0][0].isNull)
        }
    }
}
