import Contracts
import HubAPI
import Testing

@testable import Hub

/// What lists say of machines after the hub itself was away.
@Suite struct HubAbsenceTests {
    private static let start = QueryFleet.start
    private static let minute = QueryFleet.minute
    /// The hub is there again a day after it went.
    private static let back = start + QueryFleet.day

    /// Until the hub went, `web-01` reported, `web-02` was offline; `db-01` was never there.
    private func fleet() throws -> QueryFleet {
        let fleet = try QueryFleet("web-01", "web-02", "db-01")
        for (name, at) in [("web-01", Self.start), ("web-02", Self.start - QueryFleet.hour)] {
            try fleet.take(DeriverSnapshot(QueryPayloads.metrics(load: 1), at: at, sequence: 1), from: name)
        }
        for name in ["web-02", "db-01"] {
            _ = try fleet.store.write {
                try HubMessages(machine: fleet.id(name), connection: $0).open(
                    "offline", .critical, "silent", at: Timestamp(milliseconds: Self.start))
            }
        }
        return fleet
    }

    private func freshness(_ fleet: QueryFleet, at now: Int64, heardSince: Int64?) throws -> [Freshness] {
        let now = Timestamp(milliseconds: now)
        let list = try fleet.read {
            try MachineQueries.list($0, filter: .init(), limit: 10, now: now, heardSince: heardSince)
        }.items
        let status = try fleet.read { try HubQueries.status($0, now: now, heardSince: heardSince) }.machines
        #expect(status.offline == list.count { $0.freshness == .offline })
        #expect(status.late == list.count { $0.freshness == .late })
        for machine in list {
            let detail = try fleet.read {
                try MachineDetailQueries.show(
                    $0, machine: MachineLookup.find($0, machine.name), now: now, heardSince: heardSince)
            }
            #expect(detail?.summary == machine)
        }
        return ["web-01", "web-02", "db-01"].compactMap { name in list.first { $0.name == name }?.freshness }
    }

    @Test func `After an absence nobody is silent before it had the time to report`() throws {
        let fleet = try fleet()
        #expect(try freshness(fleet, at: Self.back, heardSince: nil) == [.offline, .offline, .offline])
        #expect(try freshness(fleet, at: Self.back, heardSince: Self.back) == [.ok, .offline, .offline])
        let patience = FreshnessRule.patienceAfterAbsence
        #expect(try freshness(fleet, at: Self.back + patience, heardSince: Self.back) == [.ok, .offline, .offline])
        #expect(
            try freshness(fleet, at: Self.back + patience + 1, heardSince: Self.back)
                == [.offline, .offline, .offline])
    }

    @Test func `What was promised for a time when the hub listened is late as ever`() throws {
        let fleet = try fleet()
        // Due at +60 s, with 15 s of grace; the hub was restarted before.
        let restart = Self.start + 30_000
        #expect(try freshness(fleet, at: Self.start + 75_000, heardSince: restart).first == .ok)
        #expect(try freshness(fleet, at: Self.start + 76_000, heardSince: restart).first == .late)
        let machine = try fleet.read {
            try MachineQueries.one(
                $0, id: fleet.id("web-01"), now: Timestamp(milliseconds: Self.back), heardSince: Self.back)
        }
        #expect(machine?.stale == [], "a kind is not overdue either")
        #expect(machine?.reasons.map(\.code) == ["filesystem_full"])
    }

    @Test func `The routes know when the hub came back`() async throws {
        let fleet = try fleet()
        try await OperatorServer.serve(fleet, now: Self.back + Self.minute, heardSince: Self.back) { hub in
            let machines = try await hub.get(ListAnswer<MachineSummary>.self, "/v1/machines").items
            #expect(machines.map(\.freshness) == [.offline, .ok, .offline])
            #expect(try await hub.get(MachineDetail.self, "/v1/machines/web-01").summary.freshness == .ok)
            let counts = try await hub.get(HubStatus.self, "/v1/hub").machines
            #expect([counts.ok, counts.late, counts.offline] == [1, 0, 2])
            let offline = try await hub.get(ListAnswer<MachineSummary>.self, "/v1/machines?freshness=offline").items
            #expect(offline.map(\.name) == ["db-01", "web-02"])
        }
        try await OperatorServer.serve(fleet, now: Self.back + 7 * Self.minute, heardSince: Self.back) { hub in
            let machines = try await hub.get(ListAnswer<MachineSummary>.self, "/v1/machines").items
            #expect(machines.allSatisfy { $0.freshness == .offline })
        }
    }

    @Test func `A question finds out about an absence that nobody has noted yet`() {
        let attention = HubAttention(since: Timestamp(milliseconds: 0))
        #expect(attention.look(at: 60_000) == 0)
        #expect(attention.heardSince(59_990) == 0, "a question that was asked just before the look")
        #expect(attention.heardSince(120_000) == 0)
        #expect(attention.heardSince(120_001) == 120_001)
        #expect(attention.look(at: 3_600_000) == 3_600_000)
    }
}
