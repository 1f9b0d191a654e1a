import Contracts
import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite struct RederiveTests {
    private func filled(seed: UInt64 = 21) throws -> TestHubStore {
        let hub = try TestHubStore()
        var histories = DeriverHistories(seed: seed)
        try hub.take(histories.make(count: 60))
        return hub
    }

    private func run(_ sql: String, in hub: TestHubStore) throws {
        _ = try hub.store.write { try $0.run(Statement("test.run", sql)) }
    }

    @Test func `Tables that went wrong are found by a check, and made right`() throws {
        let hub = try filled()
        let before = try hub.dump()
        try run("DELETE FROM apt_packages", in: hub)
        try run("UPDATE machine_state SET status = 'ok', load_1m = 99", in: hub)
        try run("UPDATE host_metrics SET load_1m = 99", in: hub)

        let checked = try StoreCheck(store: hub.store).run(comparesDerived: true)
        let tables = ["apt_packages", "host_metrics", "machine_state"]
        for table in tables {
            #expect(checked.findings.contains { $0.check == "derived" && $0.message.contains(table) }, "\(table)")
        }
        #expect(checked.findings.count == tables.count)
        #expect(try hub.value("SELECT max(load_1m) FROM host_metrics") == .real(99), "a check writes nothing")

        var steps: [Int] = []
        let report = try Rederive(store: hub.store).run { steps.append($0.done) }
        #expect(steps == [1])
        #expect(report.machines == 1)
        #expect(try hub.dump() == before)
        #expect(try StoreCheck(store: hub.store).run(isFull: true, comparesDerived: true).isSound)
    }

    @Test func `Where the hub has noted a contact the row stays, whatever becomes of the rest`() throws {
        let hub = try filled()
        try run("UPDATE machine_state SET spool_files = 7", in: hub)
        let noted = "SELECT last_seen_at || '/' || highest_sequence || '/' || spool_files FROM machine_state"
        let before = try hub.value(noted)
        #expect(before != .null)
        let changed = try hub.store.write { connection in
            let table = try #require(
                try ReplayScratch(schemaOf: connection).tables.first { $0.name == "machine_state" })
            return try connection.run(table.delete, [SQLValue.integer(1)])
        }
        #expect(changed == 1)
        #expect(try hub.value(noted) == before)
        #expect(
            try hub.value("SELECT status || metrics_has_unknown || coalesce(load_1m, 'none') FROM machine_state")
                == .text("ok0none"))
        // And all of it comes back.
        try Rederive(store: hub.store).run()
        #expect(try StoreCheck(store: hub.store).run(comparesDerived: true).isSound)
        #expect(try hub.value(noted) == before)
    }

    @Test func `What the archive does not cover any more stays`() throws {
        let hub = try filled()
        let before = try hub.dump()
        // What retention leaves: the newest of each kind and what it refers to.
        try run(
            """
            DELETE FROM snapshots WHERE snapshot_uuid NOT IN (SELECT snapshot_uuid FROM machine_kinds)
              AND snapshot_uuid NOT IN (SELECT payload_uuid FROM machine_kinds)
              AND snapshot_uuid NOT IN (SELECT same_as FROM snapshots WHERE same_as IS NOT NULL)
            """, in: hub)
        let left = try #require(try hub.value("SELECT count(*) FROM snapshots").integer)
        #expect((4...30).contains(left))
        try Rederive(store: hub.store).run()
        #expect(try hub.dump() == before)
    }

    @Test func `Held snapshots become derived once the hub can read them`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.packages = [APTV1.Package(name: "bash", architecture: "amd64", version: "1")]
        try hub.take(DeriverSnapshot(payload, at: 1000, sequence: 1))
        // As if an older hub had taken it.
        try run("UPDATE snapshots SET result = 'held'", in: hub)
        try run("DELETE FROM machine_inventories", in: hub)
        try run("DELETE FROM apt_packages", in: hub)
        var newer = DeriverSnapshot(payload, at: 2000, sequence: 2)
        newer.schemaVersion = 2
        #expect(try hub.take(newer) == "held")

        let report = try Rederive(store: hub.store).run()
        #expect(report.released == 1)
        #expect(report.stillHeld == 1)
        #expect(try hub.value("SELECT count(*) FROM apt_packages") == .integer(1))
        #expect(
            try hub.rows("SELECT result FROM snapshots ORDER BY id").map(\.values) == [
                [.text("derived")], [.text("held")],
            ]
        )
    }

    @Test func `A broken payload is reported and passed over`() throws {
        let hub = try filled()
        let before = try hub.dump()
        try run(
            """
            UPDATE snapshots SET body = X'00' WHERE id = (SELECT min(id) FROM snapshots WHERE kind = 'metrics')
            """, in: hub)
        let report = try Rederive(store: hub.store).run()
        #expect(report.skipped.count == 1)
        #expect(report.snapshots == 59)
        #expect(try hub.dump() == before)

        let checked = try StoreCheck(store: hub.store).run(isFull: true)
        #expect(checked.findings.map(\.check) == ["archive"])
        #expect(checked.verified == 60)
    }

    @Test func `What a deriver cannot take is reported, and everything else derived`() throws {
        let hub = try TestHubStore()
        func snapshot(_ name: String, _ sequence: Int) -> DeriverSnapshot {
            var payload = APTV1()
            payload.packages = [APTV1.Package(name: name, architecture: "amd64", version: "1")]
            return DeriverSnapshot(payload, at: Int64(sequence) * 1000, sequence: sequence)
        }
        let poison = snapshot("poison", 2)
        try hub.take([snapshot("bash", 1), snapshot("curl", 3)])
        let before = try hub.dump()
        try hub.take(poison)
        // As a fault of a deriver's would: the statement that it makes fails.
        try run(
            """
            CREATE TRIGGER poison BEFORE INSERT ON apt_packages WHEN NEW.name = 'poison'
            BEGIN SELECT RAISE(ABORT, 'poisoned'); END
            """, in: hub)
        let report = try Rederive(store: hub.store, pause: { _ in }).run()
        #expect(report.skipped.map(\.snapshot) == [poison.id.text])
        #expect(report.skipped.first?.reason.contains("poisoned") == true, "\(report.skipped)")
        #expect(report.snapshots == 2)
        // The event of the one that could not be derived stands where it was.
        func isPackage(_ line: String) -> Bool { line.hasPrefix("apt_packages") }
        #expect(try hub.dump().filter(isPackage) == before.filter(isPackage))
    }

    @Test func `After each transaction there is room for who serves`() throws {
        let hub = try filled()
        var pauses: [Duration] = []
        func rederive() throws -> Rederive.Report {
            pauses = []
            return try Rederive(store: hub.store, slice: .zero, pause: { pauses.append($0) }).run()
        }
        let idle = try rederive()
        #expect(idle.changedRows == 0)
        #expect(pauses == [.zero], "nobody is kept away where nothing is to be changed")
        #expect(idle.longestTransaction == .zero)

        try run("DELETE FROM host_metrics", in: hub)
        try run("DELETE FROM apt_packages", in: hub)
        let busy = try rederive()
        #expect(busy.changedRows > 10)
        #expect(busy.longestTransaction > .zero)
        #expect(pauses.count { $0 > .milliseconds(25) } > 10, "each row of a history by itself, with no time for two")
        // Longer than the step in which SQLite's waiting writers look again.
        for (work, step) in [(1, 25), (49, 25), (51, 50), (199, 50), (201, 100), (60_000, 100)] {
            #expect(Rederive.pause(after: .milliseconds(work)) > .milliseconds(step))
        }
    }

    @Test func `Where no hub serves there is no wait, but for those who wait for long work`() throws {
        let hub = try filled()
        try run("DELETE FROM host_metrics", in: hub)
        var pauses: [Duration] = []
        let report = try Rederive(
            store: hub.store, isServed: { false }, slice: .milliseconds(60), pause: { pauses.append($0) }
        ).run()
        #expect(report.changedRows > 10)
        #expect(pauses.allSatisfy { $0 == .zero || $0 > .milliseconds(50) }, "\(pauses)")

        pauses = []
        let rederive = Rederive(store: hub.store, isServed: { false }, pause: { pauses.append($0) })
        try rederive.write { _ in }
        #expect(pauses.isEmpty)
        try rederive.write { _ in usleep(60_000) }
        #expect(pauses.count == 1 && pauses.allSatisfy { $0 > .milliseconds(50) })
    }

    /// Several machines at once end in the same tables, differences are told of in their order, and a run that fails says
    /// so.
    @Test(arguments: [1, 3, 8]) func `Machines are derived beside each other`(workers: Int) throws {
        let fleet = try QueryFleet("web-01", "web-02", "web-03", "db-01", "db-02")
        for (number, name) in ["web-01", "web-02", "web-03", "db-01", "db-02"].enumerated() {
            try takeMetrics(20 + number, from: name, into: fleet)
        }
        let right = try fleet.read {
            try $0.rows(Statement("test.metrics", "SELECT * FROM host_metrics")).map(\.values)
        }
        let state = Statement("test.state", "SELECT machine_id, load_1m, metrics_at FROM machine_state ORDER BY 1")
        let newest = try fleet.read { try $0.rows(state).map(\.values) }
        try fleet.run("UPDATE host_metrics SET load_1m = 99 WHERE at > \(QueryFleet.start)")
        try fleet.run("UPDATE machine_state SET load_1m = 99")

        var steps: [(done: Int, total: Int)] = []
        let check = Rederive(store: fleet.store, isCheck: true, workers: workers, isServed: { false })
        let checked = try check.run { steps.append(($0.done, $0.total)) }
        #expect(steps.map(\.done) == [1, 2, 3, 4, 5])
        #expect(steps.allSatisfy { $0.total == 5 })
        #expect(checked.machines == 5)
        #expect(checked.snapshots == 20 + 21 + 22 + 23 + 24)
        #expect(
            checked.differences.map(\.machine) == checked.differences.map(\.machine).sorted { order($0) < order($1) })
        #expect(Set(checked.differences.map(\.machine)).count == 5)

        let report = try Rederive(store: fleet.store, workers: workers, isServed: { false }).run()
        #expect(report.snapshots == checked.snapshots)
        #expect(
            try fleet.read { try $0.rows(Statement("test.metrics", "SELECT * FROM host_metrics")).map(\.values) }
                == right)
        #expect(try fleet.read { try $0.rows(state).map(\.values) } == newest)

        struct Stop: Error {}
        try fleet.run("UPDATE machine_state SET load_1m = 99")
        #expect(throws: Stop.self) {
            try Rederive(
                store: fleet.store, workers: workers, isServed: { false }, pause: { _ in throw Stop() }
            ).run()
        }
        // A hub that serves has a core to itself.
        var threads: Set<pthread_t> = []
        let one = try Rederive(store: fleet.store, workers: workers, isServed: { true }, pause: { _ in })
            .run { _ in threads.insert(pthread_self()) }
        #expect(one.machines == 5)
        #expect(threads.count == 1)
        #expect(try fleet.read { try $0.rows(state).map(\.values) } == newest)
    }

    /// Takes metrics of so many minutes from the beginning on.
    private func takeMetrics(_ count: Int, from name: String, into fleet: QueryFleet) throws {
        for minute in 0..<count {
            let at = QueryFleet.start + Int64(minute) * QueryFleet.minute
            let metrics = QueryPayloads.metrics(load: Double(minute))
            let result = try fleet.take(DeriverSnapshot(metrics, at: at, sequence: minute + 1), from: name)
            #expect(result == "derived")
        }
    }

    private func order(_ name: String) -> Int {
        ["web-01", "web-02", "web-03", "db-01", "db-02"].firstIndex(of: name) ?? 9
    }

    /// Whoever is ahead does not make a machine forgotten that another one was at when the run was stopped.
    @Test(arguments: [1, 4]) func `A run of several that was stopped forgets none`(workers: Int) throws {
        let hub = try TestHubStore()
        for number in 2...90 {
            try run("INSERT INTO machines (id, machine_uuid, created_at) VALUES (\(number), 'u\(number)', 0)", in: hub)
        }
        struct Stop: Error {}
        var calls = 0
        #expect(throws: Stop.self) {
            try Rederive(
                store: hub.store, workers: workers, isServed: { false },
                pause: { _ in
                    calls += 1
                    if calls == 70 { throw Stop() }
                }
            ).run()
        }
        let cursor = try hub.value("SELECT value FROM app_settings WHERE name = 'rederive_cursor'").text ?? ""
        let done = try #require(Int(cursor))
        // In the order of their numbers; each calls once, and those that others are at have not ended.
        #expect((20...69).contains(done), "\(done)")
        #expect(done >= 69 - 20 - workers)
        let report = try Rederive(store: hub.store, workers: workers, isServed: { false }).run()
        #expect(report.machines == 90 - done)
    }

    /// Where somebody always reads, the write-ahead log would never begin anew.
    @Test func `The log of a run of several stays short`() throws {
        let fleet = try QueryFleet(
            checkpoints: Checkpointer.Sizes(start: 256 << 10, rest: 64 << 10, limit: 512 << 10))
        let store = fleet.store
        for name in (1...24).map({ "web-\($0)" }) {
            try fleet.add(name)
            try takeMetrics(150, from: name, into: fleet)
        }
        try store.foldAll()
        try fleet.run("UPDATE host_metrics SET load_1m = 99, filesystems_json = NULL")
        try store.foldAll()
        var longest: Int64 = 0
        let report = try Rederive(store: store, workers: 4, isServed: { false }, slice: .zero)
            .run { _ in longest = max(longest, store.walBytes ?? 0) }
        #expect(report.changedRows >= 24 * 150)
        // The limit, and what those write who are at a machine then.
        #expect(longest < 6 << 20, "\(longest)")
    }

    @Test func `A run that was stopped goes on where it was`() throws {
        let hub = try filled()
        try run("INSERT INTO machines (id, machine_uuid, created_at) VALUES (2, 'two', 0)", in: hub)
        try run("INSERT INTO machine_settings (machine_id, name) VALUES (2, 'web-02')", in: hub)
        try run("INSERT INTO app_settings VALUES ('rederive_cursor', '1', 0)", in: hub)
        var machines: [String] = []
        let report = try Rederive(store: hub.store).run { machines.append("\($0.machine) \($0.done)/\($0.total)") }
        #expect(machines == ["web-02 2/2"])
        #expect(report.machines == 1)
        #expect(try hub.value("SELECT count(*) FROM app_settings WHERE name = 'rederive_cursor'") == .integer(0))
        machines = []
        try Rederive(store: hub.store).run { machines.append($0.machine) }
        #expect(machines == ["web-01", "web-02"])
        #expect(throws: Rederive.UnknownMachine.self) { try Rederive(store: hub.store).run(machine: "web-03") }
    }

    @Test func `A same_as whose carrier is gone is found`() throws {
        let hub = try TestHubStore()
        var payload = APTV1()
        payload.packages = []
        let first = DeriverSnapshot(payload, at: 1000, sequence: 1)
        var second = DeriverSnapshot(payload, at: 2000, sequence: 2)
        second.sameAs = first.id
        try hub.take([first, second])
        #expect(try StoreCheck(store: hub.store).run(isFull: true).isSound)
        try run("DELETE FROM snapshots WHERE id = 1", in: hub)
        #expect(try StoreCheck(store: hub.store).run(isFull: true).findings.map(\.check) == ["carriers"])
    }
}
